import { createServer } from 'node:net';
import { ListTasksCommand } from '@aws-sdk/client-ecs';
import {
  DeleteEndpointCommand,
  DeleteEndpointConfigCommand,
  DeleteModelCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
} from '@aws-sdk/client-sagemaker';
import { test as base, expect, vi } from 'vitest';
import { clientsOf } from './support/clients.ts';
import { createPipeline, gone, inService, invokeForReport } from './support/pipelines.ts';
import { isRunning, processesWith } from './support/processes.ts';
import { type Home, makeHome, type RunningStack, runStack, runToEnd } from './support/run-stack.ts';
import { type StageReport, stage } from './support/stage.ts';
import { until } from './support/until.ts';

// Several starts a test, and at worst a sweep between them.
vi.setConfig({ testTimeout: 60_000 });

const test = base.extend<{ home: Home }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads from the pattern what a fixture needs
  home: async ({}, use) => {
    const home = await makeHome();
    await use(home);
    await home.remove();
  },
});

/** An endpoint of two stages that report. */
async function deploy(stack: RunningStack, image: string, name: string): Promise<void> {
  const { sagemaker } = clientsOf(stack);
  const reporter = stage(image, { ANSWER: 'report', CONTENT_TYPE: 'application/json' });
  await createPipeline(sagemaker, name, [reporter, reporter]);
  await inService(sagemaker, name);
}

/** The process ids of the two stages that answer. */
async function stagePids(stack: RunningStack, name: string): Promise<number[]> {
  const last = await invokeForReport(clientsOf(stack).runtime, name);
  const first = JSON.parse(last.body) as StageReport;
  return [first.pid, last.pid];
}

/** The same, once the endpoint serves and not by one of `old`. */
async function newStagePids(stack: RunningStack, name: string, old: number[]): Promise<number[]> {
  return await until(`endpoint ${name} serves by new stages`, async () => {
    try {
      const pids = await stagePids(stack, name);
      return pids.some((pid) => old.includes(pid)) ? undefined : pids;
    } catch (error) {
      // Between the death of a task and the next route: 424 or 503, and nothing else.
      const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
      if ([424, 503].includes($metadata?.httpStatusCode ?? 0)) return undefined;
      throw error;
    }
  });
}

test.concurrent('killed with SIGKILL and started again, it serves what it served, by new stages', async ({
  home,
}) => {
  const first = await runStack(home);
  await deploy(first, home.image, 'survivor');
  const orphans = await stagePids(first, 'survivor');
  await first.end('SIGKILL');
  const leftRunning = orphans.filter(isRunning);

  const second = await runStack(home);
  const { sagemaker } = clientsOf(second);
  const orphansAfterStart = orphans.filter(isRunning);
  const model = await sagemaker.send(new DescribeModelCommand({ ModelName: 'survivor' }));
  const config = await sagemaker.send(
    new DescribeEndpointConfigCommand({ EndpointConfigName: 'survivor' }),
  );
  const endpoint = await sagemaker.send(new DescribeEndpointCommand({ EndpointName: 'survivor' }));
  const pids = await newStagePids(second, 'survivor', orphans);

  // Else the test would prove nothing.
  expect(leftRunning).toEqual(orphans);
  expect(orphansAfterStart).toEqual([]);
  expect(model.Containers).toHaveLength(2);
  expect(config.ProductionVariants).toMatchObject([{ ModelName: 'survivor' }]);
  expect(endpoint.EndpointStatus).toBe('InService');
  expect(pids.every(isRunning)).toBe(true);
});

test.concurrent('killed while an endpoint is Creating and another is Deleting, it ends both after the next start', async ({
  home,
}) => {
  const first = await runStack(home);
  await deploy(first, home.image, 'leaving');
  const { sagemaker: before } = clientsOf(first);
  const slow = stage(home.image, { ANSWER: 'report', CONTENT_TYPE: 'application/json' });
  await createPipeline(before, 'coming', [slow, slow]);
  await before.send(new DeleteEndpointCommand({ EndpointName: 'leaving' }));
  await first.end('SIGKILL');

  const second = await runStack(home);
  const { sagemaker } = clientsOf(second);
  await inService(sagemaker, 'coming');
  await gone(sagemaker, 'leaving');
  const pids = await newStagePids(second, 'coming', []);

  expect(pids.every(isRunning)).toBe(true);
});

test.concurrent.for(['SIGTERM', 'SIGINT'] as const)(
  '%s ends every process, and the next start serves again',
  async (signal, { home }) => {
    const first = await runStack(home);
    await deploy(first, home.image, 'kept');
    const pids = await stagePids(first, 'kept');
    const running = processesWith(home.folder);

    const ended = await first.end(signal);
    const left = processesWith(home.folder);
    const second = await runStack(home);
    const next = await newStagePids(second, 'kept', pids);

    expect(running).toEqual(expect.arrayContaining(pids));
    expect(ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(left).toEqual([]);
    expect(next.every(isRunning)).toBe(true);
  },
);

test.concurrent.for([
  'HEADRACE_PORT',
  'HEADRACE_S3_PORT',
  'HEADRACE_DYNAMODB_PORT',
  'HEADRACE_ECS_PORT',
])('a port in use is one line that names %s', async (variable, { home }) => {
  const holder = createServer();
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve));
  const { port } = holder.address() as { port: number };

  const ended = await runToEnd(home, { [variable]: String(port) });
  const left = processesWith(home.folder);
  await new Promise((resolve) => holder.close(resolve));

  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^headrace: [^\n]+\n$/);
  expect(ended.stderr).toContain(`port ${port}`);
  expect(ended.stderr).toContain(variable);
  expect(left).toEqual([]);
});

test.concurrent('a second stack on the same data folder says so in one line, and harms the first in nothing', async ({
  home,
}) => {
  const stack = await runStack(home);
  await deploy(stack, home.image, 'mine');
  const pids = await stagePids(stack, 'mine');

  const ended = await runToEnd(home);
  const after = await stagePids(stack, 'mine');

  expect(ended).toMatchObject({ code: 1, stdout: '' });
  expect(ended.stderr).toMatch(/^headrace: [^\n]+\n$/);
  expect(ended.stderr).toContain(home.dataDir);
  expect(after).toEqual(pids);
});

test.concurrent('a stage that dies in service is replaced with its task, also when its model is deleted', async ({
  home,
}) => {
  const stack = await runStack(home);
  await deploy(stack, home.image, 'mortal');
  const { ecs, sagemaker } = clientsOf(stack);
  await sagemaker.send(new DeleteModelCommand({ ModelName: 'mortal' }));
  await sagemaker.send(new DeleteEndpointConfigCommand({ EndpointConfigName: 'mortal' }));
  const [first, last] = await stagePids(stack, 'mortal');

  process.kill(last!, 'SIGKILL');
  const next = await newStagePids(stack, 'mortal', [first!, last!]);
  await until('the task of the dead stage has ended', () => !isRunning(first!) || undefined);
  const { taskArns } = await until('one task is left', async () => {
    const tasks = await ecs.send(new ListTasksCommand({ cluster: 'headrace' }));
    return tasks.taskArns?.length === 1 ? tasks : undefined;
  });
  const { EndpointStatus } = await sagemaker.send(
    new DescribeEndpointCommand({ EndpointName: 'mortal' }),
  );

  expect(next).toHaveLength(2);
  expect(taskArns).toHaveLength(1);
  expect(EndpointStatus).toBe('InService');
});
