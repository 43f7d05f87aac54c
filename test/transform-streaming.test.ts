import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type BatchWorld, startBatchWorld } from './support/batch-world.ts';
import type { AroundCall } from './support/simulated-plane.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Some 10 MB: two parts of output, and far more than sockets hold. */
const LINES = 200_000;
const TEXT = Array.from({ length: LINES }, (_, at) => `record ${at} ${'x'.repeat(36)}\n`).join('');

let world: BatchWorld;
const servers: ReturnType<typeof createServer>[] = [];
let generation = 0;

beforeAll(async () => {
  world = await startBatchWorld(() => ({ status: 500, body: 'the router is not asked' }));
});

beforeEach(() => {
  generation += 1;
});

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

afterAll(() => world.close());

async function stageOf(name: string, handler: Handler) {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { name, port: (server.address() as AddressInfo).port };
}

/** Answers with what it gets, while it gets it. */
const echo: Handler = (request, response) => {
  response.setHeader('content-type', request.headers['content-type'] ?? 'none/none');
  request.pipe(response);
};

type Change = Parameters<BatchWorld['config']>[0];

async function run(handlers: Handler[], change: Partial<Change> = {}, around?: AroundCall) {
  const [first, ...others] = await Promise.all(
    handlers.map((handler, at) => stageOf(`stage-${at + 1}`, handler)),
  );
  if (first === undefined) throw new Error('no stages');
  await world.put(`in-${generation}/x`, TEXT);
  const config = world.config({
    generation: `g${generation}`,
    stages: [first, ...others],
    source: { kind: 'prefix', bucket: 'data', prefix: `in-${generation}/` },
    output: { bucket: 'data', prefix: `out-${generation}/` },
    strategy: 'MultiRecord',
    maxPayloadInMB: 0,
    contentType: 'text/csv',
    ...change,
  });
  const summary = await world.work(config, around);
  const [output] = Object.values(await world.read(`out-${generation}/`));
  return { summary, output, uploads: [...world.uploads] };
}

it('goes through all stages at once, as one request of unknown length', async () => {
  const seen: { length: string | undefined; coding: string | undefined; accept: unknown }[] = [];
  let firstIsThrough = false;
  let reachedSecond = false;
  const watch: Handler = (request, response) => {
    const { 'content-length': length, 'transfer-encoding': coding, accept } = request.headers;
    seen.push({ length, coding, accept });
    echo(request, response);
  };
  const first: Handler = (request, response) => {
    request.once('end', () => {
      firstIsThrough = true;
    });
    watch(request, response);
  };
  const second: Handler = (request, response) => {
    request.once('data', () => {
      reachedSecond = !firstIsThrough;
    });
    watch(request, response);
  };

  const { summary, output } = await run([first, second], { accept: 'text/csv' });

  expect(summary).toMatchObject({ failed: 0, records: LINES });
  expect(output === TEXT).toBe(true);
  expect(reachedSecond).toBe(true);
  const framing = { length: undefined, coding: 'chunked' };
  expect(seen).toEqual([
    { ...framing, accept: undefined },
    { ...framing, accept: 'text/csv' },
  ]);
});

it('is read and written again from the start when a stage fails in the middle', async () => {
  let tries = 0;
  const breaksTwice: Handler = (request, response) => {
    tries += 1;
    if (tries > 2) return echo(request, response);
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      response.write(chunk);
      bytes += chunk.length;
      if (bytes < 9_000_000) return;
      // Behind the first part of the output, once that is where it goes.
      request.pause();
      setTimeout(() => response.destroy(), 300);
    });
    return undefined;
  };

  const { summary, output, uploads } = await run([echo, breaksTwice, echo], { maxRetries: 2 });

  expect(tries).toBe(3);
  expect(summary).toMatchObject({ failed: 0, records: LINES });
  expect(output === TEXT).toBe(true);
  expect(uploads).toEqual([]);
});

it('names the stage that breaks off, and leaves nothing', async () => {
  const breaks: Handler = (request, response) => {
    response.write('a beginning');
    request.once('data', () => response.destroy());
  };

  const { summary, output, uploads } = await run([echo, breaks, echo], { maxRetries: 0 });

  expect(summary.failure).toMatch(
    /x: streamed whole, \d+ records \(\d+ bytes\) sent: stage stage-2 gave no answer: "/,
  );
  expect(output).toBeUndefined();
  expect(uploads).toEqual([]);
});

it('gives what a stage said, and does not ask again what was refused', async () => {
  let tries = 0;
  const refuses: Handler = (request, response) => {
    tries += 1;
    request.once('data', () => response.writeHead(422).end('column 3 is missing'));
  };

  const { summary, output } = await run([echo, refuses], { maxRetries: 3 });

  expect(summary.failure).toMatch(/stage stage-2 answered 422: "column 3 is missing"$/);
  expect(output).toBeUndefined();
  expect(tries).toBe(1);
});

it('does not take an answer to half of the object for one to all of it', async () => {
  const hasty: Handler = (request, response) => {
    request.once('data', () => response.end('done\n'));
  };

  const { summary, output } = await run([hasty], { split: 'None', assembleWith: 'None' });

  expect(summary.failure).toMatch(/its answer ended before all of its request was read/);
  expect(output).toBeUndefined();
});

it('counts the lines of the answer', async () => {
  const { summary, output } = await run([
    async (request, response) => {
      for await (const _ of request);
      response.end('one\ntwo\n');
    },
  ]);

  expect(summary.failure).toMatch(/the pipeline answered 2 records for the 200000 it got/);
  expect(output).toBeUndefined();
});

it('has one deadline for all of it', async () => {
  const { summary } = await run(
    [
      echo,
      (request) => {
        request.pause();
      },
    ],
    { timeoutSeconds: 1 },
  );

  expect(summary.failure).toMatch(/no end of its answer within 1 s/);
});

it('takes nothing of an object that is replaced between two tries', async () => {
  let tries = 0;
  const fails: Handler = async (request, response) => {
    for await (const _ of request);
    tries += 1;
    await world.put(`in-${generation}/x`, 'another\n');
    response.writeHead(500).end();
  };

  const { summary, output } = await run([fails], { maxRetries: 3 });

  expect(summary.failure).toMatch(/the object was replaced while it was read/);
  expect(output).toBeUndefined();
  expect(tries).toBe(1);
});

it('asks nothing for an object that is empty', async () => {
  const { summary, output } = await run([() => expect.fail('it was asked')], {
    source: { kind: 'object', bucket: 'data', key: await empty() },
  });

  expect(summary).toMatchObject({ failed: 0, records: 0 });
  expect(output).toBe('');
});

async function empty(): Promise<string> {
  await world.put('empty', Buffer.alloc(0));
  return 'empty';
}
