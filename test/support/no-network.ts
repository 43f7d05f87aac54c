// Preloaded (`node --import`): whoever connects to another machine in this process fails.
import { Socket } from 'node:net';

const connect = Socket.prototype.connect;

Socket.prototype.connect = function (this: Socket, ...given: unknown[]) {
  const [options] = (Array.isArray(given[0]) ? given[0] : given) as [
    { host?: string; path?: string },
  ];
  if (options?.path === undefined) throw new Error(`connected to ${options?.host ?? 'a host'}`);
  return Reflect.apply(connect, this, given) as Socket;
} as typeof connect;
