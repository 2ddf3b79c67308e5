import { type StreamBody, type Transport, unreachable, type WireRequest } from './transport.ts';

/** How a body that comes in pieces is handed to fetch. */
export type StreamInit = (body: StreamBody) => RequestInit | Promise<RequestInit>;

/** For browsers, and for callers that bring their own fetch (a proxy, a recorder, a test). Nothing here comes from Node. */
export function fetchTransport(url: URL, fetcher: typeof fetch, streamInit: StreamInit): Transport {
  const prefix = url.origin + url.pathname.replace(/\/$/, '');
  return {
    async send(wire) {
      try {
        const answer = await fetcher(prefix + wire.path, {
          method: wire.method,
          headers: wire.headers,
          // A redirect would carry the request to another place.
          redirect: 'manual',
          signal: AbortSignal.timeout(wire.timeoutMs),
          ...(await bodyOf(wire, streamInit)),
        });
        return {
          status: answer.status,
          header: (name) => answer.headers.get(name) ?? undefined,
          body: chunksOf(url, answer.body),
        };
      } catch (error) {
        throw failed(url, error);
      }
    },
    close: () => {},
  };
}

async function bodyOf({ body }: WireRequest, streamInit: StreamInit): Promise<RequestInit> {
  if (body === undefined) return {};
  // Fetch takes no memory that could be shared between threads; a body that is sealed has memory of its own.
  if (body instanceof Uint8Array) return { body: new Uint8Array(body) };
  return streamInit(body);
}

/** With a reader, since not every browser's streams can be iterated over. */
async function* chunksOf(url: URL, body: ReadableStream<Uint8Array> | null): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw failed(url, error);
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function failed(url: URL, error: unknown): Error {
  return unreachable(url, error instanceof Error && error.cause !== undefined ? error.cause : error);
}
