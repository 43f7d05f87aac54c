import { readFile } from 'node:fs/promises';

/** What Linux says of each TCP connection, by either family's sockets (proc_pid_net(5)). */
const TABLES = ['/proc/net/tcp', '/proc/net/tcp6'];
/** Vain tries of a socket, each after twice the time of the one before: some six seconds. */
const MANY = 5;

interface Socket {
  /** Bytes that came and were not read. */
  unread: number;
  /** How often it sent the same again, or asked whether there is room, without an answer. */
  vain: number;
}

/**
 * Finds connections on loopback that stand still for good. A socket whose receive buffer overflows may
 * drop our acknowledgements with the data, while its owner waits for them before it reads (Linux 6.18:
 * docs/batch.md). Then it sends again, in vain, what we have long read.
 */
export class FreezeWatch {
  readonly #ports: readonly number[];
  #suspects = new Map<string, number>();

  /** @param ports the stages' */
  constructor(ports: readonly number[]) {
    this.#ports = ports;
  }

  /** The port of a stage whose socket tried once more since the last look, with room on our side all the while. */
  look(tables: string): number | undefined {
    const sockets = new Map([...tables.matchAll(ROW)].map(toSocket));
    const suspects = new Map<string, number>();
    let frozen: number | undefined;
    for (const [ends, { vain }] of sockets) {
      const [from = '', to = ''] = ends.split(' ');
      const port = this.#ports.find((known) => known === Number.parseInt(from, 16));
      if (port === undefined || vain < MANY || sockets.get(`${to} ${from}`)?.unread !== 0) continue;
      const before = this.#suspects.get(ends) ?? vain;
      suspects.set(ends, before);
      if (vain > before) frozen = port;
    }
    this.#suspects = suspects;
    return frozen;
  }
}

/** Address and port of both ends, state, send and receive queue, timer, retransmissions, user, probes. */
const ROW =
  /:([0-9A-F]{4}) [0-9A-F]+:([0-9A-F]{4}) 01 [0-9A-F]+:([0-9A-F]+) [0-9A-F]+:[0-9A-F]+ ([0-9A-F]+) +\d+ +(\d+)/g;

function toSocket([, from, to, unread = '', retransmissions = '', probes]: RegExpExecArray) {
  const vain = Number.parseInt(retransmissions, 16) + Number(probes);
  const socket: Socket = { unread: Number.parseInt(unread, 16), vain };
  return [`${from} ${to}`, socket] as const;
}

/** What {@link FreezeWatch.look} looks at; nothing, where the system has no such tables. */
export async function readTables(): Promise<string> {
  const texts = TABLES.map((path) => readFile(path, 'latin1').catch(() => ''));
  return (await Promise.all(texts)).join('');
}
