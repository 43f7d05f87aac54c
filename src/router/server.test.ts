import { randomBytes } from 'node:crypto';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { Readable } from 'node:stream';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  echo,
  fails,
  fakeStage,
  get,
  hangs,
  post,
  type Received,
  routerConfig,
  type StageBehaviour,
  says,
  startPipeline,
  startTestRouter,
  until,
} from '../../test/support/router-pipeline.ts';
import type { ModelError } from './model-error.ts';

const ATTRIBUTES = 'x-amzn-sagemaker-custom-attributes';
const TARGET = 'x-amzn-sagemaker-target-container-hostname';

describe('what the stages get', () => {
  it('gives the body and Content-Type of the caller to the first stage', async () => {
    const { url, stages } = await startPipeline();
    const payload = randomBytes(300_000);

    await post(`${url}/invocations`, payload, { 'content-type': 'text/csv; charset=utf-8' });

    const [received] = stages[0].received;
    expect(received?.body.equals(payload)).toBe(true);
    expect(received?.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(received?.method).toBe('POST');
    expect(received?.url).toBe('/invocations');
    expect(received?.headers['content-length']).toBe('300000');
    expect(received?.headers['transfer-encoding']).toBeUndefined();
  });

  it.each([200, 10_240, 300_000, 3_000_000, 12_000_000])(
    'carries a body of %d bytes through all stages unchanged',
    async (bytes) => {
      const { url, stages } = await startPipeline([], { maxBodyBytes: 104_857_600 });
      const payload = randomBytes(bytes);

      const answers = await Promise.all([1, 2].map(() => post(`${url}/invocations`, payload)));

      expect(answers.map(({ body }) => body.equals(payload))).toEqual([true, true]);
      expect(stages[2].received.map(({ body }) => body.equals(payload))).toEqual([true, true]);
    },
  );

  it("makes a stage's body and Content-Type, parameters included, the next stage's request", async () => {
    const first = says('{"a":1}', { 'content-type': 'application/json; charset="utf-8"; v=2' });
    const { url, stages } = await startPipeline([first, says('two', { 'content-type': 'a/b' })]);

    await post(`${url}/invocations`, 'in', { 'content-type': 'text/csv' });

    expect(stages[1].received[0]?.body.toString()).toBe('{"a":1}');
    expect(stages[1].received[0]?.headers['content-type']).toBe(
      'application/json; charset="utf-8"; v=2',
    );
    expect(stages[2].received[0]?.body.toString()).toBe('two');
    expect(stages[2].received[0]?.headers['content-type']).toBe('a/b');
  });

  it('sends no Content-Type on when a stage sent none', async () => {
    const { url, stages } = await startPipeline([says('one')]);

    const answer = await post(`${url}/invocations`, 'in', { 'content-type': 'text/csv' });

    expect(stages[1].received[0]?.headers).not.toHaveProperty('content-type');
    expect(answer.headers).not.toHaveProperty('content-type');
  });

  it("gives the caller's Accept to the last stage alone", async () => {
    const { url, stages } = await startPipeline();

    await post(`${url}/invocations`, 'in', { accept: 'text/csv' });

    expect(stages.map(({ received }) => received[0]?.headers.accept)).toEqual([
      undefined,
      undefined,
      'text/csv',
    ]);
  });

  it('gives the custom attributes to every stage', async () => {
    const { url, stages } = await startPipeline();

    await post(`${url}/invocations`, 'in', { [ATTRIBUTES]: 'trace=1' });

    expect(stages.map(({ received }) => received[0]?.headers[ATTRIBUTES])).toEqual([
      'trace=1',
      'trace=1',
      'trace=1',
    ]);
  });

  it("lets a stage's own custom attributes replace the caller's from there on", async () => {
    const { url, stages } = await startPipeline([says('one', { [ATTRIBUTES]: 'mine' })]);

    const answer = await post(`${url}/invocations`, 'in', { [ATTRIBUTES]: 'trace=1' });

    expect(stages[1].received[0]?.headers[ATTRIBUTES]).toBe('mine');
    expect(stages[2].received[0]?.headers[ATTRIBUTES]).toBe('mine');
    expect(answer.headers).not.toHaveProperty(ATTRIBUTES);
  });

  it('passes inference id and trace headers to every stage, and no other header', async () => {
    const { url, stages } = await startPipeline();

    await post(`${url}/invocations`, 'in', {
      'x-amzn-sagemaker-inference-id': 'id-1',
      traceparent: '00-a-b-01',
      'x-amzn-trace-id': 'Root=1',
      authorization: 'secret',
      cookie: 'secret',
      'x-custom': 'secret',
      'user-agent': 'caller',
      te: 'trailers',
    });

    for (const { received } of stages) {
      expect(received[0]?.headers).toEqual({
        host: expect.any(String),
        'content-length': '2',
        'x-amzn-sagemaker-inference-id': 'id-1',
        traceparent: '00-a-b-01',
        'x-amzn-trace-id': 'Root=1',
      });
    }
  });

  it.each([
    ['a 204', (_: Received, response: Parameters<typeof echo>[1]) => response.writeHead(204).end()],
    ['an empty 200', says('')],
  ])('passes the empty body of %s on to the next stage', async (_, empty) => {
    const { url, stages } = await startPipeline([empty, says('two')]);

    const answer = await post(`${url}/invocations`);

    expect(stages[1].received[0]?.body.length).toBe(0);
    expect(stages[1].received[0]?.headers['content-length']).toBe('0');
    expect(answer.text).toBe('two');
  });

  it('takes an empty body from the caller', async () => {
    const { url, stages } = await startPipeline();

    const answer = await post(`${url}/invocations`, '');

    expect(answer.status).toBe(200);
    expect(stages[0].received[0]?.body.length).toBe(0);
  });

  it('takes a chunked answer from a stage and a chunked body from the caller', async () => {
    const chunked: typeof echo = (_, response) => {
      response.write('half ');
      response.end('whole');
    };
    const { url } = await startPipeline([chunked]);

    const { body } = await request(`${url}/invocations`, {
      method: 'POST',
      body: Readable.from(['a']),
    });

    expect(await body.text()).toBe('half whole');
  });

  it('takes an answer of a stage that speaks HTTP/1.0 and ends it by closing', async () => {
    const stage = await rawStage('HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nold school');
    const { url } = await startTestRouter(routerConfig([{ name: 'primary', port: stage }]));
    await until(async () => (await get(`${url}/ping`)).status === 200);

    const answer = await post(`${url}/invocations`);

    expect(answer.text).toBe('old school');
  });
});

describe('what the caller gets', () => {
  it("answers the last stage's body, Content-Type and custom attributes", async () => {
    const last = says('out', { 'content-type': 'text/csv; header=present', [ATTRIBUTES]: 'done' });
    const { url } = await startPipeline([echo, echo, last]);

    const answer = await post(`${url}/invocations`);

    expect(answer.status).toBe(200);
    expect(answer.text).toBe('out');
    expect(answer.headers['content-type']).toBe('text/csv; header=present');
    expect(answer.headers[ATTRIBUTES]).toBe('done');
  });

  it('answers 200 with an empty body to a 204 of the last stage', async () => {
    const { url } = await startPipeline([
      echo,
      echo,
      (_, response) => response.writeHead(204).end(),
    ]);

    const answer = await post(`${url}/invocations`);

    expect(answer.status).toBe(200);
    expect(answer.headers['content-length']).toBe('0');
  });

  it('strips every other header of the last stage', async () => {
    const { url } = await startPipeline([echo, echo, says('out', { 'set-cookie': 'a=b' })]);

    const answer = await post(`${url}/invocations`);

    expect(Object.keys(answer.headers).sort()).toEqual([
      'content-length',
      'date',
      'server-timing',
      'x-amzn-requestid',
      'x-headrace-in-flight',
    ]);
  });

  it('says in Server-Timing how long every stage and the router took', async () => {
    const { url } = await startPipeline();

    const answer = await post(`${url}/invocations`);

    expect(answer.headers['server-timing']).toMatch(
      /^container-1;dur=\d+\.\d\d, container-2;dur=\d+\.\d\d, container-3;dur=\d+\.\d\d, router;dur=\d+\.\d\d$/,
    );
  });

  it('times only the stages that ran when one fails', async () => {
    const { url } = await startPipeline([echo, fails(500, 'no')]);

    const answer = await post(`${url}/invocations`);

    expect(answer.headers['server-timing']).toMatch(
      /^container-1;dur=\S+, container-2;dur=\S+, router;dur=\S+$/,
    );
  });

  it('has Server-Timing on every answer, whoever gives it', async () => {
    const { url } = await startPipeline([fails(500, 'no')], { maxBodyBytes: 10 });

    const answers = await Promise.all([
      get(`${url}/ping`),
      get(`${url}/metrics`),
      get(`${url}/invocations`),
      get(`${url}/nowhere`),
      post(`${url}/invocations`, 'x', { 'x-headrace-timeout-ms': 'soon' }),
      post(`${url}/invocations`, 'x'.repeat(11)),
      post(`${url}/invocations`),
    ]);

    expect(answers.map(({ status }) => status)).toEqual([200, 200, 405, 404, 400, 413, 424]);
    for (const { headers } of answers) {
      expect(headers['server-timing']).toMatch(/\brouter;dur=\d+\.\d\d$/);
    }
  });

  it('keeps the request id of the caller, or makes one', async () => {
    const { url } = await startPipeline();

    const given = await post(`${url}/invocations`, 'x', { 'x-amzn-requestid': 'abc-1' });
    const made = await post(`${url}/invocations`);

    expect(given.headers['x-amzn-requestid']).toBe('abc-1');
    expect(made.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('answers nobody who asks for another fleet, and says nothing of its own', async () => {
    const { url, stages } = await startPipeline([echo], { fleet: 'abalone_AllTraffic_g2' });
    const ask = (fleet: string, path = '/invocations') =>
      post(`${url}${path}`, 'abc', { 'x-headrace-fleet': fleet });

    const own = await ask('abalone_AllTraffic_g2');
    const earlier = await ask('abalone_AllTraffic_g1');
    const streamed = await ask('oyster_AllTraffic_g3', '/invocations-response-stream');

    expect([own.status, earlier.status, streamed.status]).toEqual([200, 421, 421]);
    expect(earlier.body.toString()).not.toContain('abalone');
    expect(stages[0]?.received).toHaveLength(1);
  });

  it('answers the path of the data plane, for its own endpoint only', async () => {
    const { url } = await startPipeline();

    const own = await post(`${url}/endpoints/abalone/invocations`);
    const other = await post(`${url}/endpoints/oyster/invocations`);

    expect(own.status).toBe(200);
    expect(other.status).toBe(400);
    expect(other.headers['x-amzn-errortype']).toBe('ValidationError');
    expect(other.json()).toEqual({
      Message: 'Endpoint oyster of account 123456789012 not found.',
    });
  });

  it.each([
    ['GET', '/invocations', 405],
    ['POST', '/ping', 405],
    ['POST', '/', 404],
    ['POST', '/endpoints/abalone/async-invocations', 404],
  ] as const)('answers %s %s with %d', async (method, path, status) => {
    const { url } = await startPipeline();

    const { statusCode, headers, body } = await request(url + path, { method });

    expect(statusCode).toBe(status);
    expect(headers['x-amzn-errortype']).toBe('UnknownOperationException');
    expect(await body.json()).toEqual({ Message: expect.any(String) });
  });
});

describe('Direct mode', () => {
  it('calls the one stage that the caller names, with its Accept', async () => {
    const { url, stages } = await startPipeline([], { mode: 'Direct' });

    const answer = await post(`${url}/invocations`, 'x', {
      [TARGET]: 'container-2',
      accept: 'text/csv',
    });

    expect(answer.status).toBe(200);
    expect(stages.map(({ received }) => received.length)).toEqual([0, 1, 0]);
    expect(stages[1].received[0]?.headers.accept).toBe('text/csv');
    expect(answer.headers['server-timing']).toMatch(/^container-2;dur=\S+, router;dur=\S+$/);
  });

  it.each([
    ['names none', 'Direct', {}, 'one of: container-1, container-2, container-3'],
    ['names an unknown one', 'Direct', { [TARGET]: 'x' }, 'one of: container-1'],
    ['names one in Serial mode', 'Serial', { [TARGET]: 'container-1' }, 'Leave out Target'],
  ] as const)('refuses a caller who %s', async (_, mode, headers, text) => {
    const { url, stages } = await startPipeline([], { mode });

    const answer = await post(`${url}/invocations`, 'x', headers);

    expect(answer.status).toBe(400);
    expect(answer.headers['x-amzn-errortype']).toBe('ValidationError');
    expect(answer.json().Message).toContain(text);
    expect(stages.every(({ received }) => received.length === 0)).toBe(true);
  });
});

describe('a stage that fails', () => {
  it('ends the chain: later stages are not called, and nothing is tried again', async () => {
    const { url, stages } = await startPipeline([echo, fails(503, 'busy')]);

    const answer = await post(`${url}/invocations`);

    expect(answer.status).toBe(424);
    expect(answer.headers['x-amzn-errortype']).toBe('ModelError');
    expect(stages.map(({ received }) => received.length)).toEqual([1, 1, 0]);
  });

  it('is not called a second time when it hangs up', async () => {
    const { url, stages } = await startPipeline([(_, response) => void response.destroy()]);

    const answer = await post(`${url}/invocations`);

    expect(answer.status).toBe(424);
    expect(answer.json().OriginalMessage).toContain('closed the connection before it answered');
    expect(stages[0].received.length).toBe(1);
  });

  it('is named with its status and its message', async () => {
    const { url } = await startPipeline([echo, fails(415, 'no "csv" please')]);

    const answer = await post(`${url}/invocations`);

    expect(answer.json()).toEqual({
      ErrorCode: 'CLIENT_ERROR_FROM_MODEL',
      LogStreamArn: 'arn:aws:logs:eu-west-1:123456789012:log-group:/headrace/Endpoints/abalone',
      Message:
        'Received client error (415) from container-2 with message "no "csv" please". See https://logs.example/abalone in account 123456789012 for more information.',
      OriginalMessage: 'no "csv" please',
      OriginalStatusCode: 415,
    });
  });

  it.each([
    ['redirects', 301],
    ['fails', 500],
  ])('is a server error when it %s', async (_, status) => {
    const { url } = await startPipeline([fails(status, 'oops')]);

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.ErrorCode).toBe('SERVER_ERROR_FROM_MODEL');
    expect(error.Message).toContain(`Received server error (${status}) from container-1`);
    expect(error.OriginalStatusCode).toBe(status);
  });

  it('may write an endless message: the caller gets its beginning', async () => {
    const endless: typeof echo = (_, response) => {
      response.writeHead(500);
      const write = (): void => {
        while (!response.destroyed && response.write('é'.repeat(10_000)));
      };
      response.on('drain', write);
      write();
    };
    const { url } = await startPipeline([endless]);

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.Message.length).toBeLessThanOrEqual(2048);
    expect(error.Message).toMatch(/é…". See .* for more information\.$/);
    expect(error.OriginalMessage.length).toBe(2048);
  });

  it.each<[string, string, Partial<ModelError>]>([
    [
      'closes the connection without an answer',
      '',
      { OriginalStatusCode: 0, OriginalMessage: expect.stringContaining('closed the connection') },
    ],
    [
      'answers something that is not HTTP',
      'SSH-2.0-OpenSSH\r\n\r\n',
      { OriginalStatusCode: 0, OriginalMessage: expect.stringContaining('not valid HTTP') },
    ],
    [
      'dies in the middle of its body',
      'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
      {
        OriginalStatusCode: 500,
        Message: expect.stringContaining(
          'Received server error (500) from container-1 and could not load the entire response body. See ',
        ),
      },
    ],
    [
      'dies in the middle of a chunk',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nhalf',
      { OriginalStatusCode: 500, Message: expect.stringContaining('could not load the entire') },
    ],
    [
      'dies in the middle of an error',
      'HTTP/1.1 400 Bad\r\nContent-Length: 100\r\n\r\nhalf',
      {
        OriginalStatusCode: 400,
        Message: expect.stringContaining('Received client error (400) from container-1 and could'),
      },
    ],
  ])('is named when it %s', async (_, bytes, expected) => {
    const stage = await rawStage(bytes);
    const { url } = await startTestRouter(
      routerConfig([
        { name: 'container-1', port: stage },
        { name: 'container-2', port: stage },
      ]),
    );
    await until(async () => (await get(`${url}/ping`)).status === 200);

    const answer = await post(`${url}/invocations`);

    expect(answer.status).toBe(424);
    expect(answer.json()).toMatchObject(expected);
    expect(answer.headers['server-timing']).toMatch(/^container-1;dur=\S+, router;dur=\S+$/);
  });

  it('is named when it has died and nothing listens on its port', async () => {
    const { url, stages } = await startPipeline();
    await stages[1].close();

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.OriginalStatusCode).toBe(0);
    expect(error.Message).toContain('container container-2 refused the connection');
  });

  it('is named when it hangs until the deadline of the chain', async () => {
    const { url } = await startPipeline([echo, hangs], { timeoutMs: 150 });

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.OriginalStatusCode).toBe(0);
    expect(error.Message).toBe(
      'Received server error (0) from container-2 with message "Your invocation timed out while waiting for a response from container container-2. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again.". See https://logs.example/abalone in account 123456789012 for more information.',
    );
  });

  it('is logged in one line without its message', async () => {
    const { url, log } = await startPipeline([fails(500, 'secret')]);

    await post(`${url}/invocations`, 'x', { 'x-amzn-requestid': 'r-1', [ATTRIBUTES]: 'secret' });

    expect(log.filter(({ event }) => event === 'request-failed')).toEqual([
      {
        event: 'request-failed',
        requestId: 'r-1',
        stage: 'container-1',
        reason: 'answered 500',
        status: 424,
      },
    ]);
    expect(JSON.stringify(log)).not.toContain('secret');
  });

  it('leaves no line when all goes well', async () => {
    const { url, log } = await startPipeline();

    await post(`${url}/invocations`);

    expect(log.every(({ event }) => event === 'health')).toBe(true);
  });
});

describe('the deadline', () => {
  it('is one for the whole chain, which the caller may lower', async () => {
    const slow: typeof echo = (_, response) => setTimeout(() => response.end('x'), 120);
    const { url, stages } = await startPipeline([slow, slow, slow]);

    const answer = await post(`${url}/invocations`, 'x', { 'x-headrace-timeout-ms': '200' });

    expect(answer.status).toBe(424);
    expect(answer.json().OriginalStatusCode).toBe(0);
    expect(stages[2].received.length).toBe(0);
  });

  it('cannot be raised by the caller', async () => {
    const { url } = await startPipeline([hangs], { timeoutMs: 100 });

    const answer = await post(`${url}/invocations`, 'x', { 'x-headrace-timeout-ms': '999999' });

    expect(answer.status).toBe(424);
  });

  it('covers the body of a stage, not only its headers', async () => {
    const stalls: typeof echo = (_, response) => void response.write('half');
    const { url } = await startPipeline([stalls], { timeoutMs: 150 });

    const answer = await post(`${url}/invocations`);

    expect(answer.json().OriginalMessage).toContain('timed out');
  });

  it('refuses a deadline that is not a number', async () => {
    const { url } = await startPipeline();

    const answer = await post(`${url}/invocations`, 'x', { 'x-headrace-timeout-ms': 'soon' });

    expect(answer.status).toBe(400);
    expect(answer.json().Message).toContain('x-headrace-timeout-ms');
  });

  it('ends the wait for a body that never comes', async () => {
    const { url, router, stages } = await startPipeline([], { timeoutMs: 150 });

    const answer = await rawExchange(
      router.port,
      'POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab',
    );

    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toMatch(/did not arrive within 150 ms/);
    expect(stages[0].received.length).toBe(0);
    expect((await get(`${url}/ping`)).status).toBe(200);
  });
});

describe('a caller who leaves', () => {
  it('ends the request of the running stage, and later stages are not called', async () => {
    let stageSawTheEnd = false;
    const watching: typeof echo = (_, response) => {
      response.on('close', () => {
        stageSawTheEnd = true;
      });
    };
    const { url, router, stages, log } = await startPipeline([echo, watching]);

    const caller = await rawConnection(router.port);
    caller.write('POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\na');
    await until(() => stages[1].received.length === 1);
    caller.destroy();
    await get(`${url}/ping`);

    expect(stageSawTheEnd, 'within a round trip').toBe(true);
    expect(log.at(-1)).toMatchObject({
      event: 'request-failed',
      stage: 'container-2',
      reason: 'the caller left',
      status: 499,
    });
    expect(stages[2].received.length).toBe(0);
  });

  it('in the middle of the body costs no stage a call', async () => {
    const { router, stages, log } = await startPipeline();

    const caller = await rawConnection(router.port);
    caller.write('POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na');
    caller.destroy();

    await until(() => log.some(({ event }) => event === 'request-failed'));
    expect(log.at(-1)).toMatchObject({ reason: 'the caller left', status: 499 });
    expect(stages[0].received.length).toBe(0);
  });
});

describe('bounds', () => {
  it.each([
    ['says so in its Content-Length', Buffer.alloc(1001)],
    ['shows while it is read', [Buffer.alloc(600), Buffer.alloc(600)]],
  ])('refuses a body that is too large when that %s', async (_, payload) => {
    const { url, stages } = await startPipeline([], { maxBodyBytes: 1000 });

    const { statusCode, headers, body } = await request(`${url}/invocations`, {
      method: 'POST',
      body: Buffer.isBuffer(payload) ? payload : Readable.from(payload),
    });

    expect(statusCode).toBe(413);
    expect(headers['x-amzn-errortype']).toBe('ValidationError');
    expect(await body.json()).toEqual({ Message: 'HTTP content length exceeded 1000 bytes.' });
    expect(stages[0].received.length).toBe(0);
  });

  it('takes a body of exactly the bound through all stages', async () => {
    const { url } = await startPipeline([], { maxBodyBytes: 1000 });

    const answer = await post(`${url}/invocations`, Buffer.alloc(1000));

    expect(answer.status).toBe(200);
    expect(answer.body.length).toBe(1000);
  });

  it('lets a caller of a body that is far too large read the answer', async () => {
    const { url } = await startPipeline([], { maxBodyBytes: 1000 });

    const answer = await fetch(`${url}/invocations`, {
      method: 'POST',
      body: Buffer.alloc(20_000_000),
    });

    expect(answer.status).toBe(413);
  });

  it.each([
    ['announced', says(Buffer.alloc(2_000_000)), 'is 2000000 bytes'],
    [
      'chunked',
      ((_, response) => {
        response.write(Buffer.alloc(1_900_000));
        response.end(Buffer.alloc(100_000));
      }) as typeof echo,
      'is more than 1048576 bytes',
    ],
  ])('ends the chain at an output too large for the next stage (%s)', async (_, big, size) => {
    const { url, stages } = await startPipeline([big], { maxBodyBytes: 1_048_576 });

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.Message).toBe(
      `Received response from container-1 with status code 200. However, the request payload from container-1 to container-2 ${size}, which has exceeded the maximum limit of 1 MB. See https://logs.example/abalone in account 123456789012 for more information.`,
    );
    expect(stages[1].received.length).toBe(0);
  });

  it('does not answer with an output of the last stage that is too large', async () => {
    const { url } = await startPipeline([echo, echo, says(Buffer.alloc(1001))], {
      maxBodyBytes: 1000,
    });

    const error = (await post(`${url}/invocations`)).json<ModelError>();

    expect(error.OriginalStatusCode).toBe(500);
    expect(error.Message).toContain(
      'Received server error (500) from container-3 and could not load the entire response body.',
    );
  });

  it('answers 503 at once when too many requests run, and takes the next when one is done', async () => {
    const waiting: (() => void)[] = [];
    const holds: typeof echo = (_, response) => void waiting.push(() => response.end('done'));
    const { url } = await startPipeline([holds], { maxInFlight: 2 });
    const running = [post(`${url}/invocations`), post(`${url}/invocations`)];
    await until(() => waiting.length === 2);

    const refused = await post(`${url}/invocations`);
    for (const release of waiting.splice(0)) release();
    await Promise.all(running);
    const next = post(`${url}/invocations`);
    await until(() => waiting.length === 1);
    waiting[0]?.();

    expect(refused.status).toBe(503);
    expect(refused.headers['x-amzn-errortype']).toBe('ServiceUnavailable');
    expect(refused.json().Message).toContain('busy with 2 requests');
    expect((await next).status).toBe(200);
  });

  it('answers 503 at once when the bodies in flight are too large together', async () => {
    const held: (() => void)[] = [];
    const holds: StageBehaviour = (received, response) =>
      void held.push(() => echo(received, response));
    const { url, stages } = await startPipeline([holds], { maxHeldBytes: 1_000_000 });
    const large = Buffer.alloc(900_000);
    const running = post(`${url}/invocations`, large);
    await until(() => held.length === 1);

    const refused = await post(`${url}/invocations`, large);
    const small = post(`${url}/invocations`, 'small');
    await until(() => held.length === 2);
    for (const release of held.splice(0)) release();
    const answers = await Promise.all([running, small]);
    const next = post(`${url}/invocations`, large);
    await until(() => held.length === 1);
    held[0]?.();

    expect(refused.status).toBe(503);
    expect(refused.json().Message).toContain('holds 1000000 bytes');
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await next).status).toBe(200);
    expect(stages[0].received).toHaveLength(3);
  });

  it('counts an answer that is larger than its request among them', async () => {
    const held: (() => void)[] = [];
    const grows: StageBehaviour = (_, response) => void response.end(Buffer.alloc(1_000_000));
    const holds: StageBehaviour = (received, response) =>
      void held.push(() => echo(received, response));
    const { url } = await startPipeline([grows, holds], { maxHeldBytes: 1_000_000 });
    const running = post(`${url}/invocations`);
    await until(() => held.length === 1);

    const refused = await post(`${url}/invocations`);
    held[0]?.();

    expect(refused.status).toBe(503);
    expect((await running).status).toBe(200);
  });

  it('calls every stage once for each of many requests at a time', async () => {
    const { url, stages } = await startPipeline();
    const bodies = Array.from({ length: 200 }, (_, i) => `request-${i}`);

    const answers = await Promise.all(bodies.map((body) => post(`${url}/invocations`, body)));

    expect(answers.map(({ text }) => text)).toEqual(bodies);
    for (const { received } of stages) expect(received.length).toBe(200);
  });
});

describe('health', () => {
  it('answers /ping with 503 and requests with 503 until every stage was healthy', async () => {
    const stages = await Promise.all([fakeStage(), fakeStage()]);
    stages[1].ping = (response) => void response.writeHead(500).end();
    const { url, log } = await startTestRouter(
      routerConfig(stages.map(({ port }, i) => ({ name: `container-${i + 1}`, port }))),
    );
    await until(() => log.length > 0);

    const ping = await get(`${url}/ping`);
    const refused = await post(`${url}/invocations`);
    stages[1].ping = (response) => void response.end();
    await until(async () => (await get(`${url}/ping`)).status === 200);
    const taken = await post(`${url}/invocations`);

    expect(ping.status).toBe(503);
    expect(ping.json().stages).toMatchObject([
      { name: 'container-1', state: 'healthy' },
      { name: 'container-2', state: 'starting', reason: '/ping answered 500' },
    ]);
    expect(refused.status).toBe(503);
    expect(refused.headers['x-amzn-errortype']).toBe('ServiceUnavailable');
    expect(refused.json().Message).toMatch(
      /^Container container-2 of endpoint abalone is still starting after \d+ s: \/ping answered 500\./,
    );
    expect(taken.status).toBe(200);
    expect(stages[0].received.length).toBe(1);
  });

  it('is lost when a stage fails as many pings as it may; requests still pass', async () => {
    const { url, stages } = await startPipeline([], { pingEveryMs: 20, pingFailures: 2 });
    stages[1].ping = (response) => void response.writeHead(500).end();

    await until(async () => (await get(`${url}/ping`)).status === 503);
    const ping = await get(`${url}/ping`);
    const answer = await post(`${url}/invocations`);
    stages[1].ping = (response) => void response.end();
    await until(async () => (await get(`${url}/ping`)).status === 200);

    expect(ping.json().stages).toMatchObject([
      { state: 'healthy' },
      { name: 'container-2', state: 'failing', reason: '/ping answered 500' },
      { state: 'healthy' },
    ]);
    expect(answer.status).toBe(200);
  });
});

describe('draining', () => {
  it('finishes the request that runs, answers new ones, and reports one last time', async () => {
    let release = (): void => {};
    const holds: typeof echo = ({ body }, response) => {
      if (body.toString() !== 'slow') return void response.end(body);
      release = () => response.end('finished');
    };
    const { url, router, log } = await startPipeline([holds], { drainMs: 100 });
    const slow = post(`${url}/invocations`, 'slow');
    await until(() => release.name === 'release');

    const closed = Promise.all([router.close(), router.close()]);
    await until(() => log.some(({ final }) => final === true));
    const ping = await get(`${url}/ping`);
    const fresh = await post(`${url}/invocations`, 'fresh');
    await until(async () => {
      const refused = await get(`${url}/ping`).then(
        () => false,
        () => true,
      );
      return refused;
    });
    release();

    expect(ping.status).toBe(503);
    expect(fresh.status).toBe(200);
    expect(fresh.headers.connection).toBe('close');
    expect((await slow).text).toBe('finished');
    await closed;
    expect(log.filter(({ final }) => final === true).length).toBe(1);
  });

  it('reports a stage that has died, although one ping alone is no proof otherwise', async () => {
    const { router, stages, log } = await startPipeline();
    await stages[1].close();

    await router.close();

    expect(log.at(-1)).toMatchObject({
      event: 'health',
      final: true,
      stages: [
        { state: 'healthy' },
        {
          name: 'container-2',
          state: 'failing',
          reason: `stopped listening on port ${stages[1].port}`,
        },
        { state: 'healthy' },
      ],
    });
  });

  it('closes idle connections of callers', async () => {
    const { router } = await startPipeline();
    const idle = await rawConnection(router.port);
    const ended = new Promise((resolve) => idle.once('close', resolve));

    await router.close();

    await ended;
  });
});

/** A stage that answers its pings, and writes `bytes` and hangs up whatever it is asked else. */
async function rawStage(bytes: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('data', (data) => {
      const ping = data.toString().startsWith('GET /ping');
      socket.end(ping ? 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' : bytes);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function rawConnection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

async function rawExchange(port: number, bytes: string): Promise<string> {
  const socket = await rawConnection(port);
  let answer = '';
  socket.on('data', (data) => {
    answer += data.toString();
  });
  socket.write(bytes);
  await new Promise((resolve) => socket.once('close', resolve));
  return answer;
}
