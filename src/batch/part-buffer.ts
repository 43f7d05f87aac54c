const FIRST_BYTES = 65_536;
/** Room behind a full part, for the answer that fills it. */
const SPARE_BYTES = 1_048_576;

/**
 * The bytes of a part, put together in memory that is used again: what is copied can be let go at
 * once, which a list of pieces could not. It takes no more memory than a small output needs.
 */
export class PartBuffer {
  readonly #most: number;
  #memory: Buffer = Buffer.alloc(0);
  #length = 0;

  /** @param bytes about what a part has */
  constructor(bytes: number) {
    this.#most = bytes + SPARE_BYTES;
  }

  get length(): number {
    return this.#length;
  }

  /** Copies `bytes`. */
  add(bytes: Buffer): void {
    const length = this.#length + bytes.length;
    if (length > this.#memory.length) this.#grow(length);
    this.#memory.set(bytes, this.#length);
    this.#length = length;
  }

  /** A view of what was added: good until the next call of `add`. */
  bytes(): Buffer {
    return this.#memory.subarray(0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }

  #grow(length: number): void {
    const twice = Math.min(2 * this.#memory.length, this.#most);
    const larger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, twice, length));
    larger.set(this.bytes());
    this.#memory = larger;
  }
}
