import { type Duplex, PassThrough, Writable } from 'node:stream';
import type Docker from 'dockerode';
import { tunnelOver } from '../../../relay/tunnel.ts';
import type { NetworkBinding } from '../records.ts';
import { bounded, engineWords, inTime } from './engine-error.ts';
import { serveRelay } from './relay-host.ts';

const LOOPBACK = '127.0.0.1';
/** Above the ports that Linux gives to outgoing connections, and far from any stage's. */
const FIRST_RELAYED_PORT = 61_000;
const MOST_SAID = 2000;

/** A port of a container that this machine is to reach. */
export interface PublishedPort {
  readonly container: string;
  readonly containerPort: number;
  /** On loopback; undefined for any free one. */
  readonly hostPort: number | undefined;
}

export interface TaskNetworkOptions {
  readonly docker: Docker;
  /** The router's. */
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Ports of this machine's loopback that the containers reach on theirs. */
  readonly reached: readonly number[];
  readonly published: readonly PublishedPort[];
  /** The holder ended while the task still needed it. */
  readonly onLost: (why: string) => void;
}

/**
 * The network namespace of a task. A container of its own holds it, as ECS's pause container does, and
 * runs the relay (src/relay) between the task's loopback and this machine's.
 */
export class TaskNetwork {
  /** Id of the container whose namespace the others join. */
  readonly holder: string;
  readonly bindings: ReadonlyMap<string, readonly NetworkBinding[]>;
  #left = false;

  /** Rejects with what the engine or the relay says. */
  static async open(options: TaskNetworkOptions): Promise<TaskNetwork> {
    const { docker, published, reached } = options;
    const container = await docker.createContainer({ ...holderOptions(options), ...bounded() });
    const streams = { stream: true, stdin: true, stdout: true, stderr: true };
    const socket = await inTime(container.attach({ ...streams, hijack: true }));
    const { said, tunnel } = tunnelOf(docker, socket as NodeJS.ReadWriteStream as Duplex);
    try {
      await container.start(bounded());
      await serveRelay(tunnel, reached, said);
      const { NetworkSettings } = await container.inspect(bounded());
      const hostPorts = published.map(({ containerPort }, position) => {
        const [bound] = NetworkSettings.Ports[relayedPort(position)] ?? [];
        if (bound === undefined)
          throw new Error(`the engine did not publish port ${containerPort}`);
        return Number(bound.HostPort);
      });
      return new TaskNetwork(container, bindingsOf(published, hostPorts), options.onLost, said);
    } catch (error) {
      tunnel.destroy();
      throw error;
    }
  }

  private constructor(
    container: Docker.Container,
    bindings: TaskNetwork['bindings'],
    onLost: TaskNetworkOptions['onLost'],
    said: () => string,
  ) {
    this.holder = container.id;
    this.bindings = bindings;
    const lost = (why: string): void => {
      if (!this.#left) onLost(why);
    };
    void container.wait().then(
      () => lost(`its holder ended. ${said()}`.trimEnd()),
      (error: Error) => lost(engineWords(error)),
    );
  }

  /** The task is over: from now on the holder may end. */
  leave(): void {
    this.#left = true;
  }
}

function holderOptions(options: TaskNetworkOptions): Docker.ContainerCreateOptions {
  const { image, labels, name, published, reached } = options;
  const inward = published.map(({ containerPort }, position) => ({
    listen: FIRST_RELAYED_PORT + position,
    to: containerPort,
  }));
  const config = { out: reached, in: inward };
  return {
    name,
    Image: image,
    Cmd: ['relay'],
    Env: [`HEADRACE_RELAY=${JSON.stringify(config)}`],
    Labels: { ...labels },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ExposedPorts: Object.fromEntries(published.map((_, position) => [relayedPort(position), {}])),
    HostConfig: {
      PortBindings: Object.fromEntries(
        published.map(({ hostPort }, position) => [
          relayedPort(position),
          [{ HostIp: LOOPBACK, HostPort: String(hostPort ?? 0) }],
        ]),
      ),
      ReadonlyRootfs: true,
      // Its output is the tunnel.
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}

function relayedPort(position: number): string {
  return `${FIRST_RELAYED_PORT + position}/tcp`;
}

/** The relay's stdin and stdout as one stream, and what it wrote to stderr. */
function tunnelOf(docker: Docker, socket: Duplex): { tunnel: Duplex; said: () => string } {
  let said = '';
  const fromRelay = new PassThrough();
  const errors = new Writable({
    write(chunk: Buffer, _encoding, done) {
      said = `${said}${chunk}`.slice(-MOST_SAID);
      done();
    },
  });
  docker.modem.demuxStream(socket, fromRelay, errors);
  socket.once('close', () => fromRelay.end());
  return {
    tunnel: tunnelOver(fromRelay, socket),
    said: () => said.trim().replaceAll('\n', ' '),
  };
}

function bindingsOf(published: readonly PublishedPort[], hostPorts: readonly number[]) {
  const bindings = new Map<string, NetworkBinding[]>();
  for (const [position, { container, containerPort }] of published.entries()) {
    const hostPort = hostPorts[position] ?? 0;
    const own = bindings.get(container) ?? [];
    own.push({ containerPort, hostPort, bindIP: LOOPBACK, protocol: 'tcp' });
    bindings.set(container, own);
  }
  return bindings;
}
