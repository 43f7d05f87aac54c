import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import type { OutputSink } from './runtime.ts';

/**
 * The child writes its own pid down before it becomes the program, so there is no moment in which a
 * program runs unrecorded, whenever this process is killed. The rename makes the record whole or absent;
 * when the folder is gone (a recovery moved it away) the program does not start. What the shell adds to
 * the environment is taken out again.
 */
const RECORD_THEN_EXEC =
  'echo $$ > "$0.tmp" && mv "$0.tmp" "$0" && unset PWD OLDPWD SHLVL && exec "$@"';

/** How long a stray holder of the output pipe may delay the end of a dead process. */
const DRAIN_MS = 1000;

export interface RecordedProcess {
  readonly pid: number;
  /** Settles when the process and its whole group are gone and its output was handed over. */
  readonly exited: Promise<number>;
  /** To the whole group. */
  signal(signal: NodeJS.Signals): void;
}

/**
 * Starts a program as the leader of its own process group, recorded in `pidFile` for as long as it runs.
 * Rejects when the shell cannot be started. A program that cannot be executed exits 126 or 127.
 */
export async function startRecorded(options: {
  pidFile: string;
  command: readonly string[];
  cwd: string;
  environment: Readonly<Record<string, string>>;
  onOutput?: OutputSink;
}): Promise<RecordedProcess> {
  const { command, cwd, environment, onOutput, pidFile } = options;
  const output = onOutput === undefined ? 'ignore' : 'pipe';
  const child = spawn('/bin/sh', ['-c', RECORD_THEN_EXEC, pidFile, ...command], {
    cwd,
    env: { ...environment },
    detached: true,
    stdio: ['ignore', output, output],
  });
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream]?.on('data', (chunk: Buffer) => onOutput?.(stream, chunk));
  }
  await once(child, 'spawn');
  const pid = child.pid;
  if (pid === undefined) throw new Error(`${command[0]} has no pid`);
  const exited = untilGone(child, pid).then((exitCode) => {
    rmSync(pidFile, { force: true });
    return exitCode;
  });
  return { pid, exited, signal: (signal) => signalGroup(pid, signal) };
}

function untilGone(child: ChildProcess, pid: number): Promise<number> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => {
      // Whatever the leader left behind in its group goes with it.
      signalGroup(pid, 'SIGKILL');
      const exitCode = code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
      const drained = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, DRAIN_MS);
      child.once('close', () => {
        clearTimeout(drained);
        resolve(exitCode);
      });
    });
  });
}

/** To every process of the group; nothing happens when none is left. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-leader, signal);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EPERM is macOS's answer for a group in which only zombies are left.
    if (code !== 'ESRCH' && code !== 'EPERM') throw error;
  }
}
