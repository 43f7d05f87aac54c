import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';

const readyWithin = 10_000;

export type StageProcess = {
  url: string;
  /** Sends SIGTERM, and resolves to the exit code once the process is gone. */
  stop: () => Promise<number | null>;
};

/** Starts stages/<name> the way a task does, on a free port of loopback, and waits until it answers /ping. */
export async function startStage(name: string, modelFolder: string): Promise<StageProcess> {
  const port = await freePort();
  const child = spawn('./serve', ['serve'], {
    cwd: join(import.meta.dirname, 'stages', name),
    env: {
      PATH: process.env.PATH,
      SAGEMAKER_BIND_TO_PORT: String(port),
      SM_MODEL_DIR: modelFolder,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const log = buffer(child.stderr);
  const exit = once(child, 'exit').then(([code]): number | null => code);
  const stop = () => {
    child.kill('SIGTERM');
    return exit;
  };
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + readyWithin;
  while (!(await answersPing(url))) {
    if (child.exitCode !== null) throw new Error(`${name} ended early: ${await log}`);
    if (Date.now() > deadline) {
      await stop();
      throw new Error(`${name} did not answer /ping within ${readyWithin} ms: ${await log}`);
    }
    await sleep(20);
  }
  return { url, stop };
}

/** Unpacks a model.tar.gz into `folder`, as the loader of a task does. */
export async function unpackModel(archive: Buffer, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const tar = extract();
  tar.end(gunzipSync(archive));
  for await (const entry of tar) {
    await writeFile(join(folder, entry.header.name), await buffer(entry));
  }
}

async function answersPing(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/ping`)).status === 200;
  } catch {
    return false; // refused: not listening yet
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port to be had');
  server.close();
  await once(server, 'close');
  return address.port;
}
