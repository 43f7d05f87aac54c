import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayEvent, type GatewayResult, headerOf } from '../protocol/gateway-event.ts';

type Ask = (event: GatewayEvent) => Promise<GatewayResult>;

/** Below what clients wait for an answer: 60 seconds in botocore. */
const LONGEST_HOLD_MS = 20_000;
const BETWEEN_LOOKS_MS = 200;

/** The operation that a waiter looks with, the member that it looks at, and what it waits through. */
const WAITED_FOR: Record<string, { member: string; underWay: string[] } | undefined> = {
  'SageMaker.DescribeEndpoint': {
    member: 'EndpointStatus',
    underWay: ['Creating', 'Updating', 'SystemUpdating', 'RollingBack', 'Deleting'],
  },
  'SageMaker.DescribeTransformJob': {
    member: 'TransformJobStatus',
    underWay: ['InProgress', 'Stopping'],
  },
};

/**
 * botocore's waiters look every 30 or 60 seconds, which suits SageMaker's minutes. On a laptop a change
 * takes a second or two, so that nearly all of that is waiting for nothing. A waiter's look is answered when what
 * it waits through is over, or after 20 seconds; every other look at once.
 * @param left aborted when the caller has left
 */
export async function answerWaiter(
  event: GatewayEvent,
  ask: Ask,
  left: AbortSignal,
  { holdMs = LONGEST_HOLD_MS, pauseMs = BETWEEN_LOOKS_MS } = {},
): Promise<GatewayResult> {
  const answer = await ask(event);
  if (!isOfWaiter(event)) return answer;
  const until = performance.now() + holdMs;
  let latest = answer;
  while (isUnderWay(event, latest) && performance.now() < until && !left.aborted) {
    await sleep(pauseMs);
    latest = await ask(event);
  }
  return latest;
}

/** botocore (boto3, the AWS CLI) says in `User-Agent` which of its features sends: `m/D,B`; B is a waiter. */
function isOfWaiter(event: GatewayEvent): boolean {
  const [, features = ''] = /(?:^| )m\/(\S+)/.exec(headerOf(event, 'user-agent') ?? '') ?? [];
  return features.split(',').includes('B');
}

function isUnderWay(event: GatewayEvent, { statusCode, body }: GatewayResult): boolean {
  const waited = WAITED_FOR[headerOf(event, 'x-amz-target') ?? ''];
  if (waited === undefined || statusCode !== 200) return false;
  const { [waited.member]: status } = JSON.parse(body) as Record<string, unknown>;
  return waited.underWay.some((one) => one === status);
}
