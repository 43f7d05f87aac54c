import { execFileSync } from 'node:child_process';

/**
 * The processes that have `text` in their command line: those of a stack, when it is the name of the
 * folder in which its images and its data lie.
 */
export function processesWith(text: string): number[] {
  return runningProcesses().flatMap(({ pid, command }) => (command.includes(text) ? [pid] : []));
}

/** A zombie, which only waits for its parent to look, does not run. */
export function isRunning(pid: number): boolean {
  return runningProcesses().some((one) => one.pid === pid);
}

function runningProcesses(): { pid: number; command: string }[] {
  const list = execFileSync('ps', ['-A', '-ww', '-o', 'pid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 10_000,
  });
  return list.split('\n').flatMap((line) => {
    const [, pid, stat = '', command = ''] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return pid === undefined || stat.startsWith('Z') ? [] : [{ pid: Number(pid), command }];
  });
}
