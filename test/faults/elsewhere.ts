import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { outside } from '../server/outside.ts';

/** An address of this machine that is not loopback's; null where it has none. Traffic to it stays on the machine. */
export const ownAddress: string | null = outside === '127.0.0.1' ? null : outside;

const ACCEPTED = 'net.server.socket';
/** RFC 5737: an address that nobody has. */
const ELSEWHERE = '198.51.100.7';

/** As long as it lives, servers of this process take every new connection for one from another machine. */
export class FromElsewhere implements Disposable {
  constructor() {
    subscribe(ACCEPTED, move);
  }

  [Symbol.dispose](): void {
    unsubscribe(ACCEPTED, move);
  }
}

function move(message: unknown): void {
  if (typeof message !== 'object' || message === null || !('socket' in message)) return;
  const { socket } = message;
  if (socket instanceof Socket) Object.defineProperty(socket, 'remoteAddress', { value: ELSEWHERE });
}
