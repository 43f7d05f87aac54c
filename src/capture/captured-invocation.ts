/** A body on its way into a capture file. Its bytes are its own: nobody writes to them any more. */
export interface CapturedBody {
  /** Verbatim, as it was seen in the header; undefined when there was none. */
  readonly contentType: string | undefined;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Only its beginning was kept: it was longer than a body may be. */
  readonly isCut?: boolean;
}

/** What one stage answered: a body, or why there is none. */
export interface CapturedStage {
  readonly name: string;
  /** 0 when it did not answer. */
  readonly status: number;
  readonly output?: CapturedBody | undefined;
  readonly failure?: string | undefined;
}

/** One invocation, as the router saw it. It goes from one thread to another. */
export interface CapturedInvocation {
  /** The x-amzn-RequestId of its answer. */
  readonly eventId: string;
  readonly inferenceId: string | undefined;
  /** When it began: epoch ms. */
  readonly time: number;
  /** Bytes it takes in memory, about. */
  readonly size: number;
  readonly input?: CapturedBody | undefined;
  readonly output?: CapturedBody | undefined;
  readonly stages?: readonly CapturedStage[] | undefined;
}

/** A copy of `bytes` that lies alone in its memory, so that it can be given to another thread. */
export function ownBytes(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(bytes.length);
  copy.set(bytes);
  return copy;
}

function bodiesOf({ input, output, stages = [] }: CapturedInvocation): CapturedBody[] {
  return [input, output, ...stages.map((stage) => stage.output)].filter(
    (body) => body !== undefined,
  );
}

/** What changes hands when they go to another thread, each once: a body may stand in two places. */
export function buffersOf(invocations: readonly CapturedInvocation[]): ArrayBuffer[] {
  return [...new Set(invocations.flatMap(bodiesOf).map(({ bytes }) => bytes.buffer))];
}
