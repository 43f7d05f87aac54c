import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createTell } from './put-events.ts';
import type { StateChange, Tell } from './state-change.ts';

const CHANGE: StateChange = {
  detailType: 'SageMaker Endpoint State Change',
  resource: 'arn:aws:sagemaker:us-east-1:000000000000:endpoint/iris',
  time: 0,
  detail: { secret: 'in the detail' },
};

let server: Server;
let answer: RequestListener;
let asked: number;
let clock: { time: number; now: () => number };
let tell: Tell;
let lines: string[];

beforeEach(async () => {
  asked = 0;
  server = createServer((request, response) => {
    asked += 1;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  clock = { time: 1_000, now: () => clock.time };
  const credentials = { accessKeyId: 'any', secretAccessKey: 'any', sessionToken: undefined };
  tell = createTell({ eventBridgeUrl: url, region: 'us-east-1' }, { credentials, clock });
  lines = [];
  vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
});

afterEach(async () => {
  vi.restoreAllMocks();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const saying =
  (status: number, body: object): RequestListener =>
  (_, response) =>
    response.writeHead(status).end(JSON.stringify(body));

const TAKEN = saying(200, { FailedEntryCount: 0, Entries: [{ EventId: 'a' }] });
const FAILED = saying(200, { FailedEntryCount: 1, Entries: [{ ErrorCode: 'InternalFailure' }] });

it('is told when the bus has it', async () => {
  answer = TAKEN;

  expect(await tell([CHANGE])).toBe(true);
  expect(lines).toEqual([]);
});

it.each([
  ['takes the call and not the entry', FAILED, 'InternalFailure'],
  ['refuses the call', saying(400, { __type: 'AccessDeniedException' }), 'AccessDeniedException'],
  ['has a fault', saying(500, {}), '500'],
  ['says something else', saying(200, {}), 'FailedEntryCount'],
])('is not told when the bus %s; the line names what, and nothing of it', async (_, bus, why) => {
  answer = bus;

  expect(await tell([CHANGE])).toBe(false);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(CHANGE.resource);
  expect(lines[0]).toContain(why);
  expect(lines[0]).not.toContain('in the detail');
});

it('gives up on a bus that hangs after a second', async () => {
  answer = () => undefined;

  expect(await tell([CHANGE])).toBe(false);
  expect(lines[0]).toContain('did not answer within 1000 ms');
});

it('leaves a bus that failed alone for ten seconds, so that it holds up nothing', async () => {
  answer = FAILED;
  await tell([CHANGE]);
  answer = TAKEN;

  clock.time += 9_999;
  expect(await tell([CHANGE])).toBe(false);
  expect(asked).toBe(1);
  clock.time += 1;
  expect(await tell([CHANGE])).toBe(true);
  expect(await tell([CHANGE])).toBe(true);
  expect(asked).toBe(3);
  expect(lines).toHaveLength(1);
});
