import type { DeployedVariant } from '../fleet/deployed-variant.ts';
import { seconds } from '../records/named-record.ts';
import type { Endpoint } from './endpoint-record.ts';
import { progressOf } from './wanted-fleets.ts';

interface VariantStatus {
  Status: 'Creating' | 'Updating' | 'Deleting' | 'ActivatingTraffic' | 'Baking';
  StatusMessage: string;
  StartTime: number;
}

/** What a variant's fleet is doing, in SageMaker's words (reference section 2.5). */
export function variantStatuses(
  endpoint: Endpoint,
  variant: DeployedVariant,
  side: 'blue' | 'green',
): VariantStatus[] | undefined {
  const { record, deployment } = endpoint;
  const status = (Status: VariantStatus['Status'], StatusMessage: string, since: number) => [
    { Status, StatusMessage, StartTime: seconds(since) },
  ];
  const { update, scaling } = record;
  const liveCount = record.live?.[variant.name]?.count ?? variant.instanceCount;
  switch (record.status) {
    case 'Creating': {
      const since = deployment?.creationTime ?? record.creationTime;
      return status('Creating', launching(variant.instanceCount), since);
    }
    case 'Deleting':
      return status('Deleting', terminating(liveCount), record.lastModifiedTime);
    case 'Updating':
    case 'UpdateRollbackFailed': {
      if (update === undefined) {
        const message = `Scaling out desired instance count to ${liveCount}.`;
        return status('Updating', message, scaling?.since ?? record.lastModifiedTime);
      }
      if (update.phase === 'rolling back') {
        return side === 'green'
          ? status('Deleting', terminating(variant.instanceCount), update.since)
          : undefined;
      }
      return side === 'green' ? ofGreen(endpoint, variant) : undefined;
    }
    default:
      return undefined;
  }
}

function ofGreen(endpoint: Endpoint, variant: DeployedVariant): VariantStatus[] | undefined {
  const { update } = endpoint.record;
  if (update === undefined) return undefined;
  const StartTime = seconds(update.since);
  const { launched, moved, isWhole } = progressOf(endpoint, update);
  if (update.phase === 'launching') {
    const count = launched?.greenUp[variant.name] ?? variant.instanceCount;
    return [{ Status: 'Creating', StatusMessage: launching(count), StartTime }];
  }
  const active = moved?.greenActive[variant.name] ?? variant.instanceCount;
  const capacity = isWhole ? 'full capacity' : 'canary capacity';
  const baking = `Baking for ${moved?.bakeSeconds ?? 0} seconds (${moved?.bakeName}) with traffic enabled on ${capacity} of ${active} instance(s).`;
  const activating = `Activating traffic on ${capacity} of ${active} instance(s).`;
  return [
    { Status: 'Baking', StatusMessage: baking, StartTime },
    { Status: 'ActivatingTraffic', StatusMessage: activating, StartTime },
  ];
}

function launching(count: number): string {
  return `Launching ${count} instance(s).`;
}

function terminating(count: number): string {
  return `Terminating ${count} instance(s).`;
}
