import { connect, createServer, type Socket } from 'node:net';

/** A TCP proxy that keeps every byte that passes, either way. */
export interface Recorder extends AsyncDisposable {
  readonly url: string;
  /** All that passed. */
  bytes(): Buffer;
}

export async function startRecorder(target: string): Promise<Recorder> {
  const { hostname, port } = new URL(target);
  const chunks: Buffer[] = [];
  const sockets = new Set<Socket>();
  const pass = (from: Socket, to: Socket): void => {
    sockets.add(from);
    from.on('data', (chunk: Buffer) => chunks.push(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => to.destroy());
    from.pipe(to);
  };
  const server = createServer((near) => {
    const far = connect({ host: hostname, port: Number(port) });
    pass(near, far);
    pass(far, near);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the recorder has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    bytes: () => Buffer.concat(chunks),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
