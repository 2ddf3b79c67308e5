import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

export interface Gate {
  /** The database through the gate. */
  readonly url: string;
  /** Connections that come are kept waiting. */
  close(): void;
  open(): void;
  /** Resolves when one is kept waiting. */
  held(): Promise<void>;
}

/** Between the lanes and their database. */
export async function openGate(t: TestContext, url: string): Promise<Gate> {
  const { hostname, port } = new URL(url);
  const waiting: Socket[] = [];
  let isOpen = true;
  const pass = (near: Socket): void => {
    const far = connect(Number(port), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.pipe(to);
      from.on('error', () => to.destroy());
    }
  };
  const server = createServer((near) => {
    if (isOpen) return pass(near);
    waiting.push(near);
    server.emit('held');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  const through = new URL(url);
  through.port = String((server.address() as AddressInfo).port);
  return {
    url: through.href,
    close() {
      isOpen = false;
    },
    open() {
      isOpen = true;
      waiting.splice(0).forEach(pass);
    },
    held: () => once(server, 'held').then(() => undefined),
  };
}
