import { readdir, readFile } from 'node:fs/promises';

/** Microseconds of CPU that a process has used, all its threads together. Linux. */
export async function cpuMicros(pid: number): Promise<number> {
  let nanoseconds = 0;
  for (const thread of await readdir(`/proc/${pid}/task`)) {
    const line = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
    nanoseconds += Number(line.split(' ', 1)[0]);
  }
  return nanoseconds / 1000;
}

/** Most bytes of memory that the process has held at a time. */
export async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Lets the peak start again from what the process holds now. */
export async function resetPeak(pid: number): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}
