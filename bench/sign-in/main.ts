// npm run bench:sign-in — CPU that the check of a signature takes of each invocation, with a key at hand, and
// what it takes to turn away who has none. Every invocation decodes its body anyway, and once: its row is
// there to compare with.

import { AccessKey } from '../../src/auth/access-key.ts';
import { invokeAction } from '../../src/auth/action.ts';
import { KeyCache } from '../../src/auth/key-cache.ts';
import { Refusal } from '../../src/auth/refusal.ts';
import { signInByKeys } from '../../src/auth/sign-in.ts';
import { systemClock } from '../../src/aws/clock.ts';
import { bodyOf, type GatewayEvent } from '../../src/protocol/gateway-event.ts';
import { type Signer, signedEvent } from '../../test/support/signing.ts';
import { median, spread } from '../router/statistics.ts';

const ROUNDS = 9;
const SIGNER: Signer = {
  accessKeyId: `HRAK${'A'.repeat(16)}`,
  secretAccessKey: 'x'.repeat(40),
};
const STACK = { account: '000000000000', partition: 'aws', region: 'us-east-1', stack: 'bench' };
const PATH = '/endpoints/bench/invocations';

const key = new AccessKey(SIGNER.accessKeyId, {
  secret: SIGNER.secretAccessKey,
  name: 'bench',
  allow: ['invoke'],
  endpoints: ['iris', 'ben*'],
  createdAt: 0,
});
const keys = new KeyCache(async (id) => (id === key.id ? key : undefined), systemClock);
const signIn = signInByKeys(keys, STACK, systemClock);

/** What API Gateway gives a function for a request of the SDK for JavaScript. */
async function event(bytes: number, signer = SIGNER): Promise<GatewayEvent> {
  const host = 'abcdefghij.execute-api.us-east-1.amazonaws.com';
  const headers = {
    host,
    'content-length': String(bytes),
    'content-type': 'application/octet-stream',
    'amz-sdk-invocation-id': crypto.randomUUID(),
    'amz-sdk-request': 'attempt=1; max=3',
    'x-amz-user-agent': 'aws-sdk-js/3.1149.0',
  };
  const body = Buffer.alloc(bytes, 'x');
  const made = await signedEvent(
    { method: 'POST', path: `/prod${PATH}`, headers, body, time: Date.now() },
    signer,
  );
  const { authorization = '', 'content-length': _, ...others } = made.headers;
  const all = {
    ...others,
    'User-Agent': 'aws-sdk-js/3.1149.0 ua/2.1 os/linux lang/js md/nodejs#24.21.0',
    'X-Amzn-Trace-Id': 'Root=1-00000000-000000000000000000000000',
    'X-Forwarded-For': '192.0.2.1',
    'X-Forwarded-Port': '443',
    'X-Forwarded-Proto': 'https',
  };
  return {
    ...made,
    path: PATH,
    headers: all,
    multiValueHeaders: Object.fromEntries(
      Object.entries(all).map(([name, value]) => [name, [value ?? '']]),
    ),
    requestContext: {
      ...made.requestContext,
      path: `/prod${PATH}`,
      authorizer: { authorization },
    },
  };
}

async function checked(given: GatewayEvent): Promise<boolean> {
  try {
    await signIn(given, invokeAction(given));
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

const letIn = async (given: GatewayEvent) => {
  if (!(await checked(given))) throw new Error('It was refused.');
};
const turnedAway = async (given: GatewayEvent) => {
  if (await checked(given)) throw new Error('It got in.');
};
const decoded = async (given: GatewayEvent) => {
  if (bodyOf(given).length === 0) throw new Error('The body is empty.');
};

const wrong = { ...SIGNER, secretAccessKey: 'wrong' };
const unknown = { ...SIGNER, accessKeyId: `HRAK${'B'.repeat(16)}` };
const plans = [
  ['200 B: decode the body', 20_000, decoded, await event(200)],
  ['200 B: check the signature', 10_000, letIn, await event(200)],
  ['10 KB: decode the body', 20_000, decoded, await event(10_240)],
  ['10 KB: check the signature', 10_000, letIn, await event(10_240)],
  ['1 MB: decode the body', 300, decoded, await event(1_048_576)],
  ['1 MB: check the signature', 300, letIn, await event(1_048_576)],
  ['200 B: a wrong secret', 10_000, turnedAway, await event(200, wrong)],
  ['1 MB: a key that is not there', 10_000, turnedAway, await event(1_048_576, unknown)],
] as const;

const micros = new Map<string, number[]>(plans.map(([name]) => [name, []]));
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, count, work, given] of plans) {
    const before = process.cpuUsage();
    for (let one = 0; one < count; one += 1) await work({ ...given });
    const { user, system } = process.cpuUsage(before);
    // The first round warms up.
    if (round > 0) micros.get(name)?.push((user + system) / count);
  }
}
console.table(
  Object.fromEntries(
    Array.from(micros, ([name, values]) => [
      name,
      { 'CPU µs/request': `${median(values).toFixed(1)} ±${spread(values)}` },
    ]),
  ),
);
