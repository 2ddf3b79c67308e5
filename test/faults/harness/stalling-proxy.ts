import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP proxy before a database server, which can stand still: its connections stay open and say nothing more. */
export interface StallingProxy extends AsyncDisposable {
  /** Of the same database, through the proxy. */
  readonly url: string;
  stall(): void;
}

export async function startStallingProxy(databaseUrl: string): Promise<StallingProxy> {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let stalled = false;
  const listener = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from);
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
      from.on('data', (piece: Buffer) => {
        if (!stalled) to.write(piece);
      });
    }
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  const { port } = listener.address() as AddressInfo;
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    stall: () => {
      stalled = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
