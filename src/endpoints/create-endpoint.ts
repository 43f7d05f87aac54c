import { arnOf } from '../aws/arn.ts';
import { endpointConfigName } from '../endpoint-configs/config-name.ts';
import { findEndpointConfig } from '../endpoint-configs/endpoint-config-record.ts';
import { ValidationException } from '../protocol/errors.ts';
import { operation } from '../protocol/operation.ts';
import { structure } from '../protocol/shape.ts';
import { keyOf, newRecord } from '../records/named-record.ts';
import { tagList, toTagMap } from '../tags/tag-shape.ts';
import { createDeployment, deployedVariants } from './deployed-variants.ts';
import { checkDeploymentConfig, deploymentConfig } from './deployment-config.ts';
import { endpointName } from './endpoint-name.ts';
import { type EndpointRecord, statusOf } from './endpoint-record.ts';

const input = structure({
  EndpointName: endpointName,
  EndpointConfigName: endpointConfigName,
  Tags: tagList.optional(),
  /** Only remembered, for an UpdateEndpoint with RetainDeploymentConfig. */
  DeploymentConfig: deploymentConfig.optional(),
});

/** Reference section 2.5. The reconciler does the work; the status tells how far it is. */
export const createEndpoint = operation('CreateEndpoint', input, async (given, services) => {
  const { config, table, clock, newId, wake } = services;
  const { EndpointName, EndpointConfigName } = given;
  const EndpointArn = arnOf(config, 'endpoint', EndpointName);
  checkDeploymentConfig(given);
  const alreadyExists = () =>
    new ValidationException(`Cannot create already existing endpoint "${EndpointArn}".`);

  if (await table.get(keyOf('endpoint', EndpointName))) throw alreadyExists();
  const wanted = await findEndpointConfig(table, config, EndpointConfigName);
  const deployed = await deployedVariants(wanted, services);
  const generation = await createDeployment(EndpointName, deployed, services);
  const now = clock.now();
  const created = await table.create<EndpointRecord>({
    ...newRecord('endpoint', EndpointName, now, newId(), toTagMap(given.Tags)),
    ...statusOf('Creating', EndpointName, now),
    endpointConfigName: EndpointConfigName,
    generation,
    lastDeploymentConfig: given.DeploymentConfig,
  });
  if (!created) throw alreadyExists();
  await wake(EndpointName);
  return { EndpointArn };
});
