import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import { networkInterfaces } from 'node:os';

/** An address of this machine that is not loopback's; null where it has none. Traffic to it stays on the machine. */
export const ownAddress: string | null =
  Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === 'IPv4' && !each.internal)?.address ?? null;

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
