import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';

/** One request and what became of it. Times are epoch ms. */
export interface Sent {
  nonce: string;
  sentAt: number;
  /** What the pipeline answered; undefined when it did not answer 200. */
  answer: string | undefined;
  /** Why there is no answer. */
  failure: string | undefined;
}

/**
 * Sends `perSecond` requests a second, whether or not the ones before are answered, every other one on
 * a connection of its own, until stopped.
 */
export function startLoad(url: string, perSecond: number) {
  const kept = new Agent({ connections: 64 });
  const all: Promise<Sent>[] = [];
  let isRunning = true;
  const sending = (async () => {
    const started = performance.now();
    for (let count = 0; isRunning; count++) {
      const due = started + (count * 1000) / perSecond;
      await sleep(Math.max(0, due - performance.now()));
      all.push(sendOne(url, count % 2 === 0 ? kept : undefined));
    }
  })();
  return {
    /** Every request, answered or failed. */
    stop: async (): Promise<Sent[]> => {
      isRunning = false;
      await sending;
      const sent = await Promise.all(all);
      await kept.close();
      return sent;
    },
  };
}

async function sendOne(url: string, kept: Agent | undefined): Promise<Sent> {
  const nonce = randomUUID();
  const sentAt = Date.now();
  const fresh = kept === undefined ? new Agent({ pipelining: 0 }) : undefined;
  const failed = (failure: string) => ({ nonce, sentAt, answer: undefined, failure });
  try {
    const { statusCode, body } = await request(url, {
      method: 'POST',
      body: nonce,
      headers: { 'content-type': 'text/plain' },
      dispatcher: kept ?? fresh,
    });
    const text = await body.text();
    if (statusCode !== 200) return failed(`${statusCode} ${text}`);
    return { nonce, sentAt, answer: text, failure: undefined };
  } catch (error) {
    return failed(String(error));
  } finally {
    await fresh?.close();
  }
}
