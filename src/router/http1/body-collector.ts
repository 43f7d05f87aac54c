const FIRST_BYTES = 4_096;
/** More than that is not set aside on the word of who sends: it has to come first. */
const MAX_EXPECTED_BYTES = 8_388_608;

const EMPTY = Buffer.alloc(0);

/** Puts a body together that comes in pieces, in one buffer that is written once where it can be. */
export class BodyCollector {
  #buffer: Buffer = EMPTY;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** The body will be `bytes` long. */
  expect(bytes: number): void {
    this.#buffer = Buffer.allocUnsafe(Math.min(bytes, MAX_EXPECTED_BYTES));
  }

  /** The body goes into `buffer`, whose content nobody needs any more. */
  reuse(buffer: Buffer): void {
    this.#buffer = buffer;
  }

  /** Copies `bytes`. */
  add(bytes: Uint8Array): void {
    const length = this.#length + bytes.length;
    if (length > this.#buffer.length) this.#grow(length);
    this.#buffer.set(bytes, this.#length);
    this.#length = length;
  }

  /** What is left of the buffer, to be written to directly. */
  space(): Buffer {
    return this.#buffer.subarray(this.#length);
  }

  /** `count` bytes were written to {@link space}. */
  filled(count: number): void {
    this.#length += count;
  }

  /** The body so far. */
  body(): Buffer {
    const isFull = this.#length === this.#buffer.length;
    return isFull ? this.#buffer : this.#buffer.subarray(0, this.#length);
  }

  #grow(length: number): void {
    const larger = Buffer.allocUnsafe(Math.max(FIRST_BYTES, length, 2 * this.#buffer.length));
    larger.set(this.body());
    this.#buffer = larger;
  }
}
