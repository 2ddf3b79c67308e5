import { Readable } from 'node:stream';
import { type Transport, unreachable, type WireRequest } from './transport.ts';

/** For callers that bring their own fetch (a proxy, a recorder, a test). */
export function fetchTransport(url: URL, fetcher: typeof fetch): Transport {
  const prefix = url.origin + url.pathname.replace(/\/$/, '');
  return {
    async send(wire) {
      try {
        const answer = await fetcher(prefix + wire.path, {
          method: wire.method,
          headers: wire.headers,
          // A redirect would carry the key to another place.
          redirect: 'manual',
          signal: AbortSignal.timeout(wire.timeoutMs),
          ...bodyOf(wire),
        });
        return {
          status: answer.status,
          header: (name) => answer.headers.get(name) ?? undefined,
          body: answer.body ?? empty(),
        };
      } catch (error) {
        throw unreachable(url, error instanceof Error && error.cause !== undefined ? error.cause : error);
      }
    },
    close: () => {},
  };
}

function bodyOf(wire: WireRequest): RequestInit {
  if (wire.body === undefined) return {};
  if (wire.body instanceof Uint8Array) return { body: Buffer.from(wire.body) };
  return { body: Readable.toWeb(Readable.from(wire.body.open(), { objectMode: false })), duplex: 'half' };
}

async function* empty(): AsyncGenerator<Uint8Array> {}
