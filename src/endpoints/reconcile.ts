import { ECSServiceException } from '@aws-sdk/client-ecs';
import type { Clock } from '../aws/clock.ts';
import { observeFleets } from '../fleet/observe.ts';
import { diagnose } from './diagnose.ts';
import { type EndpointRecord, readEndpoint, withStatus } from './endpoint-record.ts';
import { failureReason } from './failure-reason.ts';
import type { FleetFailure } from './fleet-failure.ts';
import { perform, type World } from './perform.ts';
import { isAtRest, type Next, type Plan, plan } from './plan.ts';

export interface Reconciler extends World {
  clock: Clock;
}

/** More than any life cycle needs without waiting for ECS; what is left, the next message does. */
const MOST_STEPS = 12;

/**
 * Takes an endpoint as far towards what is wanted as it goes without waiting. Safe to run twice, to
 * run at the same time, and to die anywhere.
 * @throws whatever AWS threw; the message that woke us comes again
 */
export async function reconcile(endpoint: string, reconciler: Reconciler): Promise<void> {
  for (let step = 0; step < MOST_STEPS; step++) {
    const { clients, config, table, clock } = reconciler;
    // In this order: see `plan`.
    const fleets = await observeFleets(clients.ecs, config.cluster, endpoint);
    const wanted = await readEndpoint(table, endpoint);
    const decided = plan(wanted, fleets, clock.now());
    if (isAtRest(decided)) return;
    await takeStep(endpoint, wanted.endpoint?.record, decided, reconciler);
    if (decided.next.to === 'remove') return;
  }
}

async function takeStep(
  endpoint: string,
  record: EndpointRecord | undefined,
  { actions, next }: Plan,
  reconciler: Reconciler,
): Promise<void> {
  for (const action of actions) {
    try {
      await perform(action, endpoint, reconciler);
    } catch (error) {
      if (record?.status !== 'Creating' || !isRefusal(error)) throw error;
      const reason = `Request to service failed: ECS refused to ${action.do}: ${error.message}`;
      await settle(record, failedRecord(record, reason, reconciler), reconciler);
      return;
    }
  }
  if (record !== undefined)
    await settle(record, await outcome(record, next, reconciler), reconciler);
}

type Outcome = EndpointRecord | 'keep' | 'remove';

async function outcome(
  record: EndpointRecord,
  next: Next,
  reconciler: Reconciler,
): Promise<Outcome> {
  switch (next.to) {
    case 'write':
      return next.record;
    case 'fail': {
      const reason = await explainFailures(record.name, next.failures, reconciler);
      return failedRecord(record, reason, reconciler);
    }
    default:
      return next.to;
  }
}

/** When another writer was first, our view was old: the next step looks again. */
async function settle(
  record: EndpointRecord,
  outcome: Outcome,
  { table }: Reconciler,
): Promise<void> {
  if (outcome === 'remove') await table.remove(record);
  else if (outcome !== 'keep') await table.replace<EndpointRecord>(record, outcome);
}

async function explainFailures(
  endpoint: string,
  failures: FleetFailure[],
  { clients }: Reconciler,
): Promise<string> {
  const diagnoses = await Promise.all(
    failures.map((failure) => diagnose(clients.logs, endpoint, failure)),
  );
  return failureReason(endpoint, diagnoses);
}

function failedRecord(
  record: EndpointRecord,
  reason: string,
  { clock }: Reconciler,
): EndpointRecord {
  const failureReason = reason.slice(0, 1024);
  return { ...withStatus(record, 'Failed', clock.now()), failureReason };
}

/** ECS said no for good: asking again with the same input would not help. */
function isRefusal(error: unknown): error is ECSServiceException {
  return (
    error instanceof ECSServiceException &&
    error.$fault === 'client' &&
    error.$retryable === undefined &&
    !/throttl|rate exceeded|limit/i.test(`${error.name} ${error.message}`)
  );
}
