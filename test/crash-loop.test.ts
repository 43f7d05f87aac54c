import { expect, test } from 'vitest';
import { clientsOf } from './support/clients.ts';
import { createPipeline, inService, invoke, settled } from './support/pipelines.ts';
import { processesWith } from './support/processes.ts';
import { makeHome, runStack } from './support/run-stack.ts';
import { stage } from './support/stage.ts';

test('endpoints whose stages keep dying neither hold up another one nor the stop of the stack', async () => {
  const home = await makeHome();
  try {
    const stack = await runStack(home);
    const { sagemaker, runtime } = clientsOf(stack);
    const dies = stage(home.image, { EXIT_CODE: '3', EXIT_AFTER_MS: '600' });
    for (const name of ['loop-1', 'loop-2', 'loop-3', 'loop-4']) {
      await createPipeline(sagemaker, name, [stage(home.image), dies]);
      // InService, or Failed when the machine was slow: both are right.
      await settled(sagemaker, name);
    }

    await createPipeline(sagemaker, 'sound', [stage(home.image), stage(home.image)]);
    await inService(sagemaker, 'sound');
    const answer = await invoke(runtime, 'sound', 'x');
    const ended = await stack.end('SIGTERM');
    const left = processesWith(home.folder);

    expect(answer).toBe('x');
    expect(ended.code).toBe(0);
    expect(left).toEqual([]);
  } finally {
    await home.remove();
  }
}, 60_000);
