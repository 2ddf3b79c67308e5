import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Which way of a COMMIT is cut: before it reaches the server, or its answer on the way back. */
export type Cut = 'the COMMIT' | 'its answer';

/** Stands between rowferry and a database server, and cuts connections while they commit. */
export interface CuttingProxy {
  readonly url: string;
  /** The next COMMIT is cut so. */
  cut(what: Cut): void;
  /** How often that happened. */
  readonly cuts: number;
  close(): Promise<void>;
}

/** The text of PostgreSQL's query message ends with a zero byte, that of COM_QUERY with the message. */
const COMMIT = /COMMIT\0?$/;

export async function openCuttingProxy(databaseUrl: string): Promise<CuttingProxy> {
  const { hostname, port } = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const state: { next: Cut | null; cuts: number } = { next: null, cuts: 0 };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    const end = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    let cutting: Cut | null = null;
    client.on('data', (bytes) => {
      if (state.next !== null && COMMIT.test(bytes.toString('latin1'))) {
        [cutting, state.next] = [state.next, null];
        state.cuts += 1;
      }
      if (cutting === 'the COMMIT') end();
      else upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (cutting === null) client.write(bytes);
      else end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut: (what) => {
      state.next = what;
    },
    get cuts() {
      return state.cuts;
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
