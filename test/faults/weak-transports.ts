/** Clients with one guard taken away, to see that its absence is noticed. */
import { randomUUID } from 'node:crypto';
import { nodeTransport, type Transport } from '../../src/client/transport.ts';

/** Nothing is sealed: the key travels, and so do the rows. */
export function bearerTransport(url: string, token: string): Transport {
  const transport = nodeTransport(new URL(url));
  return {
    send: ({ headers, ...request }) =>
      transport.send({ ...request, headers: { ...headers, authorization: `Bearer ${token}` } }),
    close: () => transport.close(),
  };
}

/** Each attempt looks like a new request to the server. */
export function newKeyEachTime(transport: Transport): Transport {
  return {
    send: ({ headers, ...request }) =>
      transport.send({ ...request, headers: { ...headers, 'idempotency-key': `"${randomUUID()}"` } }),
    close: () => transport.close(),
  };
}
