import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { gatewayEvent } from '../../test/support/api.ts';
import type { Route, RouteVariant } from '../endpoints/route.ts';
import { closeServer, listenOnLoopback } from '../local/http-server.ts';
import type { GatewayEvent } from '../protocol/gateway-event.ts';
import { noMeter } from './invocation-meter.ts';
import { createInvoke, type Invoker } from './invoke.ts';
import { NotAnswered, NotConnected, type TaskAnswer, TaskClient } from './task-client.ts';

const OK: TaskAnswer = {
  status: 200,
  headers: { 'content-type': 'text/csv' },
  body: Buffer.from('7'),
};

function variant(name: string, more: Partial<RouteVariant> = {}): RouteVariant {
  return {
    name,
    generation: 'g1',
    weight: 1,
    share: 1,
    routing: 'LEAST_OUTSTANDING_REQUESTS',
    mode: 'Serial',
    targets: ['a', 'b', 'c', 'd'].map((task) => ({ task, address: `${task}:1` })),
    ...more,
  };
}

interface World {
  variants?: RouteVariant[];
  tasks?: Record<string, TaskAnswer | Error>;
  routes?: Partial<Invoker['routes']>;
}

/** The invoke function in front of tasks that answer, or fail, as told; `sent` is what reached them. */
function world({ variants = [variant('AllTraffic')], tasks = {}, routes }: World = {}) {
  const sent: { address: string; headers: Record<string, string>; body: string; left: number }[] =
    [];
  const clock = { time: 0, now: () => clock.time };
  const route: Route = { variants };
  const invoke = createInvoke({
    config: { account: '123456789012' },
    routes: {
      get: async (endpoint) => (endpoint === 'abalone' ? route : undefined),
      renew: async () => undefined,
      ...routes,
    },
    tasks: {
      outstanding: () => 0,
      send: async (address, headers, body, left) => {
        sent.push({ address, headers, body: body.toString(), left });
        const answer = tasks[address] ?? OK;
        clock.time += 1_000;
        if (answer instanceof Error) throw answer;
        return answer;
      },
      stream: async () => expect.fail('Nothing was to be streamed.'),
    },
    clock,
    random: () => 0.5,
    meter: noMeter,
  });
  const post = async (event: Partial<GatewayEvent> = {}) => {
    const answer = await invoke(
      gatewayEvent({ path: '/endpoints/abalone/invocations', body: '1,2,3', ...event }),
    );
    const { statusCode: status, headers, body } = answer;
    return { status, headers, body: Buffer.isBuffer(body) ? body.toString() : 'a stream' };
  };
  return { post, sent };
}

const REFUSED = new NotConnected('connect ECONNREFUSED');
const ANOTHERS: TaskAnswer = { ...OK, status: 421 };
const NOWHERE = { 'a:1': REFUSED, 'b:1': REFUSED, 'c:1': REFUSED, 'd:1': REFUSED };

beforeEach(() => {
  vi.spyOn(console, 'error').mockReturnValue();
});

afterEach(() => {
  vi.restoreAllMocks();
});

describe('an invocation', () => {
  it('goes to a task as it came, and its answer comes back as it is', async () => {
    const answer = {
      status: 200,
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'server-timing': 'predict;dur=1',
        'x-amzn-sagemaker-custom-attributes': 'c',
        'x-amzn-errortype': 'ModelError',
        connection: 'keep-alive',
        'x-powered-by': 'a stage',
      },
      body: Buffer.from([0, 255, 128]),
    };
    const { post, sent } = world({ tasks: { 'a:1': answer } });

    const { status, headers } = await post({ headers: { 'Content-Type': 'text/csv' } });

    expect(status).toBe(200);
    expect(headers).toEqual({
      'x-Amzn-Invoked-Production-Variant': 'AllTraffic',
      'x-amzn-RequestId': 'request-1',
      'content-type': 'text/csv; charset=utf-8',
      'server-timing': 'predict;dur=1',
      'x-amzn-sagemaker-custom-attributes': 'c',
      'x-amzn-errortype': 'ModelError',
    });
    expect(sent).toEqual([
      {
        address: 'a:1',
        headers: {
          'content-type': 'text/csv',
          'x-amzn-requestid': 'request-1',
          'x-headrace-timeout-ms': '60000',
          'x-headrace-fleet': 'abalone_AllTraffic_g1',
        },
        body: '1,2,3',
        left: 60_000,
      },
    ]);
  });

  it('gives the task as long as its variant says', async () => {
    const { post, sent } = world({
      variants: [variant('slow', { invocationTimeoutSeconds: 600 })],
    });

    await post();

    expect(sent[0]).toMatchObject({
      headers: { 'x-headrace-timeout-ms': '600000' },
      left: 600_000,
    });
  });

  it('takes as long a body as its variant says', async () => {
    const { post } = world({ variants: [variant('large', { maxPayloadInMB: 8 })] });
    const sizes = [8 * 1_048_576, 8 * 1_048_576 + 1];

    const answers = await Promise.all(sizes.map((size) => post({ body: 'x'.repeat(size) })));

    expect(answers.map(({ status }) => status)).toEqual([200, 413]);
  });

  it("passes on a task's error, and tries no other task", async () => {
    const modelError = { ...OK, status: 424 };
    const { post, sent } = world({ tasks: { 'a:1': modelError } });

    expect((await post()).status).toBe(424);
    expect(sent).toHaveLength(1);
  });

  it('is served below the stage of the gateway, too', async () => {
    expect((await world().post({ path: '/prod/endpoints/abalone/invocations' })).status).toBe(200);
  });
});

describe('a task that cannot take the request', () => {
  it('is passed over when nothing of it was read, with the time that is left', async () => {
    const { post, sent } = world({ tasks: { 'a:1': REFUSED, 'b:1': REFUSED } });

    expect((await post()).status).toBe(200);
    expect(sent.map(({ address, left }) => [address, left])).toEqual([
      ['a:1', 60_000],
      ['b:1', 59_000],
      ['c:1', 58_000],
    ]);
    expect(sent[2]?.headers['x-headrace-timeout-ms']).toBe('58000');
  });

  it('is passed over when its router turned it down, since nothing was begun', async () => {
    const busy = { ...OK, status: 503 };
    const { post, sent } = world({ tasks: { 'a:1': busy } });

    expect((await post()).status).toBe(200);
    expect(sent.map(({ address }) => address)).toEqual(['a:1', 'b:1']);
  });

  it('is passed over when its address has become that of another fleet', async () => {
    const { post, sent } = world({ tasks: { 'a:1': ANOTHERS } });

    expect((await post()).status).toBe(200);
    expect(sent.map(({ address }) => address)).toEqual(['a:1', 'b:1']);
  });

  it('is looked for afresh when others have the addresses of all', async () => {
    const route: Route = {
      variants: [variant('AllTraffic', { targets: [{ task: 'e', address: 'e:1' }] })],
    };
    const tasks = { 'a:1': ANOTHERS, 'b:1': ANOTHERS, 'c:1': ANOTHERS, 'd:1': ANOTHERS };
    const { post, sent } = world({ tasks, routes: { renew: async () => route } });

    expect((await post()).status).toBe(200);
    expect(sent.at(-1)?.address).toBe('e:1');
    expect(await world({ tasks }).post()).toMatchObject({
      status: 503,
      headers: { 'x-amzn-ErrorType': 'ServiceUnavailable' },
      body: expect.stringContaining('of endpoint abalone can take the request now'),
    });
  });

  it('has the last word when all turn it down', async () => {
    const busy = { ...OK, status: 503, body: Buffer.from('busy') };
    const tasks = { 'a:1': busy, 'b:1': busy, 'c:1': REFUSED };

    expect(await world({ tasks }).post()).toMatchObject({ status: 503, body: 'busy' });
  });

  it('is looked for afresh when every task of the route is gone', async () => {
    const route: Route = {
      variants: [variant('AllTraffic', { targets: [{ task: 'e', address: 'e:1' }] })],
    };
    const { post, sent } = world({ tasks: NOWHERE, routes: { renew: async () => route } });

    expect((await post()).status).toBe(200);
    expect(sent.at(-1)?.address).toBe('e:1');
  });

  it('is one of three at most', async () => {
    const { post, sent } = world({ tasks: NOWHERE });

    const { status, headers, body } = await post();

    expect(status).toBe(503);
    expect(headers['x-amzn-ErrorType']).toBe('ServiceUnavailable');
    expect(JSON.parse(body).Message).toBe(
      'No healthy task of variant AllTraffic of endpoint abalone can take the request now. Try again.',
    );
    expect(sent).toHaveLength(3);
  });

  it('is the last one when it may have worked on it', async () => {
    const { post, sent } = world({ tasks: { 'a:1': new NotAnswered('socket hang up') } });

    const { status, body } = await post();

    expect(status).toBe(503);
    expect(JSON.parse(body).Message).toBe(
      'The task that took the request for endpoint abalone did not answer it. It may have been worked on.',
    );
    expect(sent).toHaveLength(1);
  });

  it('is missed at once when there is none', async () => {
    const { post } = world({ variants: [variant('AllTraffic', { targets: [] })] });

    const { status, body } = await post();

    expect(status).toBe(503);
    expect(JSON.parse(body).Message).toContain('No healthy task of variant AllTraffic');
  });
});

describe('what is refused', () => {
  const two = [variant('Blue'), variant('Green', { weight: 0 })];
  const target = (name: string) => ({ 'X-Amzn-SageMaker-Target-Variant': name });
  const container = { 'X-Amzn-SageMaker-Target-Container-Hostname': 'b' };
  const direct = [variant('AllTraffic', { mode: 'Direct' })];

  it.each<[string, World, Partial<GatewayEvent>, number, string, string]>([
    [
      'an endpoint that is not there',
      {},
      { path: '/endpoints/other/invocations' },
      400,
      'ValidationError',
      'Endpoint other of account 123456789012 not found.',
    ],
    [
      'a name with an underscore',
      {},
      { path: '/endpoints/a_b/invocations' },
      400,
      'ValidationError',
      "1 validation error detected: Value 'a_b' at 'endpointName' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-zA-Z0-9](-*[a-zA-Z0-9])*$",
    ],
    [
      'a name of 4000 characters',
      {},
      { path: `/endpoints/${'n'.repeat(4000)}/invocations` },
      400,
      'ValidationError',
      `1 validation error detected: Value '${'n'.repeat(256)}' at 'endpointName' failed to satisfy constraint: Member must have length less than or equal to 63`,
    ],
    [
      'a variant that is not there',
      { variants: two },
      { headers: target('Red') },
      400,
      'ValidationError',
      'Variant Red not found for endpoint abalone. It has: Blue, Green.',
    ],
    [
      'an endpoint whose variants all weigh nothing',
      { variants: two.slice(1) },
      {},
      400,
      'ValidationError',
      'Every variant of endpoint abalone has weight 0. Name one of Green as TargetVariant.',
    ],
    [
      'an endpoint that is asleep',
      { variants: [variant('Blue', { weight: 0, asleep: true, targets: [] }), ...two.slice(1)] },
      {},
      400,
      'ValidationError',
      'Variant Blue of endpoint abalone is asleep: it has no instances. Give it some by UpdateEndpointWeightsAndCapacities, with a DesiredInstanceCount of 1 or more.',
    ],
    [
      'a variant that is asleep beside one that serves',
      { variants: [variant('Blue'), variant('Green', { weight: 0, asleep: true, targets: [] })] },
      { headers: target('Green') },
      400,
      'ValidationError',
      'Variant Green of endpoint abalone is asleep: it has no instances. Give it some by UpdateEndpointWeightsAndCapacities, with a DesiredInstanceCount of 1 or more.',
    ],
    [
      'a container where they run in a row',
      {},
      { headers: container },
      400,
      'ValidationError',
      'Endpoint abalone runs its containers in Serial mode and does not support TargetContainerHostname.',
    ],
    [
      'no container where one must be named',
      { variants: direct },
      {},
      400,
      'ValidationError',
      'Endpoint abalone runs its containers in Direct mode: TargetContainerHostname must name one.',
    ],
    [
      'a body that is too long',
      {},
      { body: 'x'.repeat(6_291_457) },
      413,
      'ValidationError',
      'HTTP content length exceeded 6291456 bytes.',
    ],
    [
      'an asynchronous invocation',
      {},
      { path: '/endpoints/abalone/async-invocations' },
      400,
      'ValidationError',
      'A pipeline takes no asynchronous invocations. Use InvokeEndpoint.',
    ],
    [
      'another operation',
      {},
      { path: '/endpoints/abalone/ping' },
      404,
      'UnknownOperationException',
      'Nothing is served at /endpoints/abalone/ping. Invoke with POST /endpoints/abalone/invocations.',
    ],
    [
      'a longer path',
      {},
      { path: '/endpoints/abalone/invocations/1' },
      404,
      'UnknownOperationException',
      'Nothing is served at /endpoints/abalone/invocations/1.',
    ],
    [
      'another method',
      {},
      { httpMethod: 'GET' },
      405,
      'UnknownOperationException',
      '/endpoints/abalone/invocations takes POST.',
    ],
  ])('is %s', async (_, given, event, status, code, message) => {
    const { post, sent } = world(given);

    const answer = await post(event);

    expect(JSON.parse(answer.body)).toEqual({ __type: code, message, Message: message });
    expect(answer.status).toBe(status);
    expect(answer.headers).toMatchObject({
      'x-amzn-ErrorType': code,
      'x-amzn-RequestId': 'request-1',
      'Content-Type': 'application/json',
    });
    expect(sent).toEqual([]);
  });

  it('is not a variant without weight that is named', async () => {
    const { post } = world({ variants: two });

    const { headers } = await post({ headers: target('Green') });

    expect(headers['x-Amzn-Invoked-Production-Variant']).toBe('Green');
  });

  it('is not a container that is named where they run apart', async () => {
    const { post, sent } = world({ variants: direct });

    await post({ headers: container });

    expect(sent[0]?.headers['x-amzn-sagemaker-target-container-hostname']).toBe('b');
  });

  it('tells nothing of the inside when nothing is known of the route', async () => {
    const get = () => Promise.reject(new Error('DynamoDB: AccessDenied for key 123'));
    const { post } = world({ routes: { get } });

    const { status, body } = await post();

    expect(status).toBeGreaterThanOrEqual(500);
    expect(body).not.toContain('DynamoDB');
    expect(body).toContain('request-1');
  });
});

const LISTENER = `
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    require('node:worker_threads').parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });`;

/** A port of which the queue is full: what comes now is dropped, as by a host that is gone. */
async function listenWithoutAccepting(): Promise<number> {
  const listener = new Worker(LISTENER, { eval: true });
  const [port] = (await once(listener, 'message')) as [number];
  const filling: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of filling) socket.destroy();
    await listener.terminate();
  });
  let socket: Socket;
  do {
    socket = connect(port, '127.0.0.1').on('error', () => undefined);
    filling.push(socket);
    await Promise.race([once(socket, 'connect'), sleep(200)]);
  } while (!socket.connecting);
  return port;
}

describe('the client of the tasks', () => {
  let client: TaskClient;
  let now: number;
  const servers: Server[] = [];

  beforeEach(() => {
    now = 0;
    client = new TaskClient({ now: () => now });
  });

  afterEach(async () => {
    client.close();
    await Promise.all(servers.splice(0).map(closeServer));
  });

  async function serve(answer: Parameters<typeof createServer>[1]): Promise<string> {
    const server = createServer(answer);
    servers.push(server);
    return `127.0.0.1:${await listenOnLoopback(server, 0)}`;
  }

  const send = (address: string, timeoutMs = 5_000) =>
    client.send(address, { 'content-type': 'text/csv' }, Buffer.from('1'), timeoutMs);

  it('brings an answer whole, and counts what is under way', async () => {
    let during = 0;
    const address = await serve((request, response) => {
      during = client.outstanding(address);
      request.pipe(response.writeHead(424, { 'x-amzn-errortype': 'ModelError' }));
    });

    const answer = await send(address);

    expect(answer).toMatchObject({ status: 424, body: Buffer.from('1') });
    expect(answer.headers['x-amzn-errortype']).toBe('ModelError');
    expect([during, client.outstanding(address)]).toEqual([1, 0]);
  });

  it('knows that nothing was read where nobody listens', async () => {
    const gone = createTcpServer();
    const port = await new Promise<number>((resolve) => {
      gone.listen(0, '127.0.0.1', () => resolve((gone.address() as { port: number }).port));
    });
    await new Promise((resolve) => gone.close(resolve));

    await expect(send(`127.0.0.1:${port}`)).rejects.toBeInstanceOf(NotConnected);
    expect(client.outstanding(`127.0.0.1:${port}`)).toBe(0);
  });

  it('waits a second for a connection that nothing answers', async () => {
    const port = await listenWithoutAccepting();
    const began = performance.now();

    const error = await send(`127.0.0.1:${port}`).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(NotConnected);
    expect(performance.now() - began).toBeLessThan(3_000);
  });

  it('knows that it may have been worked on when no answer comes in time', async () => {
    const address = await serve(() => undefined);
    const began = performance.now();
    // The grace of two seconds counts from there.
    const error = await send(address, -1_800).catch((reason: unknown) => reason);

    expect(error).toBeInstanceOf(NotAnswered);
    expect(performance.now() - began).toBeLessThan(5_000);
    expect(client.outstanding(address)).toBe(0);
  });

  it.each([200, 424])('gives an answer with status %i on as it comes, or whole', async (status) => {
    const address = await serve((request, response) => {
      request.pipe(response.writeHead(status));
    });

    const answer = await client.stream(address, {}, Buffer.from('1'), 5_000);

    if (status === 200) expect('chunks' in answer && (await text(answer.chunks))).toBe('1');
    else expect(answer).toMatchObject({ status: 424, body: Buffer.from('1') });
  });

  it('uses a connection again', async () => {
    const connections = new Set<unknown>();
    const address = await serve((request, response) => {
      connections.add(request.socket);
      request.pipe(response);
    });

    for (let turn = 0; turn < 3; turn++) await send(address);

    expect(connections.size).toBe(1);
  });

  it('uses none again that its task may have closed while the function was frozen', async () => {
    const connections: Socket[] = [];
    const address = await serve((request, response) => {
      if (!connections.includes(request.socket)) connections.push(request.socket);
      request.pipe(response);
    });
    await send(address);
    now += 29_000;
    await send(address);

    now += 30_000;
    await send(address);

    expect(connections).toHaveLength(2);
    await expect.poll(() => connections[0]?.destroyed).toBe(true);
  });

  it.each<[string, Parameters<typeof createServer>[1]]>([
    ['hangs up', (request) => request.socket.destroy()],
    [
      'breaks off in its answer',
      (_, response) => {
        response
          .writeHead(200, { 'content-length': '100' })
          .write('half', () => response.destroy());
      },
    ],
  ])('knows that it may have been worked on when the task %s', async (_, answer) => {
    await expect(send(await serve(answer))).rejects.toBeInstanceOf(NotAnswered);
  });
});
