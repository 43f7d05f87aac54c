import type { IncomingHttpHeaders, Server } from 'node:http';

const OWN_NAME = /^(?:(?:.+\.)?localhost|host\.(?:docker|containers)\.internal)$/i;
const OWN_ADDRESS = /^(?:127(?:\.\d+){3}|\[::1\])$/;
const ADDRESS = /^(?:[\d.]+|\[[\da-f:]+\])$/i;

/**
 * Keeps the pages of a browser out of a server on loopback. Any page on the web can send a form there without
 * asking, or have a name of its own lead there (DNS rebinding), and what listens here runs code. Browsers say what
 * host they mean, and where a request that may change something comes from; SDKs, the AWS CLI and curl have no Origin.
 */
export function refuseForeign(server: Server): void {
  const listeners = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request, response) => {
    const message = whyForeign(request.headers);
    if (message === undefined) {
      for (const listener of listeners) Reflect.apply(listener, server, [request, response]);
      return;
    }
    const body = JSON.stringify({ __type: 'AccessDeniedException', message, Message: message });
    const type = 'application/json';
    const error = 'AccessDeniedException';
    const headers = { 'content-type': type, 'x-amzn-errortype': error, connection: 'close' };
    response.writeHead(403, headers).end(body);
  });
}

/** undefined: a request of this machine's own, as far as its headers tell. */
export function whyForeign({ host, origin }: IncomingHttpHeaders): string | undefined {
  const name = host?.replace(/:\d+$/, '') ?? 'localhost';
  if (!OWN_NAME.test(name) && !ADDRESS.test(name)) {
    return `The host ${name} is not this stand-in's. Use 127.0.0.1 or localhost.`;
  }
  if (origin === undefined) return undefined;
  const page = URL.parse(origin)?.hostname ?? '';
  if (OWN_NAME.test(page) || OWN_ADDRESS.test(page)) return undefined;
  return `A web page of ${origin} may not send requests to this stand-in.`;
}
