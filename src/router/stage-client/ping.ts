import type { ResponseHead } from '../http1/response-head.ts';
import { type Breakage, type Exchange, StageConnection } from './connection.ts';
import { pingHead } from './request-head.ts';

/** What a ping saw. */
export type PingResult =
  | { readonly kind: 'answered'; readonly status: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'no-answer'; readonly afterMs: number }
  | { readonly kind: 'closed' };

const NOTHING = Buffer.alloc(0);

/** One GET /ping over a connection of its own, given up after `timeoutMs` or when `signal` aborts. */
export function pingStage(
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PingResult> {
  return new Promise((resolve) => {
    const connection = new StageConnection(port, () => undefined);
    let status = 0;

    const settle = (result: PingResult): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
      connection.destroy();
      resolve(result);
    };
    const giveUp = (): void => settle({ kind: 'no-answer', afterMs: timeoutMs });
    const exchange: Exchange = {
      head(head: ResponseHead) {
        status = head.status;
      },
      body: () => undefined,
      space: () => undefined,
      filled: () => undefined,
      end: () => settle({ kind: 'answered', status }),
      broken: (how: Breakage) =>
        how === 'not-accepted' ? giveUp() : settle({ kind: how === 'refused' ? how : 'closed' }),
    };

    const timer = setTimeout(giveUp, timeoutMs);
    signal.addEventListener('abort', giveUp, { once: true });
    connection.send(pingHead(port), NOTHING, exchange, performance.now());
    if (signal.aborted) giveUp();
  });
}
