import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { Clock } from '../aws/clock.ts';
import { isRefusal } from '../fleet/is-refusal.ts';
import { hasLogGroup } from '../fleet/log-groups.ts';
import { observeFleets } from '../fleet/observe.ts';
import { diagnose } from './diagnose.ts';
import { type EndpointRecord, readEndpoint, withStatus } from './endpoint-record.ts';
import { failureReason, LONGEST_REASON } from './failure-reason.ts';
import type { FleetFailure } from './fleet-failure.ts';
import { observeAlarms } from './observe-alarms.ts';
import { perform, type World } from './perform.ts';
import { isAtRest, plan } from './plan.ts';
import type { Next, Plan } from './plan-result.ts';
import { rollingBack } from './plan-update.ts';
import type { Wake } from './wake.ts';

export interface Reconciler extends World {
  clock: Clock;
  wake: Wake;
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
    const alarms = await observeAlarms(clients.cloudwatch, wanted.endpoint?.record.update);
    const isLogging = await observeLogGroup(clients.logs, endpoint, wanted.endpoint?.record);
    const decided = plan(wanted, { fleets, hasLogGroup: isLogging, alarms }, clock.now());
    if (isAtRest(decided)) return;
    await takeStep(endpoint, wanted.endpoint?.record, decided, reconciler);
    if (decided.next.to === 'remove') return;
  }
}

/** One that serves has its logs: it is not asked for with every task that comes or goes. */
async function observeLogGroup(
  logs: CloudWatchLogsClient,
  endpoint: string,
  record: EndpointRecord | undefined,
): Promise<boolean> {
  return record?.status === 'InService' || hasLogGroup(logs, endpoint);
}

async function takeStep(
  endpoint: string,
  record: EndpointRecord | undefined,
  { actions, next, lookAt }: Plan,
  reconciler: Reconciler,
): Promise<void> {
  for (const action of actions) {
    try {
      await perform(action, endpoint, reconciler);
    } catch (error) {
      if (record === undefined || !isRefusal(error)) throw error;
      const reason = `Request to service failed: ECS refused to ${action.do}: ${error.message}`;
      const given = givenUp(record, reason, reconciler.clock.now());
      if (given === undefined) throw error;
      await settle(record, given, reconciler);
      return;
    }
  }
  if (record === undefined) return;
  const isWritten = await settle(record, await outcome(record, next, reconciler), reconciler);
  if (lookAt === undefined || !isWritten) return;
  const seconds = Math.ceil((lookAt - reconciler.clock.now()) / 1000);
  await reconciler.wake(endpoint, Math.max(0, seconds));
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
      return withReason(next.record, reason);
    }
    default:
      return next.to;
  }
}

/** False when another writer was first: our view was old, the next step looks again. */
async function settle(
  record: EndpointRecord,
  outcome: Outcome,
  { table }: Reconciler,
): Promise<boolean> {
  if (outcome === 'keep') return true;
  if (outcome === 'remove') return table.remove(record);
  return table.replace<EndpointRecord>(record, outcome);
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

/** What a refusal by ECS makes of the record; undefined when only waiting can help. */
function givenUp(record: EndpointRecord, reason: string, now: number): EndpointRecord | undefined {
  if (record.status === 'Creating') return withReason(withStatus(record, 'Failed', now), reason);
  const { update } = record;
  if (update === undefined || update.phase === 'rolling back') return undefined;
  return withReason(rollingBack(record, update, now), reason);
}

function withReason(record: EndpointRecord, text: string): EndpointRecord {
  const reason = text.slice(0, LONGEST_REASON);
  return {
    ...record,
    failureReason: reason,
    update: record.update && { ...record.update, reason },
  };
}
