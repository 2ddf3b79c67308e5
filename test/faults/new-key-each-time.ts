import { randomUUID } from 'node:crypto';
import type { Transport } from '../../src/client/transport.ts';

/** A client with one guard taken away: each attempt looks like a new request to the server. */
export function newKeyEachTime(transport: Transport): Transport {
  return {
    send: ({ headers, ...request }) =>
      transport.send({ ...request, headers: { ...headers, 'idempotency-key': `"${randomUUID()}"` } }),
    close: () => transport.close(),
  };
}
