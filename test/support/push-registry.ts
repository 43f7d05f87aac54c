import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { closeServer, listenOnLoopback } from '../../src/local/http-server.ts';

/** A registry in memory that takes what an engine pushes: the part of the distribution API that pushing needs. */
export class PushRegistry {
  /** `<repository>:<tag>` */
  readonly manifests = new Map<string, { body: Buffer; mediaType: string }>();
  /** User and password of each request that brought some. */
  readonly signedInAs = new Set<string>();
  readonly #blobs = new Map<string, Buffer>();
  readonly #uploads = new Map<string, Buffer[]>();
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error: Error) => response.destroy(error));
  });
  /** host:port */
  host = '';

  async open(): Promise<void> {
    this.host = `127.0.0.1:${await listenOnLoopback(this.#server, 0)}`;
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request;
    const { pathname, searchParams } = new URL(url, 'http://registry');
    const body = Buffer.concat(await request.toArray());
    const [, credentials] = /^Basic (.+)/.exec(headers.authorization ?? '') ?? [];
    if (credentials === undefined) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="registry"' }).end();
      return;
    }
    this.signedInAs.add(Buffer.from(credentials, 'base64').toString());
    const [, repository = '', kind = '', name = ''] =
      /^\/v2\/(.+)\/(blobs|manifests|blobs\/uploads)\/([^/]*)$/.exec(pathname) ?? [];
    if (pathname === '/v2/') response.end('{}');
    else if (kind === 'manifests' && method === 'PUT') {
      const mediaType = headers['content-type'] ?? '';
      this.manifests.set(`${repository}:${name}`, { body, mediaType });
      response.writeHead(201, { 'Docker-Content-Digest': digestOf(body) }).end();
    } else if (kind === 'blobs' && method === 'HEAD') {
      const length = this.#blobs.get(name)?.length;
      if (length === undefined) response.writeHead(404).end();
      else
        response.writeHead(200, { 'Content-Length': length, 'Docker-Content-Digest': name }).end();
    } else if (kind === 'blobs/uploads') {
      const id = name === '' ? randomUUID() : name;
      const parts = [...(this.#uploads.get(id) ?? []), body];
      this.#uploads.set(id, parts);
      const digest = searchParams.get('digest');
      if (method === 'PUT' && digest !== null) {
        this.#blobs.set(digest, Buffer.concat(parts));
        response.writeHead(201, { Location: `/v2/${repository}/blobs/${digest}` }).end();
        return;
      }
      const length = parts.reduce((sum, part) => sum + part.length, 0);
      response
        .writeHead(202, {
          Location: `/v2/${repository}/blobs/uploads/${id}`,
          Range: `0-${Math.max(0, length - 1)}`,
          'Docker-Upload-UUID': id,
        })
        .end();
    } else response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN"}]}');
  }
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
