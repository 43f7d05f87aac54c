import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createXrayDaemon } from '../aws/xray-daemon.ts';
import type { TaskAnswer, TaskStream } from './task-client.ts';
import { createTracer, type Tracer } from './tracer.ts';

const ROOT = '1-5759e988-bd862e3fe1be46a994272793';
const PARENT = '53995c3f42cd8ad8';
const SAMPLED = `Root=${ROOT};Parent=${PARENT};Sampled=1;Lineage=1:a87bd80c:0`;
const ABOUT = { endpoint: 'iris', variant: 'AllTraffic', task: 't1', requestId: 'r1' };
const TIMES = 'featurise;dur=10.00, predict;dur=20.00, router;dur=1.00';
const HEX_16 = expect.stringMatching(/^[0-9a-f]{16}$/);

let clock: { time: number; now: () => number };
let header: string | undefined;
let sent: Record<string, unknown>[];
let trace: Tracer;

beforeEach(() => {
  clock = { time: 1_000_000, now: () => clock.time };
  header = SAMPLED;
  sent = [];
  trace = createTracer({
    traceHeader: () => header,
    send: (document) => void sent.push(JSON.parse(document)),
    clock,
  });
});

const answer = (status: number, times = TIMES): TaskAnswer => ({
  status,
  headers: { 'server-timing': times },
  body: Buffer.from(''),
});

/** A call that takes 40 ms; what reached the task. */
async function called(result: TaskAnswer | TaskStream | Error) {
  let headers: Record<string, string> = {};
  await trace(ABOUT, { 'x-amzn-requestid': 'r1' }, async (given) => {
    headers = given;
    clock.time += 40;
    if (result instanceof Error) throw result;
    return result;
  });
  return headers;
}

describe('a call that is sampled', () => {
  it('is a subsegment of the function’s segment, with one for each stage', async () => {
    await called(answer(200));

    expect(sent).toEqual([
      {
        name: 'iris',
        id: HEX_16,
        trace_id: ROOT,
        parent_id: PARENT,
        type: 'subsegment',
        namespace: 'remote',
        start_time: 1_000,
        end_time: 1_000.04,
        http: { response: { status: 200 } },
        annotations: { endpoint: 'iris', variant: 'AllTraffic', task: 't1', request_id: 'r1' },
        subsegments: [
          { name: 'featurise', id: HEX_16, start_time: 1_000.01, end_time: 1_000.02 },
          { name: 'predict', id: HEX_16, start_time: 1_000.02, end_time: 1_000.04 },
        ],
      },
    ]);
  });

  it('tells the task under which subsegment it runs', async () => {
    const headers = await called(answer(200));

    expect(headers).toEqual({
      'x-amzn-requestid': 'r1',
      'x-amzn-trace-id': `Root=${ROOT};Parent=${sent[0]?.id};Sampled=1`,
    });
  });

  it.each([
    [424, { fault: true }],
    [503, { fault: true }],
    [400, { error: true }],
  ])('that is answered %i is %j', async (status, blame) => {
    await called(answer(status, 'router;dur=1.00'));

    expect(sent[0]).toMatchObject({ ...blame, http: { response: { status } }, subsegments: [] });
  });

  it('blames the stage that failed', async () => {
    await called(answer(424));

    const [{ subsegments }] = sent as [{ subsegments: object[] }];
    expect(subsegments).toMatchObject([{ name: 'featurise' }, { name: 'predict', fault: true }]);
    expect(subsegments[0]).not.toHaveProperty('fault');
  });

  it('is a fault when the task does not answer, and still the caller’s to know', async () => {
    const gone = new Error('gone');

    await expect(called(gone)).rejects.toBe(gone);

    expect(sent).toMatchObject([{ fault: true, end_time: 1_000.04, subsegments: [] }]);
    expect(sent[0]).not.toHaveProperty('http');
  });

  it('that streams ends with its stream, and so does its last stage', async () => {
    const chunks = new PassThrough();
    await called({ headers: { 'server-timing': TIMES }, chunks });
    expect(sent).toEqual([]);

    clock.time += 60;
    chunks.destroy();
    await once(chunks, 'close');

    expect(sent).toMatchObject([
      {
        end_time: 1_000.1,
        subsegments: [
          { start_time: 1_000, end_time: 1_000.01 },
          { start_time: 1_000.01, end_time: 1_000.1 },
        ],
      },
    ]);
  });
});

it.each([
  undefined,
  '',
  `Root=${ROOT};Parent=${PARENT};Sampled=0`,
  `Root=${ROOT};Parent=${PARENT}`,
  `Root=${ROOT};Sampled=1`,
  `Root=${ROOT};Parent=${PARENT}00;Sampled=1`,
  `Root=1-5759e988-bd862e3fe1be46a99427279;Parent=${PARENT};Sampled=1`,
  'Root=;Parent=;Sampled=1',
])('of a trace that is not sampled, or is none, nothing is sent: %j', async (given) => {
  header = given;

  expect(await called(answer(200))).toEqual({ 'x-amzn-requestid': 'r1' });
  expect(sent).toEqual([]);
});

describe('the daemon', () => {
  let daemon: Socket;
  let lines: string[];

  beforeEach(async () => {
    daemon = createSocket('udp4');
    daemon.bind(0, '127.0.0.1');
    await once(daemon, 'listening');
    lines = [];
    vi.spyOn(console, 'error').mockImplementation((line) => void lines.push(line));
  });

  afterEach(() => {
    vi.restoreAllMocks();
    daemon.close();
  });

  it('gets a header line and the document', async () => {
    const send = createXrayDaemon(`127.0.0.1:${daemon.address().port}`);
    const received = once(daemon, 'message');

    send('{"a":1}');

    const [message] = (await received) as [Buffer];
    expect(message.toString()).toBe('{"format":"json","version":1}\n{"a":1}');
  });

  it.each(['nonsense', '127.0.0.1:0', '127.0.0.1:99999'])(
    'that cannot be at %s is told of once, and keeps nothing from going on',
    async (address) => {
      const send = createXrayDaemon(address);

      send('{}');
      await vi.waitFor(() => expect(lines).toHaveLength(1));
      send('{}');

      expect(lines).toHaveLength(1);
      expect(JSON.parse(lines[0]!)).toMatchObject({ event: 'trace-not-sent', address });
    },
  );
});
