import { request } from 'undici';
import { expect, it } from 'vitest';
import {
  echo,
  fails,
  post,
  type StageBehaviour,
  startPipeline,
  until,
} from '../../test/support/router-pipeline.ts';

const STREAM = 'invocations-response-stream';

/** A stage that writes what the test tells it to, when it tells it. */
function toldStage() {
  const told = { write: (_: string) => {}, end: () => {}, destroy: () => {}, isOpen: true };
  const behaviour: StageBehaviour = (_, response) => {
    response.setHeader('content-type', 'text/plain; v=1');
    told.write = (text) => void response.write(text);
    told.end = () => void response.end();
    told.destroy = () => void response.destroy();
    response.on('close', () => {
      told.isOpen = false;
    });
    response.flushHeaders();
  };
  return { told, behaviour };
}

function openStream(url: string) {
  return request(`${url}/${STREAM}`, { method: 'POST', body: 'x' });
}

it('gives the chunks of the last stage on as they come, and says which stage it is', async () => {
  const { told, behaviour } = toldStage();
  const { url } = await startPipeline([echo, echo, behaviour]);

  const { statusCode, headers, body } = await openStream(url);
  const chunks = body[Symbol.asyncIterator]();
  told.write('one');
  const first = await chunks.next();
  told.write('two');
  const second = await chunks.next();
  told.end();
  const end = await chunks.next();

  expect(statusCode).toBe(200);
  expect(headers).toMatchObject({
    'content-type': 'text/plain; v=1',
    'transfer-encoding': 'chunked',
    'x-headrace-stage': 'container-3',
    'server-timing': expect.stringMatching(/^container-1;dur=\S+ container-2;\S+ container-3;/),
  });
  expect(String(first.value)).toBe('one');
  expect(String(second.value)).toBe('two');
  expect(end.done).toBe(true);
});

it('cuts the stream when the stage breaks off, and says so in the log', async () => {
  const { told, behaviour } = toldStage();
  const { url, log } = await startPipeline([echo, echo, behaviour]);
  const { body } = await openStream(url);
  told.write('one');

  const whole = body.text();
  told.destroy();

  await expect(whole).rejects.toThrow();
  await until(() => log.some(({ event }) => event === 'request-failed'));
  expect(log.at(-1)).toMatchObject({ stage: 'container-3', reason: 'broke off its answer (200)' });
});

it('cuts the stream at its own deadline, which is not that of a whole answer', async () => {
  const { told, behaviour } = toldStage();
  const { url, log } = await startPipeline([echo, echo, behaviour], {
    timeoutMs: 1,
    streamTimeoutMs: 300,
  });
  const { body } = await openStream(url);
  told.write('one');

  await expect(body.text()).rejects.toThrow();

  await until(() => log.some(({ event }) => event === 'request-failed'));
  expect(log.at(-1)).toMatchObject({
    stage: 'container-3',
    reason: 'did not answer before the deadline',
  });
});

it('ends the stage when the caller leaves in the middle', async () => {
  const { told, behaviour } = toldStage();
  const { url } = await startPipeline([echo, echo, behaviour]);
  const { body } = await openStream(url);
  told.write('one');

  body.on('error', () => undefined);
  body.destroy();

  await until(() => !told.isOpen);
});

it('finishes a stream that runs when the router is told to stop', async () => {
  const { told, behaviour } = toldStage();
  const { url, router, log } = await startPipeline([echo, echo, behaviour]);
  const { body } = await openStream(url);
  told.write('one');

  const closed = router.close();
  await until(() => log.some(({ final }) => final === true));
  told.write(', two');
  told.end();

  expect(await body.text()).toBe('one, two');
  await closed;
});

it('answers 424 when a stage fails before the first byte', async () => {
  const { url } = await startPipeline([echo, echo, fails(500, 'no')]);

  const answer = await post(`${url}/${STREAM}`);

  expect(answer.status).toBe(424);
  expect(answer.json().Message).toContain('Received server error (500) from container-3');
});

it('holds no more of a stream than the caller takes', async () => {
  let written = 0;
  const endless: StageBehaviour = (_, response) => {
    const write = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
    };
    response.on('drain', write);
    write();
  };
  const { url } = await startPipeline([echo, echo, endless]);

  const { body } = await openStream(url);
  let before = -1;
  // It stops by itself: only the buffers of the sockets are between the stage and a caller who waits.
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  body.on('error', () => undefined);
  body.destroy();

  expect(written).toBeLessThan(64 * 1_048_576);
});
