import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import type { BatchStage } from './config.ts';
import { FreezeWatch, readTables } from './frozen-connection.ts';
import { InvocationError } from './invocation-error.ts';

const CONNECT_MS = 5_000;
const LONGEST_SAID = 2_048;
const LOOK_EVERY_MS = 5_000;
const ATTRIBUTES_HEADER = 'x-amzn-sagemaker-custom-attributes';

export interface StreamChainOptions {
  stages: readonly BatchStage[];
  /** For the first stage. */
  contentType: string | undefined;
  /** For the last one. */
  accept: string | undefined;
  /** For the whole way, from the first byte sent to the last one answered. */
  timeoutMs: number;
  signal: AbortSignal;
}

export interface StreamedAnswer {
  contentType: string | undefined;
  /** Throws what {@link streamChain} throws. */
  body: AsyncIterable<Buffer>;
}

/**
 * One request of any size through all stages, of which nothing is held: each stage's answer is the
 * next one's request while it comes, and a stage that reads slowly slows down all before it. The rules
 * of the chain are the router's (reference section 4.6); the router itself holds bodies, to a bound.
 * @param take has the answer; when it returns, or throws, every connection is closed
 * @throws InvocationError that names the first stage which failed; or what `input` threw
 */
export async function streamChain<T>(
  input: AsyncIterable<Buffer>,
  { stages, contentType, accept, timeoutMs, signal }: StreamChainOptions,
  take: (answer: StreamedAnswer) => Promise<T>,
): Promise<T> {
  const agent = new Agent({
    connect: { timeout: CONNECT_MS },
    // A stage may read for an hour before it says a word. One deadline bounds it all.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const stop = new AbortController();
  const hops = stages.map((stage) => ({ stage, isOver: false }));
  let fault: { error: unknown } | undefined;

  /** When one hop breaks, so do its neighbours: the first one is the cause. */
  const blame = (error: unknown): unknown => {
    fault ??= { error };
    stop.abort(fault.error);
    return fault.error;
  };
  const deadline = setTimeout(() => {
    const said = `no end of its answer within ${timeoutMs / 1000} s`;
    const stage = hops.find(({ isOver }) => !isOver)?.stage.name;
    blame(new InvocationError({ stage, status: 0, said, isLate: true }));
  }, timeoutMs);
  const watch = new FreezeWatch(stages.map(({ port }) => port));
  const looking = setInterval(async () => {
    const port = watch.look(await readTables());
    const stage = stages.find((one) => one.port === port)?.name;
    const said = 'its connection stands still; a stage should go on reading while it writes';
    if (stage !== undefined) blame(new InvocationError({ stage, status: 0, said }));
  }, LOOK_EVERY_MS);
  const leave = () => blame(signal.reason);
  signal.addEventListener('abort', leave, { once: true });

  try {
    let answer: StreamedAnswer = { contentType, body: watched(input, blame) };
    let attributes: string | undefined;
    for (const hop of hops) {
      const { name, port } = hop.stage;
      const headers = {
        ...(answer.contentType !== undefined && { 'content-type': answer.contentType }),
        ...(attributes !== undefined && { [ATTRIBUTES_HEADER]: attributes }),
        ...(hop === hops.at(-1) && accept !== undefined && { accept }),
      };
      const sent = counted(answer.body);
      const noAnswer = (said: string) =>
        blame(new InvocationError({ stage: name, status: 0, said }));
      const reply = await request(`http://127.0.0.1:${port}/invocations`, {
        method: 'POST',
        headers,
        body: Readable.from(sent.body, { objectMode: false }),
        dispatcher: agent,
        signal: stop.signal,
      }).catch((error: unknown) => {
        throw noAnswer(text(error));
      });
      if (reply.statusCode < 200 || reply.statusCode > 299) {
        const said = await startOf(reply.body);
        throw blame(new InvocationError({ stage: name, status: reply.statusCode, said }));
      }
      const body = answered(reply.body, {
        broken: noAnswer,
        ended: () => {
          hop.isOver = true;
          // An input that was skipped must not go without a word.
          if (!sent.isRead()) throw noAnswer('its answer ended before all of its request was read');
        },
      });
      attributes = header(reply.headers, ATTRIBUTES_HEADER) ?? attributes;
      answer = { contentType: header(reply.headers, 'content-type'), body };
    }
    return await take(answer);
  } catch (error) {
    throw blame(error);
  } finally {
    clearTimeout(deadline);
    clearInterval(looking);
    signal.removeEventListener('abort', leave);
    await agent.destroy();
  }
}

async function* watched(
  input: AsyncIterable<Buffer>,
  blame: (error: unknown) => unknown,
): AsyncGenerator<Buffer> {
  try {
    yield* input;
  } catch (error) {
    throw blame(error);
  }
}

/** The same bytes, and whether they were taken to their end. */
function counted(input: AsyncIterable<Buffer>) {
  let isRead = false;
  async function* body(): AsyncGenerator<Buffer> {
    yield* input;
    isRead = true;
  }
  return { body: closedOnly(body()), isRead: () => isRead };
}

/** A stream that is destroyed throws its error into what it reads, where it would pass for its own. */
function closedOnly(generator: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  const close = () => generator.return(undefined);
  return {
    [Symbol.asyncIterator]: () => ({ next: () => generator.next(), return: close }),
  };
}

async function* answered(
  body: AsyncIterable<Buffer>,
  { broken, ended }: { broken: (said: string) => unknown; ended: () => void },
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw broken(`its answer broke off: ${text(error)}`);
  }
  ended();
}

/** The start of what a stage says of its refusal. */
async function startOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).length;
      if (bytes >= LONGEST_SAID) break;
    }
  } catch (error) {
    // It closed the connection behind its status: what it said until then will do.
    chunks.push(Buffer.from(chunks.length === 0 ? text(error) : ''));
  }
  return Buffer.concat(chunks).toString('utf8', 0, LONGEST_SAID);
}

function header(headers: Dispatcher.ResponseData['headers'], name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value.join(', ') : value;
}

function text(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
