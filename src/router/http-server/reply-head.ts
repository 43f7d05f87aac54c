import type { Reply } from '../reply.ts';

const REASONS = new Map([
  [200, 'OK'],
  [400, 'Bad Request'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [413, 'Content Too Large'],
  [421, 'Misdirected Request'],
  [424, 'Failed Dependency'],
  [500, 'Internal Server Error'],
  [503, 'Service Unavailable'],
]);

/** A second is as fine as the Date field tells it. */
let date = '';
let dateUntil = 0;

/** @param framing the line that tells where the body ends */
export function replyHead(
  { status, headers, timing }: Omit<Reply, 'body'>,
  framing: string,
  isLast: boolean,
): string {
  let head = `HTTP/1.1 ${status} ${REASONS.get(status) ?? ''}\r\nDate: ${dateNow()}\r\n${framing}`;
  for (const name in headers) head += `${name}: ${headers[name]}\r\n`;
  return `${head}server-timing: ${timing}\r\n${isLast ? 'Connection: close\r\n' : ''}\r\n`;
}

function dateNow(): string {
  const now = performance.now();
  if (now >= dateUntil) {
    date = new Date().toUTCString();
    dateUntil = now + 1_000 - (Date.now() % 1_000);
  }
  return date;
}
