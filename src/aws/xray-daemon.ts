import { createSocket } from 'node:dgram';
import { logEvent } from './log.ts';

/** Of the daemon's protocol: what stands in front of each document. */
const HEADER = '{"format":"json","version":1}\n';

/**
 * Sends segment documents to the X-Ray daemon beside the function, by UDP: they may be lost, and cost a
 * request nothing. That none can be sent is said once.
 * @param address `host:port`, as AWS_XRAY_DAEMON_ADDRESS has it
 */
export function createXrayDaemon(address: string): (document: string) => void {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(address) ?? [];
  let isSilent = false;
  const failed = (error: Error) => {
    if (!isSilent) logEvent('warn', { event: 'trace-not-sent', address, error: error.message });
    isSilent = true;
  };
  const socket = createSocket('udp4');
  socket.on('error', failed);
  socket.unref();
  return (document) => {
    try {
      socket.send(HEADER + document, Number(port), host, (error) => error && failed(error));
    } catch (error) {
      failed(error as Error);
    }
  };
}
