import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import Docker from 'dockerode';

const ANSWERS_WITHIN_MS = 3000;

/** An engine that answered. */
export interface Engine {
  readonly docker: Docker;
  /** How a person would write it into DOCKER_HOST. */
  readonly host: string;
  /** A container cannot be given more than these. */
  readonly cpus: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The first Docker-compatible engine that answers: the one in DOCKER_HOST when that is set, else at
 * the sockets of Docker and Podman.
 *
 * Rejects with a message that says where it looked and what to do.
 */
export async function findEngine(environment: Environment): Promise<Engine> {
  const failures = new Map<string, string[]>();
  for (const host of hosts(environment)) {
    try {
      return await connect(host);
    } catch (error) {
      const why = (error as Error).message;
      failures.set(why, [...(failures.get(why) ?? []), host.replace('unix://', '')]);
    }
  }
  const looked = Array.from(failures, ([why, places]) => `${places.join(', ')} (${why})`);
  const set = environment.DOCKER_HOST ? 'DOCKER_HOST' : 'DOCKER_HOST (not set), then';
  throw new Error(
    `no container engine answered. Looked at ${set} ${looked.join('; ')}. Start Docker, or Podman with "systemctl --user start podman.socket", or set DOCKER_HOST=unix://<socket>; or use a file:<dir> image.`,
  );
}

/** Where to look, in this order. */
export function hosts(environment: Environment): string[] {
  if (environment.DOCKER_HOST) return [environment.DOCKER_HOST];
  const home = environment.HOME ?? homedir();
  const runtimeDir = environment.XDG_RUNTIME_DIR ?? `/run/user/${process.getuid?.() ?? 0}`;
  return [
    '/var/run/docker.sock',
    join(runtimeDir, 'docker.sock'),
    join(home, '.docker/run/docker.sock'),
    join(home, '.colima/default/docker.sock'),
    join(home, '.orbstack/run/docker.sock'),
    join(home, '.rd/docker.sock'),
    join(runtimeDir, 'podman/podman.sock'),
    '/run/podman/podman.sock',
    join(home, '.local/share/containers/podman/machine/podman.sock'),
  ].map((socket) => `unix://${socket}`);
}

async function connect(host: string): Promise<Engine> {
  const address = addressOf(host);
  try {
    const { NCPU } = await new Docker({ ...address, timeout: ANSWERS_WITHIN_MS }).info();
    return { docker: new Docker(address), host, cpus: NCPU };
  } catch (error) {
    throw new Error(shortly(error), { cause: error });
  }
}

/** Ports are published on the engine's own machine, so that has to be this one. */
function addressOf(host: string): Docker.DockerOptions {
  const url = URL.canParse(host) ? new URL(host) : undefined;
  if (url?.protocol === 'unix:') {
    if (!existsSync(url.pathname)) throw new Error('no such file');
    return { socketPath: url.pathname, host: undefined };
  }
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '');
  if (url?.protocol === 'tcp:' && isLoopback) {
    return { protocol: 'http', host: url.hostname, port: url.port || '2375' };
  }
  throw new Error('must be unix://<socket>, or tcp://127.0.0.1:<port>');
}

function shortly(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ECONNRESET') return `no answer within ${ANSWERS_WITHIN_MS / 1000} s`;
  if (code === 'ENOENT') return 'no such file';
  if (code === 'EACCES') return 'permission denied';
  if (code === 'ECONNREFUSED') return 'nobody listens';
  return message;
}
