import { ConnectionPool } from './connection-pool.ts';
import { Hop, type StageCall, type StageReply } from './hop.ts';
import { type PingResult, pingStage } from './ping.ts';

/** Talks to the stages of this task. */
export interface StageClient {
  /** One hop; `settle` is called once. */
  invoke(call: StageCall, settle: (reply: StageReply) => void): void;
  /** One GET /ping, given up after `timeoutMs` or when `signal` aborts. */
  ping(port: number, timeoutMs: number, signal: AbortSignal): Promise<PingResult>;
  /** Closes what connections are idle. */
  close(): void;
}

export function createStageClient(): StageClient {
  const pools = new Map<number, ConnectionPool>();

  const poolOf = (port: number): ConnectionPool => {
    let pool = pools.get(port);
    if (pool === undefined) {
      pool = new ConnectionPool(port);
      pools.set(port, pool);
    }
    return pool;
  };

  return {
    invoke(call, settle) {
      const { why } = call.stop;
      if (why === undefined) new Hop(call, poolOf(call.port), settle).start();
      else settle({ failure: { kind: why } });
    },
    ping: pingStage,
    close() {
      for (const pool of pools.values()) pool.close();
    },
  };
}
