import type { Table, Unwritten } from '../aws/table.ts';
import type { InputObject } from './list-input.ts';
import { ObjectFailure, Superseded } from './object-failure.ts';
import type { OutputUpload } from './output-upload.ts';
import { PartBuffer } from './part-buffer.ts';
import { givenUp, type ObjectItem, type Part } from './work-items.ts';

const PART_BYTES = 8 * 1024 * 1024;
/** The laptop's S3 takes none above 11 MiB; half of it is still above S3's least, 5 MiB. */
const LARGEST_PART = 10 * 1024 * 1024;
/** S3 takes twice as many, yet a DynamoDB item does not hold their ETags. */
const MOST_PARTS = 5_000;
/** More parts than one worker ever has on their way: see `#nextNumber`. */
const NUMBERS_APART = 64;

/** Where the records behind what was written go on. */
export interface Position {
  offset: number;
  record: number;
  recordsFailed: number;
}

export interface ObjectOutputOptions {
  table: Table;
  upload: OutputUpload;
  object: InputObject;
  /** What an earlier worker left, taken over; or an item that was never written. */
  item: ObjectItem | Unwritten<ObjectItem>;
  contentType: string | undefined;
  /** Something new was made safe. */
  onStep: () => void;
}

/**
 * The output of one object, as it grows. Its order of steps is the promise that it is written once:
 *
 *     upload part ─► write item {parts, position} ─► … ─► write item {claimed} ─► complete upload
 *
 * Each write of the item is conditional on the last one. A worker that was taken for dead, and lives,
 * fails at its next write; only the upload that a claimed item names is ever completed, whoever does
 * it, and completing it twice changes nothing.
 */
export class ObjectOutput {
  readonly #options: ObjectOutputOptions;
  #item: ObjectItem | Unwritten<ObjectItem>;
  /** What was written, and what is on its way, in turn. */
  #filling = new PartBuffer(PART_BYTES);
  #spare = new PartBuffer(PART_BYTES);
  #position: Position;
  #sending: Promise<void> = Promise.resolve();
  #nextNumber: number;

  constructor(options: ObjectOutputOptions) {
    const { item } = options;
    this.#options = options;
    this.#item = item;
    this.#position = item;
    // A worker before us may still send parts that it never wrote down. They must not become ours.
    const last = item.parts.at(-1)?.number;
    this.#nextNumber = last === undefined ? 1 : last + NUMBERS_APART;
  }

  /** What was written is safe up to here. */
  get item() {
    return this.#item;
  }

  /** Takes the output of whole records; `position` is where the input goes on behind them. */
  async write(bytes: Buffer, position: Position): Promise<void> {
    this.#filling.add(bytes);
    this.#position = position;
    if (this.#filling.length < PART_BYTES) return;
    await this.#sending;
    this.#sending = this.#send(this.#takeBytes(), position);
    // Awaited with the next part, or at the end; until then it must not count as unhandled.
    this.#sending.catch(() => undefined);
  }

  /** Makes the output appear. @throws Superseded when another worker has the object */
  async finish(): Promise<void> {
    const { upload } = this.#options;
    await this.#sending;
    const body = this.#takeBytes();
    const parts = [...this.#item.parts];
    const isNew = this.#item.uploadId === '';
    const uploadId = await this.#uploadId();
    try {
      if (body.length > 0 || parts.length === 0) {
        parts.push(...(await this.#uploadAll(uploadId, body)));
      }
      await this.#put({ ...this.#item, ...this.#position, uploadId, parts, state: 'claimed' });
    } catch (error) {
      if (isNew) await upload.abort(uploadId);
      throw error;
    }
    await this.#complete(parts);
  }

  /** Completes what an earlier worker claimed. @returns false when there is nothing to complete */
  async finishClaimed(): Promise<boolean> {
    const { uploadId, parts, mark } = this.#item;
    return await this.#options.upload.complete(uploadId, parts, mark);
  }

  /** Forgets what was written: of what is streamed, nothing is safe before its end. */
  async restart(): Promise<void> {
    // Whatever became of the last part, its upload is given up.
    await this.#sending.catch(() => undefined);
    this.#takeBytes();
    this.#nextNumber = 1;
    const { uploadId } = this.#item;
    if (uploadId === '') return;
    await this.#put({ ...this.#item, uploadId: '', parts: [] });
    await this.#options.upload.abort(uploadId);
  }

  /** No output will appear. */
  async fail(failure: string): Promise<void> {
    await this.#sending.catch(() => undefined);
    const { uploadId } = this.#item;
    await this.#put(givenUp({ ...this.#item, ...this.#position }, failure));
    if (uploadId !== '') await this.#options.upload.abort(uploadId);
  }

  async #complete(parts: Part[]): Promise<void> {
    const { uploadId, mark } = this.#item;
    if (await this.#options.upload.complete(uploadId, parts, mark)) return;
    throw new ObjectFailure('its upload was aborted from outside before it was complete');
  }

  async #send(body: Buffer, position: Position): Promise<void> {
    const isNew = this.#item.uploadId === '';
    const uploadId = await this.#uploadId();
    try {
      const parts = [...this.#item.parts, ...(await this.#uploadAll(uploadId, body))];
      await this.#put({ ...this.#item, ...position, uploadId, parts });
    } catch (error) {
      // Nobody else knows of an upload that is in no item.
      if (isNew) await this.#options.upload.abort(uploadId);
      throw error;
    }
  }

  async #uploadId(): Promise<string> {
    const { upload, contentType } = this.#options;
    const { uploadId, mark } = this.#item;
    return uploadId === '' ? await upload.begin(mark, contentType) : uploadId;
  }

  async #uploadAll(uploadId: string, body: Buffer): Promise<Part[]> {
    const parts: Part[] = [];
    for (const piece of equalPieces(body)) {
      if (this.#nextNumber > MOST_PARTS) {
        throw new ObjectFailure(
          `its output is larger than ${MOST_PARTS} parts of ${PART_BYTES} bytes; cut the object into several`,
        );
      }
      parts.push(await this.#options.upload.part(uploadId, this.#nextNumber, piece));
      this.#nextNumber += 1;
    }
    return parts;
  }

  async #put(next: ObjectItem | Unwritten<ObjectItem>): Promise<void> {
    const { table, object, onStep } = this.#options;
    const written = await writeItem(table, this.#item, next);
    if (written === undefined) throw new Superseded(`another worker has ${object.key}`);
    const isStep = written.state !== 'open' || written.offset > this.#item.offset;
    this.#item = written;
    if (isStep) onStep();
  }

  /** What was written since the last part. It is there until the next one is taken. */
  #takeBytes(): Buffer {
    const taken = this.#filling;
    this.#filling = this.#spare;
    this.#spare = taken;
    this.#filling.clear();
    return taken.bytes();
  }
}

/** Parts of one size, none below S3's least unless all of it is. */
function equalPieces(body: Buffer): Buffer[] {
  const count = Math.max(1, Math.ceil(body.length / LARGEST_PART));
  const size = Math.ceil(body.length / count);
  return Array.from({ length: count }, (_, position) =>
    body.subarray(position * size, (position + 1) * size),
  );
}

/** Writes `next` in the place of `read`; undefined when that is no longer what is there. */
async function writeItem(
  table: Table,
  read: ObjectItem | Unwritten<ObjectItem>,
  next: ObjectItem | Unwritten<ObjectItem>,
): Promise<ObjectItem | undefined> {
  const isWritten = 'revision' in read;
  const ok = isWritten
    ? await table.replace<ObjectItem>(read, next)
    : await table.create<ObjectItem>(next);
  if (!ok) return undefined;
  return { ...next, revision: isWritten ? read.revision + 1 : 1, written: '' };
}
