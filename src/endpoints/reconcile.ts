import type { Clock } from '../aws/clock.ts';
import type { Tell } from '../events/state-change.ts';
import { type FleetName, logGroupOf } from '../fleet/fleet-name.ts';
import { isRefusal } from '../fleet/is-refusal.ts';
import { hasLogGroup } from '../fleet/log-groups.ts';
import { type KnownFleet, observeFleets } from '../fleet/observe.ts';
import { roleHint } from '../fleet/role-hint.ts';
import { keyOf } from '../records/named-record.ts';
import { diagnose } from './diagnose.ts';
import { type Endpoint, type EndpointRecord, readEndpoint, withStatus } from './endpoint-record.ts';
import { cut, failureReason } from './failure-reason.ts';
import type { FleetFailure } from './fleet-failure.ts';
import { observeAlarms } from './observe-alarms.ts';
import { perform, type World } from './perform.ts';
import { isAtRest, plan } from './plan.ts';
import { type Action, KEEP, type Next, type Plan } from './plan-result.ts';
import { rollingBack } from './plan-update.ts';
import { isSameState, untold } from './state-changes.ts';
import type { Wake } from './wake.ts';
import { isServed } from './wanted-fleets.ts';

export interface Reconciler extends World {
  clock: Clock;
  wake: Wake;
  tell: Tell;
}

/** More than any life cycle needs without waiting for ECS; what is left, the next message does. */
const MOST_STEPS = 12;

/**
 * Takes an endpoint as far towards what is wanted as it goes without waiting. Safe to run twice, to
 * run at the same time, and to die anywhere.
 * @param told fleets of it that are to be looked for by name, should no list of ECS have them
 * @throws whatever AWS threw; the message that woke us comes again
 */
export async function reconcile(
  endpoint: string,
  reconciler: Reconciler,
  told: FleetName[] = [],
): Promise<void> {
  const { clients, config, table, clock, wake } = reconciler;
  for (let step = 0; step < MOST_STEPS; step++) {
    const known = await table.get<EndpointRecord>(keyOf('endpoint', endpoint));
    // Between two reads of the same record: what is seen is of the time of what is wanted, and a
    // fleet that the record does not want was there before it was read (see `plan`).
    const named = [...knownFleets(known), ...told.map((name) => ({ name, tasks: [] }))];
    const fleets = await observeFleets(clients.ecs, config, endpoint, named);
    const wanted = await readEndpoint(table, endpoint);
    const record = wanted.endpoint?.record;
    if (record?.written !== known?.written) continue;
    const alarms = await observeAlarms(clients.cloudwatch, endpoint, record?.update);
    const isLogging = await observeLogGroup(endpoint, record, reconciler);
    const decided = plan(wanted, { fleets, hasLogGroup: isLogging, alarms }, clock.now());
    if (isAtRest(decided)) return tellState(wanted.endpoint, reconciler);
    await takeStep(endpoint, wanted.endpoint, decided, reconciler);
    if (decided.next.to === 'remove') return;
  }
  await wake(endpoint, 1);
}

/** What is told is written down: it is told again when we die in between, or another writer was first. */
async function tellState(
  endpoint: Endpoint | undefined,
  { config, table, tell }: Reconciler,
): Promise<void> {
  if (endpoint === undefined) return;
  const news = untold(endpoint, config);
  if (news === undefined || !(await tell(news.changes))) return;
  const { record } = endpoint;
  await table.replace<EndpointRecord>(record, { ...record, told: news.told });
}

/** What serves now: a task leaves the route when it is seen not to serve, never because it is unseen. */
function knownFleets(record: EndpointRecord | undefined): KnownFleet[] {
  const { name: endpoint = '', route } = record ?? {};
  return (route?.variants ?? []).map(({ name: variant, generation, targets }) => ({
    name: { endpoint, variant, generation },
    tasks: targets.map(({ task }) => task),
  }));
}

/** One that serves has its logs: it is not asked for with every task that comes or goes. */
async function observeLogGroup(
  endpoint: string,
  record: EndpointRecord | undefined,
  { clients, config }: Reconciler,
): Promise<boolean> {
  const isChanging = record === undefined || !isServed(record) || record.status === 'Creating';
  return isChanging ? hasLogGroup(clients.logs, config.stack, endpoint) : true;
}

/** What fails before the record is written must not keep its route from following the tasks. */
async function takeStep(
  endpoint: string,
  there: Endpoint | undefined,
  decided: Plan,
  reconciler: Reconciler,
): Promise<void> {
  const record = there?.record;
  const failure = await performAll(decided.before, endpoint, record, reconciler);
  const next = nextAfter(failure, record, decided, reconciler.clock.now());
  if (there !== undefined && record !== undefined) {
    const decision = await outcome(record, next, reconciler);
    const isWritten = await settle(record, await told(there, decision, reconciler), reconciler);
    const { lookAt } = decided;
    if (lookAt !== undefined && isWritten) {
      const seconds = Math.ceil((lookAt - reconciler.clock.now()) / 1000);
      await reconciler.wake(endpoint, Math.max(0, seconds));
    }
  }
  const cleaning = await performAll(decided.after, endpoint, record, reconciler);
  const unexplained = next === decided.next ? failure : undefined;
  if (unexplained !== undefined || cleaning !== undefined) throw (unexplained ?? cleaning)?.error;
}

interface Failure {
  action: Action;
  error: unknown;
}

/** In order, up to the first that fails. */
async function performAll(
  actions: Action[],
  endpoint: string,
  record: EndpointRecord | undefined,
  reconciler: Reconciler,
): Promise<Failure | undefined> {
  for (const action of actions) {
    try {
      if (await isOutdated(action, record, reconciler)) return undefined;
      await perform(action, endpoint, reconciler);
    } catch (error) {
      return { action, error };
    }
  }
  return undefined;
}

/** Who slept since the plan was made must not take away what somebody wants by now. */
async function isOutdated(
  action: Action,
  record: EndpointRecord | undefined,
  { table }: Reconciler,
): Promise<boolean> {
  if (action.do !== 'scaleService' || !action.isShrinking || record === undefined) return false;
  const now = await table.get<EndpointRecord>(record);
  return now?.written !== record.written;
}

/** What ECS refuses for good ends a change; anything else is tried again. */
function nextAfter(
  failure: Failure | undefined,
  record: EndpointRecord | undefined,
  { next }: Plan,
  now: number,
): Next {
  if (failure === undefined || record === undefined) return next;
  if (isRefusal(failure.error)) {
    const reason = `Request to service failed: ECS refused to ${failure.action.do}: ${failure.error.message}${roleHint(failure.error.message)}`;
    const given = givenUp(record, reason, now);
    if (given !== undefined) return { to: 'write', record: given };
  }
  return next.to === 'remove' ? KEEP : next;
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

/** No state is left before it is told, while the bus takes what it is told; none is stayed in for that. */
async function told(
  endpoint: Endpoint,
  decision: Outcome,
  { config, tell }: Reconciler,
): Promise<Outcome> {
  if (decision === 'keep') return decision;
  if (decision !== 'remove' && isSameState(endpoint.record, decision)) return decision;
  const news = untold(endpoint, config);
  if (news === undefined || !(await tell(news.changes)) || decision === 'remove') return decision;
  return { ...decision, told: news.told };
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
  { clients, config }: Reconciler,
): Promise<string> {
  const logGroup = logGroupOf(config.stack, endpoint);
  const diagnoses = await Promise.all(
    failures.map((failure) => diagnose(clients.logs, logGroup, failure)),
  );
  return failureReason(logGroup, diagnoses);
}

/** What a refusal by ECS makes of the record; undefined when only waiting can help. */
function givenUp(record: EndpointRecord, reason: string, now: number): EndpointRecord | undefined {
  const { status, update, scaling } = record;
  if (status === 'Creating') return withReason(withStatus(record, 'Failed', now), reason);
  if (scaling !== undefined) {
    const settled = withStatus(record, 'InService', now);
    return withReason({ ...settled, live: scaling.previous, scaling: undefined }, reason);
  }
  if (update === undefined || update.phase === 'rolling back') return undefined;
  return withReason(rollingBack(record, update, now), reason);
}

function withReason(record: EndpointRecord, text: string): EndpointRecord {
  const reason = cut(text);
  return {
    ...record,
    failureReason: reason,
    update: record.update && { ...record.update, reason },
  };
}
