import { arnOf } from '../aws/arn.ts';
import { variantName, variantWeight } from '../endpoint-configs/production-variant.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { list, structure, unsupported, whole } from '../protocol/shape.ts';
import { changeRecord } from '../records/change-record.ts';
import { endpointName } from './endpoint-name.ts';
import { type Live, notFound, readEndpoint, withStatus } from './endpoint-record.ts';
import { checkInService } from './in-progress.ts';

const desired = structure({
  VariantName: variantName,
  DesiredWeight: variantWeight.optional(),
  DesiredInstanceCount: whole({ min: 0, max: 1000 }).optional(),
  ServerlessUpdateConfig: unsupported('a pipeline runs on instances; set DesiredInstanceCount'),
});

const input = structure({
  EndpointName: endpointName,
  DesiredWeightsAndCapacities: list(desired, { min: 1 }),
});

/**
 * Reference section 2.8: no new fleet; the services scale, the weights move at once. Beyond SageMaker: a
 * variant of no instances is asleep, and costs nothing until it is given some again.
 */
export const updateEndpointWeightsAndCapacities = operation(
  'UpdateEndpointWeightsAndCapacities',
  input,
  async ({ EndpointName, DesiredWeightsAndCapacities }, { config, table, clock, wake }) => {
    const EndpointArn = arnOf(config, 'endpoint', EndpointName);
    let live: Live = {};
    const find = async () => {
      const { endpoint } = await readEndpoint(table, EndpointName);
      if (endpoint === undefined) throw notFound(config, EndpointName);
      checkInService(endpoint.record, EndpointArn);
      const before = (endpoint.deployment?.variants ?? []).map(
        ({ name, weight, instanceCount: count }) =>
          [name, endpoint.record.live?.[name] ?? { weight, count }] as const,
      );
      live = changed(Object.fromEntries(before), DesiredWeightsAndCapacities);
      return endpoint.record;
    };
    await changeRecord(table, find, (record) => {
      const now = clock.now();
      return {
        ...withStatus(record, 'Updating', now),
        live,
        scaling: { previous: record.live, since: now },
        failureReason: undefined,
      };
    });
    await wake(EndpointName);
    return { EndpointArn };
  },
);

interface Desired {
  VariantName: string;
  DesiredWeight?: number | undefined;
  DesiredInstanceCount?: number | undefined;
}

function changed(live: Live, wishes: Desired[]): Live {
  const next = { ...live };
  for (const { VariantName, DesiredWeight, DesiredInstanceCount } of wishes) {
    const before = live[VariantName];
    if (before === undefined) {
      throw new ValidationException(
        `The endpoint has no variant "${VariantName}". It has: ${Object.keys(live).join(', ')}.`,
      );
    }
    next[VariantName] = {
      weight: DesiredWeight ?? before.weight,
      count: DesiredInstanceCount ?? before.count,
    };
  }
  return next;
}
