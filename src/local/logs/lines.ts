/** Longer lines are cut into pieces of this size, as the awslogs driver cuts at its own limit. */
export const LONGEST_LINE_BYTES = 64 * 1024;

/**
 * Turns chunks of output into lines, those of a chunk together. Holds at most one unfinished line of
 * LONGEST_LINE_BYTES.
 */
export class LineSplitter {
  readonly #onLines: (lines: string[]) => void;
  #rest: Buffer = Buffer.alloc(0);

  constructor(onLines: (lines: string[]) => void) {
    this.#onLines = onLines;
  }

  push(chunk: Buffer): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const lines: string[] = [];
    for (;;) {
      const newline = bytes.indexOf(0x0a);
      const end = newline === -1 ? bytes.length : newline;
      if (end > LONGEST_LINE_BYTES) {
        const cut = characterBoundary(bytes, LONGEST_LINE_BYTES);
        lines.push(bytes.toString('utf8', 0, cut));
        bytes = bytes.subarray(cut);
      } else if (newline === -1) {
        // Copied, so that a short rest does not keep a large chunk in memory.
        this.#rest = Buffer.from(bytes);
        break;
      } else {
        lines.push(bytes.toString('utf8', 0, newline));
        bytes = bytes.subarray(newline + 1);
      }
    }
    if (lines.length > 0) this.#onLines(lines);
  }

  /** The last line of a process that ended without a newline. */
  flush(): void {
    if (this.#rest.length > 0) this.#onLines([this.#rest.toString('utf8')]);
    this.#rest = Buffer.alloc(0);
  }
}

/** Never cuts within a UTF-8 character: its continuation bytes are 10xxxxxx. */
function characterBoundary(bytes: Buffer, at: number): number {
  let end = at;
  while (end > at - 4 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return end;
}
