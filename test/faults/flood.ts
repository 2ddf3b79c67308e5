import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Wire } from '../server/wire.ts';

const STARTED = 'http.server.request.start';
const BLOCK = 'x'.repeat(65_536);
/** The same bytes in chunks of a chunked body. */
const CHUNK = `${BLOCK.length.toString(16)}\r\n${BLOCK}\r\n`;

/** Sends until so many bytes went or the other side ended the connection. */
export async function flood(wire: Wire, most: number, framing: 'length' | 'chunked'): Promise<void> {
  const block = framing === 'length' ? BLOCK : CHUNK;
  for (let sent = 0; sent < most && !wire.closed && wire.socket.writable; sent += BLOCK.length) {
    const room = Promise.withResolvers<void>();
    if (wire.socket.write(block)) setImmediate(room.resolve);
    else wire.socket.once('drain', room.resolve).once('close', room.resolve);
    await room.promise;
  }
}

/** The server's ends of the connections that requests came on since the call, by the port of their other end. */
export class ServerSockets implements Disposable {
  readonly #sockets = new Map<number | undefined, Socket>();

  constructor() {
    subscribe(STARTED, this.#note);
  }

  /** Bytes that the server in this process read from the connection, however many lie in the system's buffers. */
  bytesRead(wire: Wire): number {
    const socket = this.#sockets.get(wire.localPort);
    if (socket === undefined) throw new Error('no request came on this connection');
    return socket.bytesRead;
  }

  [Symbol.dispose](): void {
    unsubscribe(STARTED, this.#note);
  }

  readonly #note = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('request' in message)) return;
    const { request } = message;
    if (request instanceof IncomingMessage) this.#sockets.set(request.socket.remotePort, request.socket);
  };
}
