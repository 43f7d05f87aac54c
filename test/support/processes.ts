import { execFileSync } from 'node:child_process';

/**
 * The processes that have `text` in their command line: those of a stack, when it is the name of the
 * folder in which its images and its data lie.
 */
export function processesWith(text: string): number[] {
  const list = execFileSync('ps', ['-A', '-o', 'pid=,stat=,args='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    timeout: 10_000,
  });
  return list.split('\n').flatMap((line) => {
    const [pid, stat] = line.trim().split(/\s+/);
    const isRunning = line.includes(text) && !stat?.startsWith('Z');
    return isRunning ? [Number(pid)] : [];
  });
}

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}
