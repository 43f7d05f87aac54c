import { expect, it, onTestFinished } from 'vitest';
import {
  echo,
  fails,
  hangs,
  type StageBehaviour,
  startPipeline,
} from '../../test/support/router-pipeline.ts';
import { InvocationError } from './invocation-error.ts';
import { RouterClient } from './router-client.ts';

const never = new AbortController().signal;

async function clientBefore(...stages: StageBehaviour[]) {
  const pipeline = await startPipeline(stages);
  const client = new RouterClient({
    port: pipeline.router.port,
    timeoutMs: 20_000,
    contentType: 'text/csv',
    accept: 'application/json',
  });
  onTestFinished(() => client.close());
  return { client, stages: pipeline.stages };
}

it('asks again with the same record, which no answer was put in the place of', async () => {
  const record = Buffer.from('1,2,3\n'.repeat(500));
  const given = Buffer.from(record);
  let tries = 0;
  const { client, stages } = await clientBefore((received, response) => {
    tries += 1;
    if (tries === 1) fails(500, 'x'.repeat(record.length))(received, response);
    else response.setHeader('content-type', 'text/csv').end('y'.repeat(record.length));
  });

  const { body, contentType } = await client.invoke(record, 1, never);

  expect(body.toString()).toBe('y'.repeat(record.length));
  expect(contentType).toBe('text/csv');
  expect(record).toEqual(given);
  expect(stages[0].received.map((one) => one.body)).toEqual([given, given]);
  expect(stages[0].received[0]?.headers['content-type']).toBe('text/csv');
  expect(stages[2].received[0]?.headers.accept).toBe('application/json');
});

it('says which stage failed, in its own words, however long they become as JSON', async () => {
  const words = '\u0001'.repeat(3_000);
  const { client } = await clientBefore(echo, fails(400, words));

  const failed = await client.invoke(Buffer.from('x'), 0, never).catch((error: unknown) => error);

  expect(failed).toBeInstanceOf(InvocationError);
  expect(failed).toMatchObject({ stage: 'container-2', status: 400 });
  expect((failed as InvocationError).said).toBe(`${words.slice(0, 2_047)}…`);
});

it('ends what runs when it is closed', async () => {
  const { client, stages } = await clientBefore(hangs);
  const failed = client.invoke(Buffer.from('x'), 0, never).catch((error: unknown) => error);
  await expect.poll(() => stages[0].received.length).toBe(1);

  client.close();

  expect(await failed).toMatchObject({ stage: undefined, status: 0 });
});

it('says what became of a router that is not there', async () => {
  const { client } = await clientBefore();
  const nobody = new RouterClient({
    port: 1,
    timeoutMs: 20_000,
    contentType: undefined,
    accept: undefined,
  });
  onTestFinished(() => nobody.close());

  await expect(nobody.invoke(Buffer.from('x'), 0, never)).rejects.toThrow(
    'the pipeline gave no answer: "the router refused the connection"',
  );
  expect((await client.invoke(Buffer.from('x'), 0, never)).body.toString()).toBe('x');
});
