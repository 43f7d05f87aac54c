import { type ChildProcess, fork, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { LoadOrder, LoadReport } from './load.ts';

const children = new Set<ChildProcess>();

/** Runs a file of this folder and waits for its first message. */
export async function start<T>(
  file: string,
  args: readonly (string | number)[] = [],
): Promise<{ pid: number; child: ChildProcess; said: T }> {
  const child = fork(join(import.meta.dirname, file), args.map(String));
  const said = await message<T>(child, file);
  return { pid: pidOf(child), child, said };
}

/** Runs a command that answers HTTP on `port` once it is up. */
export async function startServer(
  [command, ...args]: readonly [string, ...string[]],
  options: { cwd?: string; env?: Record<string, string> } = {},
): Promise<{ pid: number; child: ChildProcess }> {
  const env = { PATH: process.env.PATH ?? '', ...options.env };
  const child = spawn(command, args, { ...options, env, stdio: ['ignore', 'ignore', 'inherit'] });
  children.add(child);
  child.once('exit', () => children.delete(child));
  return { pid: pidOf(child), child };
}

/** The process that sends the load. */
export function startLoad(): { send(order: LoadOrder): Promise<LoadReport> } {
  const child = fork(join(import.meta.dirname, 'load.ts'));
  children.add(child);
  return {
    send(order) {
      const report = message<LoadReport>(child, 'load.ts');
      child.send(order);
      return report;
    },
  };
}

export async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  else return;
  await ended;
}

export async function stopAll(): Promise<void> {
  await Promise.all([...children].map(stop));
}

function message<T>(child: ChildProcess, name: string): Promise<T> {
  children.add(child);
  return new Promise((resolve, reject) => {
    const exited = (code: number | null) => reject(new Error(`${name} ended with ${code}.`));
    child.once('exit', exited);
    child.once('message', (said) => {
      child.off('exit', exited);
      resolve(said as T);
    });
  });
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('A process did not start.');
  return pid;
}
