import { execFileSync } from 'node:child_process';
import { existsSync, globSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { signalGroup } from './recorded-process.ts';

/** How far the start of a process may lie from the time its pid file was written. */
const SAME_START_MS = 3000;
/** Every Linux that Node runs on counts process times in 1/100 s for user space. */
const TICKS_PER_SECOND = 100;
const GONE_WITHIN_MS = 5000;
const POLL_MS = 20;

export const PID_FILE_SUFFIX = '.pid';

/** `<life>/<task>/<container>/<process>.pid`, and no deeper: a model's own files are no records. */
const RECORDS = `*/*/*/*${PID_FILE_SUFFIX}`;

interface ProcessInfo {
  readonly pid: number;
  readonly group: number;
  readonly zombie: boolean;
}

/**
 * Kills every process group that is recorded under `folder` and still the one that was recorded.
 * Waits until its members are gone; rejects when they are not after a few seconds.
 */
export async function killOrphans(folder: string): Promise<void> {
  const groups = globSync(RECORDS, { cwd: folder })
    .map((name) => join(folder, name))
    .filter(isStillOurs)
    .map(readPid);
  for (const group of groups) signalGroup(group, 'SIGKILL');
  const deadline = Date.now() + GONE_WITHIN_MS;
  for (const group of groups) {
    while (membersOf(group).length > 0) {
      if (Date.now() > deadline) {
        throw new Error(`process group ${group} of an earlier life does not end: kill it by hand`);
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}

function readPid(pidFile: string): number {
  return Number(readFileSync(pidFile, 'utf8'));
}

/** Pids are used again: a group is ours when its leader started as the file was written. */
function isStillOurs(pidFile: string): boolean {
  const pid = readPid(pidFile);
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  const recordedAt = statSync(pidFile).mtimeMs;
  const startedAt = startTimeOf(pid);
  if (startedAt !== undefined) return Math.abs(startedAt - recordedAt) <= SAME_START_MS;
  // While a group has members, its number is not given to anybody else, until the machine restarts.
  const bootedAt = Date.now() - uptime() * 1000;
  return recordedAt > bootedAt && membersOf(pid).length > 0;
}

/** Milliseconds since the epoch, or `undefined` when there is no such process. */
function startTimeOf(pid: number): number | undefined {
  if (!existsSync('/proc/self/stat')) return startTimeFromPs(pid);
  const fields = readStat(pid);
  const bootSeconds = /^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  // Field 22 of the file; `fields` begins at the third.
  const ticks = fields?.[19];
  if (ticks === undefined || bootSeconds === undefined) return undefined;
  return Number(bootSeconds) * 1000 + (Number(ticks) / TICKS_PER_SECOND) * 1000;
}

function startTimeFromPs(pid: number): number | undefined {
  const text = ps(['-o', 'lstart=', '-p', String(pid)]).trim();
  return text === '' ? undefined : Date.parse(text);
}

/** The processes of a group that really run: a zombie only waits for its parent to look. */
export function membersOf(group: number): number[] {
  return processes()
    .filter((one) => one.group === group && !one.zombie)
    .map((one) => one.pid);
}

function processes(): ProcessInfo[] {
  if (!existsSync('/proc/self/stat')) return processesFromPs();
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const fields = readStat(Number(name));
      if (fields === undefined) return [];
      return [{ pid: Number(name), group: Number(fields[2]), zombie: fields[0] === 'Z' }];
    });
}

function processesFromPs(): ProcessInfo[] {
  return ps(['-A', '-o', 'pid=,pgid=,stat='])
    .split('\n')
    .flatMap((line) => {
      const [pid, group, stat] = line.trim().split(/\s+/);
      if (pid === undefined || stat === undefined) return [];
      return [{ pid: Number(pid), group: Number(group), zombie: stat.startsWith('Z') }];
    });
}

/** The fields of /proc/<pid>/stat from the third on; the second, the name, may hold spaces. */
function readStat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).split(' ');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH') return undefined;
    throw error;
  }
}

function ps(options: readonly string[]): string {
  try {
    return execFileSync('ps', options, {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch (error) {
    // ps exits 1 when no process matches.
    if ((error as { status?: number }).status === 1) return '';
    throw error;
  }
}
