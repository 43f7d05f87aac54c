/**
 * The head of an invocation, ready to be written.
 * @param fields header lines, each with its line end.
 */
export function invocationHead(port: number, fields: string, bodyBytes: number): string {
  return `POST /invocations HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: ${bodyBytes}\r\n${fields}\r\n`;
}

/** A ping, the only request of its connection. */
export function pingHead(port: number): string {
  return `GET /ping HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`;
}

/** A header line. The value was checked when it was read: it holds no line end. */
export function field(name: string, value: string | undefined): string {
  return value === undefined ? '' : `${name}: ${value}\r\n`;
}
