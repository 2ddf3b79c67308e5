import { nodeTransport } from '../src/client/node-transport.ts';
import type { Transport } from '../src/client/transport.ts';

/** The client's way over HTTP without the seal: the key travels, and so do the rows. For comparison only. */
export function bearerTransport(url: string, token: string): Transport {
  const transport = nodeTransport(new URL(url));
  return {
    send: ({ headers, ...request }) =>
      transport.send({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } }),
    close: () => transport.close(),
  };
}
