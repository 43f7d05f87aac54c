import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RunningStack {
  gateway: string;
  s3: string;
  ecs: string;
  stop(): Promise<void>;
}

/** `npm start` on free ports and a folder of its own, which goes when the stack stops. */
export async function runStack(): Promise<RunningStack> {
  const dataDir = await mkdtemp(join(tmpdir(), 'headrace-demo-'));
  const main = join(import.meta.dirname, '../../src/local/main.ts');
  const free = {
    HEADRACE_PORT: '0',
    HEADRACE_S3_PORT: '0',
    HEADRACE_DYNAMODB_PORT: '0',
    HEADRACE_ECS_PORT: '0',
  };
  const child = spawn(process.execPath, [main], {
    env: { ...process.env, ...free, HEADRACE_DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(dataDir, { recursive: true, force: true });
  };

  for await (const line of createInterface({ input: child.stdout })) {
    const ready = /^headrace ready (\S+) {2}s3 (\S+) .* ecs (\S+)/.exec(line);
    if (ready === null) continue;
    const [, gateway = '', s3 = '', ecs = ''] = ready;
    return { gateway, s3, ecs, stop };
  }
  await stop();
  throw new Error('The stack ended before it was ready. What it said stands above.');
}
