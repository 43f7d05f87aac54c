import type { Capture } from '../capture/capture.ts';
import {
  type CapturedBody,
  type CapturedInvocation,
  type CapturedStage,
  ownBytes,
} from '../capture/captured-invocation.ts';
import type { RequestHead } from './http1/request-head.ts';
import type { StageReply } from './stage-client/index.ts';
import { describeFailure } from './stage-failure.ts';

/** What an invocation takes in memory beside its bodies, about. */
const OVERHEAD_BYTES = 512;
const NOTHING = new Uint8Array(0);

type Output = Pick<CapturedBody, 'contentType'> & { readonly body: Uint8Array };

/**
 * One sampled invocation while it runs, for data capture. It copies what it keeps, since the router puts
 * one body into the place of another, and sets memory aside for every copy. When there is none left, the
 * invocation is answered all the same, and missed by the capture.
 */
export class Recording {
  readonly #capture: Capture;
  readonly #invocation: Pick<CapturedInvocation, 'eventId' | 'inferenceId' | 'time' | 'input'>;
  readonly #stages: CapturedStage[] | undefined;
  readonly #maxBytes: number;
  readonly #chunks: Uint8Array[] = [];
  #chunkBytes = 0;
  #isCut = false;
  #heldBytes = 0;
  #isMissed = false;

  /** @param maxBytes of an output that streams: what comes after them is not kept */
  constructor(
    { fields }: RequestHead,
    body: Buffer,
    eventId: string,
    capture: Capture,
    maxBytes: number,
  ) {
    this.#capture = capture;
    this.#maxBytes = maxBytes;
    const { settings } = capture;
    this.#hold(OVERHEAD_BYTES);
    const contentType = fields.get('content-type');
    this.#invocation = {
      eventId,
      inferenceId: fields.get('x-amzn-sagemaker-inference-id'),
      time: Date.now(),
      input: settings.input ? this.#keep({ contentType, body }) : undefined,
    };
    this.#stages = settings.stages ? [] : undefined;
  }

  /** What a stage answered. Of an answer that streams the chunks come by themselves. */
  readonly reply = (name: string, { answer, failure }: StageReply): void => {
    if (this.#stages === undefined) return;
    if (failure !== undefined) {
      const status = 'status' in failure ? failure.status : 0;
      const said = failure.kind === 'answered' ? Buffer.from(failure.message) : undefined;
      const output = said && this.#keep({ contentType: undefined, body: said });
      this.#stages.push({ name, status, failure: describeFailure(failure), output });
    } else {
      const { status, contentType, body } = answer;
      const isStreamed = answer.bytes > body.length;
      const output = isStreamed ? undefined : this.#keep({ contentType, body });
      this.#stages.push({ name, status, output });
    }
  };

  chunk(bytes: Uint8Array): void {
    if (!this.#capture.settings.output || this.#isCut) return;
    const room = this.#maxBytes - this.#chunkBytes;
    this.#isCut = bytes.length > room;
    const kept = this.#copy(bytes.subarray(0, room));
    this.#chunks.push(kept);
    this.#chunkBytes += kept.length;
  }

  answered(output: Output): void {
    // What the last stage answered is the answer: where stages are kept, it is kept already.
    const kept = () => this.#stages?.at(-1)?.output ?? this.#keep(output);
    this.#end(this.#capture.settings.output ? kept() : undefined);
  }

  /** The stream has ended. When it was broken off, what had come is marked as cut. */
  streamed(contentType: string | undefined, isWhole: boolean): void {
    const bytes = new Uint8Array(this.#chunkBytes);
    let position = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, position);
      position += chunk.length;
    }
    const output = { contentType, bytes, isCut: this.#isCut || !isWhole };
    this.#end(this.#capture.settings.output ? output : undefined);
  }

  /** An invocation that failed is captured for the sake of its stages, where they are. */
  failed(): void {
    if (this.#stages !== undefined) this.#end(undefined);
    else this.#release();
  }

  #end(output: CapturedBody | undefined): void {
    if (this.#isMissed) {
      this.#capture.missed();
    } else {
      const size = this.#heldBytes;
      this.#capture.take({ ...this.#invocation, size, output, stages: this.#stages });
    }
  }

  #keep({ contentType, body }: Output): CapturedBody {
    return { contentType, bytes: this.#copy(body) };
  }

  #copy(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
    return this.#hold(bytes.length) ? ownBytes(bytes) : NOTHING;
  }

  #hold(bytes: number): boolean {
    if (this.#isMissed) return false;
    if (this.#capture.hold(bytes)) {
      this.#heldBytes += bytes;
      return true;
    }
    this.#isMissed = true;
    this.#release();
    return false;
  }

  /** What was kept so far is of no use. */
  #release(): void {
    this.#capture.release(this.#heldBytes);
    this.#heldBytes = 0;
    this.#chunks.length = 0;
  }
}
