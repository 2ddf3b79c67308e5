/** What carries requests; node-transport.ts and fetch-transport.ts do it. Nothing here comes from Node. */
import { RowferryError } from '../errors.ts';

/** One request as it goes over the wire. What seals a message wraps a Transport and nothing else. */
export interface WireRequest {
  readonly method: string;
  /** Path and query below the server's URL, with a leading slash. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A stream is opened anew for each attempt. */
  readonly body?: Uint8Array | StreamBody;
  /** Longest silence of the server. Milliseconds. */
  readonly timeoutMs: number;
  /** Called when the whole request is with the system, and nothing will read the body any more. */
  readonly onSent?: () => void;
}

export interface StreamBody {
  /** Bytes. */
  readonly length: number;
  open(): AsyncIterable<Uint8Array>;
}

export interface WireAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Rejects with `unreachable` or `timeout` when there is no answer. */
export interface Transport {
  send(request: WireRequest): Promise<WireAnswer>;
  close(): void;
}

export function timedOut(url: URL, timeoutMs: number): RowferryError {
  return new RowferryError('timeout', `${url.origin} said nothing for ${Math.round(timeoutMs / 1000)} s`);
}

export function unreachable(url: URL, cause: unknown): RowferryError {
  if (cause instanceof RowferryError) return cause;
  return new RowferryError('unreachable', `no answer from ${url.origin}: ${reasonOf(cause)}`, {
    hint: 'is it running there? start it with: rowferry up',
    cause,
  });
}

/** Nobody knows what became of the request. */
export function hasNoAnswer(error: unknown): boolean {
  return error instanceof RowferryError && (error.code === 'unreachable' || error.code === 'timeout');
}

/** Connection errors to several addresses come as an AggregateError without a message. */
function reasonOf(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return reasonOf(cause.errors[0]);
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' ? cause.name : cause.message;
}

export function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new TypeError(`url is ${JSON.stringify(text)}; expected something like http://127.0.0.1:5000`);
}
