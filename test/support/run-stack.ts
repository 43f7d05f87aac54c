import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { processesWith } from './processes.ts';
import { writeImage } from './stage.ts';
import { until } from './until.ts';

const MAIN = join(import.meta.dirname, '../../src/local/main.ts');
const FREE_PORTS = {
  HEADRACE_PORT: '0',
  HEADRACE_S3_PORT: '0',
  HEADRACE_DYNAMODB_PORT: '0',
  HEADRACE_ECS_PORT: '0',
};
const STOP_MS = 15_000;

/** How a process ended, and what it said. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A folder for a stack, or several in turn: the data, and an image for stages. */
export interface Home {
  folder: string;
  dataDir: string;
  image: string;
  /** Every stack that was started on it. */
  started: ChildProcess[];
  /** Ends by SIGKILL what still runs of it, stacks first, and removes it. */
  remove(): Promise<void>;
}

export async function makeHome(): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
  const image = await writeImage(folder);
  const started: ChildProcess[] = [];
  const remove = async () => {
    for (const child of started) child.kill('SIGKILL');
    for (const pid of processesWith(folder)) kill(pid);
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  return { folder, dataDir: join(folder, 'data'), image, started, remove };
}

export interface RunningStack {
  gateway: string;
  s3: string;
  dynamodb: string;
  ecs: string;
  logs: string;
  pid: number;
  /** Sends it, if it still runs, and waits for the end. @throws after 15 s, having killed it */
  end(signal: NodeJS.Signals): Promise<Ended>;
}

/**
 * `node src/local/main.ts` on free ports, as `npm start` runs it, until it can serve.
 * @param environment on top of this process's
 * @throws with what it said when it ends before
 */
export async function runStack(
  home: Home,
  environment: Record<string, string> = {},
): Promise<RunningStack> {
  const { child, ended, said } = spawnStack(home, environment);
  const early = ended.then(({ stdout, stderr }) => {
    throw new Error(`The stack ended before it was ready.\n${stdout}${stderr}`);
  });
  const line = until('headrace ready', () => READY.exec(said.stdout) ?? undefined);
  try {
    const [, gateway = '', s3 = '', dynamodb = '', ecs = '', logs = ''] = await Promise.race([
      line,
      early,
    ]);
    const end = (signal: NodeJS.Signals) => endProcess(child, ended, signal);
    early.catch(() => undefined);
    return { gateway, s3, dynamodb, ecs, logs, pid: child.pid!, end };
  } catch (error) {
    line.catch(() => undefined);
    child.kill('SIGKILL');
    throw error;
  }
}

/** A start that is to fail: how it ends. @throws when it does not end within 15 s */
export async function runToEnd(
  home: Home,
  environment: Record<string, string> = {},
): Promise<Ended> {
  const { child, ended } = spawnStack(home, environment);
  return await orKill(child, ended, 'The stack did not end by itself.');
}

const READY =
  /^headrace ready (http:\S+) {2}s3 (http:\S+) {2}dynamodb (http:\S+) {2}ecs (http:\S+) {2}logs (\S+)$/m;

function spawnStack({ dataDir, started }: Home, environment: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, ...FREE_PORTS, HEADRACE_DATA_DIR: dataDir, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      said[stream] += text;
    });
  }
  const ended = new Promise<Ended>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, ...said }));
  });
  return { child, ended, said };
}

async function endProcess(child: ChildProcess, ended: Promise<Ended>, signal: NodeJS.Signals) {
  child.kill(signal);
  return await orKill(child, ended, `The stack did not end on ${signal}.`);
}

async function orKill(child: ChildProcess, ended: Promise<Ended>, complaint: string) {
  const tooLate = new AbortController();
  const late = sleep(STOP_MS, undefined, { signal: tooLate.signal }).catch(() => undefined);
  const result = await Promise.race([ended, late]);
  tooLate.abort();
  if (result !== undefined) return result;
  child.kill('SIGKILL');
  const { stdout, stderr } = await ended;
  throw new Error(`${complaint}\n${stdout}${stderr}`);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
