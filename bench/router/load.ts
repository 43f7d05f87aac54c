// A process that sends the load: it calls one address (a rival), or several one after the other (the
// floor), and reports how long each request took. Its own work is kept as small as it can be.
import { connect, type Socket } from 'node:net';
import { contentTypeOf } from './wire.ts';

/** What to send. */
export interface LoadOrder {
  /** One port: a rival. Several: the floor, which goes from stage to stage by itself. */
  readonly ports: readonly number[];
  readonly stages: number;
  readonly bytes: number;
  readonly inFlight: number;
  readonly milliseconds: number;
  /** Requests a second, begun on time whatever is still under way; undefined: as fast as they go. */
  readonly rate?: number | undefined;
}

export interface LoadReport {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  /** Milliseconds, sorted; of an open loop from when the request was due. */
  readonly latencies: readonly number[];
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** One kept connection; one request at a time. */
class Line {
  readonly #socket: Socket;
  #missing = -1;
  #head = '';
  #done: ((ok: boolean) => void) | undefined;
  #expected = 0;

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', () => this.#end(false));
    this.#socket.on('close', () => this.#end(false));
  }

  send(request: readonly Buffer[], expected: number, done: (ok: boolean) => void): void {
    this.#missing = -1;
    this.#expected = expected;
    this.#done = done;
    if (this.#socket.destroyed) {
      setImmediate(() => this.#end(false));
      return;
    }
    this.#socket.cork();
    for (const part of request) this.#socket.write(part);
    this.#socket.uncork();
  }

  close(): void {
    this.#done = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    let { length } = chunk;
    if (this.#missing < 0) {
      const end = chunk.indexOf(HEAD_END);
      if (end < 0) {
        this.#head += chunk.toString('latin1');
        return;
      }
      const head = this.#head + chunk.toString('latin1', 0, end + 4);
      this.#head = '';
      const announced = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? -1);
      if (!head.startsWith('HTTP/1.1 200') || announced !== this.#expected) {
        this.#end(false);
        return;
      }
      this.#missing = announced;
      length -= end + 4;
    }
    this.#missing -= length;
    if (this.#missing === 0) this.#end(true);
  }

  #end(ok: boolean): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(ok);
  }
}

function requestTo(position: number, body: Buffer): Buffer[] {
  const head = `POST /invocations HTTP/1.1\r\nHost: bench\r\nContent-Type: ${contentTypeOf(position)}\r\nContent-Length: ${body.length}\r\n\r\n`;
  const bytes = Buffer.from(head, 'latin1');
  return body.length > 16_384 ? [bytes, body] : [Buffer.concat([bytes, body])];
}

/** Everything one request at a time needs: a connection to each port. */
class Lane {
  readonly #lines: Line[];
  readonly #requests: readonly (readonly Buffer[])[];
  readonly #bytes: number;

  constructor(ports: readonly number[], requests: readonly (readonly Buffer[])[], bytes: number) {
    this.#lines = ports.map((port) => new Line(port));
    this.#requests = requests;
    this.#bytes = bytes;
  }

  go(done: (ok: boolean) => void, at = 0): void {
    const line = this.#lines[at];
    const request = this.#requests[at];
    if (line === undefined || request === undefined) {
      done(true);
      return;
    }
    line.send(request, this.#bytes, (ok) => {
      if (ok) this.go(done, at + 1);
      else done(false);
    });
  }

  close(): void {
    for (const line of this.#lines) line.close();
  }
}

async function run(order: LoadOrder): Promise<LoadReport> {
  const body = Buffer.alloc(order.bytes, 'x');
  const requests = order.ports.map((_, position) => requestTo(position, body));
  const latencies: number[] = [];
  const lanes: Lane[] = [];
  const free: Lane[] = [];
  let errors = 0;
  const started = performance.now();
  const until = started + order.milliseconds;

  const open = (): Lane => {
    const lane = new Lane(order.ports, requests, order.bytes);
    lanes.push(lane);
    return lane;
  };
  const ask = (lane: Lane, due: number, next: () => void): void => {
    lane.go((ok) => {
      if (ok) latencies.push(performance.now() - due);
      else errors += 1;
      next();
    });
  };

  if (order.rate === undefined) {
    const loop = (lane: Lane, ended: () => void): void => {
      const now = performance.now();
      if (now >= until || errors > 100) ended();
      else ask(lane, now, () => loop(lane, ended));
    };
    await Promise.all(
      Array.from({ length: order.inFlight }, () => new Promise<void>((end) => loop(open(), end))),
    );
  } else {
    await openLoop(order.rate, started, until, (due, ended) => {
      const lane = free.pop() ?? open();
      ask(lane, due, () => {
        free.push(lane);
        ended();
      });
    });
  }

  const seconds = (performance.now() - started) / 1000;
  for (const lane of lanes) lane.close();
  latencies.sort((a, b) => a - b);
  return { requests: latencies.length, errors, seconds, latencies };
}

/** Begins a request every 1/rate seconds, however long the others take. Spins: a timer is too coarse. */
function openLoop(
  rate: number,
  started: number,
  until: number,
  begin: (due: number, ended: () => void) => void,
): Promise<void> {
  return new Promise((resolve) => {
    let due = started;
    let running = 0;
    const tick = (): void => {
      const now = performance.now();
      while (due <= now && due < until) {
        running += 1;
        begin(due, () => {
          running -= 1;
        });
        due += 1000 / rate;
      }
      if (due >= until && running === 0) resolve();
      else setImmediate(tick);
    };
    tick();
  });
}

process.on('message', async (order: LoadOrder) => {
  process.send?.(await run(order));
});

process.on('disconnect', () => process.exit());
