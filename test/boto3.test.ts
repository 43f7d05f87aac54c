import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run, withoutAwsSettings } from './support/command.ts';
import { describeWith } from './support/required-client.ts';
import { type Home, makeHome, type RunningStack, runStack } from './support/run-stack.ts';

await describeWith('boto3', ['python3', '-c', 'import boto3'], () => {
  let home: Home;
  let stack: RunningStack;

  beforeAll(async () => {
    home = await makeHome();
    stack = await runStack(home);
  });

  afterAll(() => home?.remove());

  test('the whole life of a pipeline, with waiters, paginators and modelled errors', async () => {
    const script = join(import.meta.dirname, 'boto3_life_cycle.py');

    const ran = await run('python3', [script, stack.gateway, home.image], withoutAwsSettings());

    expect(ran.stderr).toBe('');
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/^done$/m);
  }, 60_000);
});
