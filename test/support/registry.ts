import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

const MANIFEST = 'application/vnd.docker.distribution.manifest.v2+json';
const UNKNOWN = '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}';
const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };

export interface Registry {
  /** `127.0.0.1:<port>/there:1` can be pulled; `127.0.0.1:<port>/slow:1` never gets an answer. */
  host: string;
  close(): Promise<void>;
}

/** A registry of one image, which is empty but for its labels. Engines trust a loopback one as it is. */
export async function startRegistry(Labels: Record<string, string>): Promise<Registry> {
  const layer = Buffer.alloc(1024);
  const packed = gzipSync(layer);
  const config = Buffer.from(
    JSON.stringify({
      architecture: ARCHITECTURES[process.arch],
      os: 'linux',
      config: { Labels },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  );
  const part = (mediaType: string, bytes: Buffer) => ({
    mediaType: `application/vnd.docker.${mediaType}`,
    size: bytes.length,
    digest: digestOf(bytes),
  });
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST,
      config: part('container.image.v1+json', config),
      layers: [part('image.rootfs.diff.tar.gzip', packed)],
    }),
  );
  const blobs = new Map([manifest, config, packed].map((bytes) => [digestOf(bytes), bytes]));
  const server = createServer((request, response) => {
    const { method, url = '' } = request;
    if (url.startsWith('/v2/slow/')) return;
    const name = url.split('/').at(-1) ?? '';
    const bytes = url.startsWith('/v2/there/manifests/1') ? manifest : blobs.get(name);
    if (url === '/v2/') response.end('{}');
    else if (bytes === undefined) response.writeHead(404).end(UNKNOWN);
    else {
      response.setHeader(
        'Content-Type',
        bytes === manifest ? MANIFEST : 'application/octet-stream',
      );
      response.setHeader('Docker-Content-Digest', digestOf(bytes));
      response.setHeader('Content-Length', bytes.length);
      response.end(method === 'HEAD' ? undefined : bytes);
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
