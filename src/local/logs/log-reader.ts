import { existsSync, readFileSync } from 'node:fs';
import { OLD_SUFFIX } from './paths.ts';

export interface LogEvent {
  /** Milliseconds since the Unix epoch. */
  readonly timestamp: number;
  readonly message: string;
}

/** Every kept line of a stream, oldest first. At most two files of ROTATE_AT_BYTES. */
export function readEvents(file: string): LogEvent[] {
  const events: LogEvent[] = [];
  for (const path of [file + OLD_SUFFIX, file]) {
    if (!existsSync(path)) continue;
    for (const line of readFileSync(path, 'utf8').split('\n')) {
      const event = parseLine(line);
      if (event !== undefined) events.push(event);
    }
  }
  return events;
}

/** `undefined` for the torn line that a killed writer can leave. */
function parseLine(line: string): LogEvent | undefined {
  const space = line.indexOf(' ');
  const timestamp = Date.parse(line.slice(0, space));
  return space === -1 || Number.isNaN(timestamp)
    ? undefined
    : { timestamp, message: line.slice(space + 1) };
}

/**
 * A place between two events: after the first `count` events that carry `timestamp`. Unlike a file
 * offset it stays true when the file is rotated or the stand-in restarts.
 */
export interface Position {
  readonly timestamp: number;
  readonly count: number;
}

/** The index in `events` (ordered by time) that `position` points at. */
export function indexOf(events: readonly LogEvent[], position: Position): number {
  const first = events.findIndex((event) => event.timestamp >= position.timestamp);
  if (first === -1) return events.length;
  let index = first;
  while (
    index < events.length &&
    index - first < position.count &&
    events[index]?.timestamp === position.timestamp
  ) {
    index += 1;
  }
  return index;
}

/** The position that points at `index` of `events`. */
export function positionAt(events: readonly LogEvent[], index: number): Position {
  const last = events[index - 1];
  if (last === undefined) return { timestamp: 0, count: 0 };
  const first = events.findIndex((event) => event.timestamp === last.timestamp);
  return { timestamp: last.timestamp, count: index - first };
}
