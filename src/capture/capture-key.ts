/** The hour a capture file belongs to: `yyyy/mm/dd/hh`, UTC. */
export function hourOf(time: number): string {
  return new Date(time).toISOString().slice(0, 13).replaceAll(/[-T]/g, '/');
}

export interface CapturePlace {
  /** Empty, or ending in `/`. */
  readonly prefix: string;
  readonly endpoint: string;
  readonly variant: string;
}

/**
 * `<prefix><endpoint>/<variant>/yyyy/mm/dd/hh/<mm-ss-SSS>-<id>.jsonl` (reference section 3.5).
 * @param time of the first invocation in the file: epoch ms
 */
export function captureKey({ prefix, endpoint, variant }: CapturePlace, time: number, id: string) {
  const withinHour = new Date(time).toISOString().slice(14, 23).replaceAll(/[:.]/g, '-');
  return `${prefix}${endpoint}/${variant}/${hourOf(time)}/${withinHour}-${id}.jsonl`;
}
