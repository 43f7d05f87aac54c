import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { echo, hangs, startPipeline, until } from '../../../test/support/router-pipeline.ts';

/** Sends `bytes` over one connection, and returns all that comes back until `enough` or the end. */
async function exchange(
  port: number,
  bytes: string | readonly string[],
  enough: (answer: string) => boolean = () => false,
): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let answer = '';
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
    socket.on('data', (data) => {
      answer += data.toString('latin1');
      if (enough(answer)) resolve();
    });
  });
  for (const piece of [bytes].flat()) {
    await new Promise((resolve) => socket.write(piece, 'latin1', resolve));
  }
  await ended;
  return answer;
}

const POST = 'POST /invocations HTTP/1.1\r\nHost: x\r\n';
const answers = (count: number) => (text: string) => text.split('HTTP/1.1 ').length > count;

describe('a request that is not HTTP/1.1 in good order is refused with 400, and no stage sees it', () => {
  it.each([
    ['two lengths', `${POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`],
    ['a list of lengths', `${POST}Content-Length: 1, 1\r\n\r\na`],
    ['a signed length', `${POST}Content-Length: +1\r\n\r\na`],
    [
      'a length beside chunks',
      `${POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['another transfer coding', `${POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
    ['a disguised transfer coding', `${POST}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
    ['two transfer codings', `${POST}Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n`],
    [
      'a transfer coding in HTTP/1.0',
      'POST /invocations HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['a space before the colon', `${POST}Content-Length : 1\r\n\r\na`],
    ['a folded line', `${POST}X: a\r\n b\r\n\r\n`],
    ['a bare line feed', 'POST /invocations HTTP/1.1\nHost: x\n\n'],
    ['a control character', `${POST}X: a\0b\r\n\r\n`],
    ['no Host', 'POST /invocations HTTP/1.1\r\n\r\n'],
    ['two Hosts', `${POST}Host: y\r\n\r\n`],
    ['another version', 'POST /invocations HTTP/2.0\r\nHost: x\r\n\r\n'],
    [
      'a chunk longer than its size',
      `${POST}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n`,
    ],
    ['a chunk size that is no number', `${POST}Transfer-Encoding: chunked\r\n\r\nx\r\n`],
    ['a flood of headers', `${POST}X: ${'a'.repeat(70_000)}\r\n\r\n`],
    ['an expectation that nobody knows', `${POST}Expect: tea\r\n\r\n`],
  ])('%s', async (_, bytes) => {
    const { router, stages } = await startPipeline();

    const answer = await exchange(router.port, bytes);

    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(answer).toMatch(/\r\nx-amzn-errortype: ValidationError\r\n/);
    expect(stages[0].received).toHaveLength(0);
  });
});

describe('a connection of a caller', () => {
  it('carries requests one after the other, also those that were sent ahead', async () => {
    const { router, stages } = await startPipeline();
    const one = `${POST}Content-Length: 3\r\n\r\none`;
    const two = `${POST}Transfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n`;
    const ping = 'GET /ping HTTP/1.1\r\nHost: x\r\n\r\n';

    const answer = await exchange(router.port, one + two + ping + one, answers(4));

    expect(stages[0].received.map(({ body }) => body.toString())).toEqual(['one', 'two', 'one']);
    expect(answer.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(4);
  });

  it('may bring a request in any pieces', async () => {
    const { router } = await startPipeline();
    const request = `${POST}Transfer-Encoding: chunked\r\n\r\n3;a=b\r\ntwo\r\n0\r\nX-T: 1\r\n\r\n`;

    const answer = await exchange(router.port, [...request], answers(1));

    expect(answer).toMatch(/\r\n\r\ntwo$/);
  });

  it('is asked for the body that it holds back', async () => {
    const { router } = await startPipeline();
    const head = `${POST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`;

    const answer = await exchange(router.port, [head, 'ok'], (text) => text.endsWith('ok'));

    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
  });

  it.each([
    ['HTTP/1.0', 'POST /invocations HTTP/1.0\r\nContent-Length: 2\r\n\r\nok'],
    ['Connection: close', `${POST}Connection: close\r\nContent-Length: 2\r\n\r\nok`],
  ])('is closed after an answer to %s', async (_, request) => {
    const { router } = await startPipeline();

    const answer = await exchange(router.port, request);

    expect(answer).toMatch(/\r\nConnection: close\r\n/);
    expect(answer).toMatch(/ok$/);
  });

  it('goes on after a body that was too large', async () => {
    const { router } = await startPipeline([], { maxBodyBytes: 10 });
    const large = `${POST}Content-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`;

    const answer = await exchange(router.port, `${large}${POST}\r\n`, answers(2));

    expect(answer.match(/HTTP\/1\.1 (\d+)/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('that ends its side has left', async () => {
    const { router, stages, log } = await startPipeline([hangs]);
    const socket = connect(router.port, '127.0.0.1');
    socket.write(`${POST}Content-Length: 1\r\n\r\na`);
    await until(() => stages[0].received.length === 1);

    socket.end();

    await until(() => log.some(({ reason }) => reason === 'the caller left'));
  });

  it('that reads slowly gets all of a large answer', async () => {
    const { router } = await startPipeline([echo]);
    const body = 'x'.repeat(3_000_000);
    const socket = connect(router.port, '127.0.0.1');
    let bytes = 0;
    socket.on('data', (data) => {
      bytes += data.length;
      socket.pause();
      setTimeout(() => socket.resume(), 1);
    });

    socket.write(`${POST}Connection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    await new Promise((resolve) => socket.once('close', resolve));

    expect(bytes).toBeGreaterThan(body.length);
  });
});
