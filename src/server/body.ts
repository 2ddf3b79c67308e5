import { createHash, type Hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { PassThrough, type Readable } from 'node:stream';
import { RowferryError } from '../errors.ts';
import { release, releaseOwn } from '../lib/release.ts';
import type { Limits } from './limits.ts';

export interface Body {
  /** Nothing else of use is in its ArrayBuffer, so that this can be handed to another thread without a copy. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Hex; null when it was not asked for. */
  readonly sha256: string | null;
}

export interface BodyOptions {
  readonly limit: number;
  readonly hashed: boolean;
  readonly limits: Pick<Limits, 'bodyIdleMs' | 'bodyBytesPerSecond'>;
}

const FIRST_BYTES = 64 * 1024;

/**
 * The whole body, counted while it comes. Throws `body-too-large`, `timeout` for a body that stands still or
 * crawls, `body-invalid` for one that ends before its announced length.
 */
export async function readBody(request: IncomingMessage, options: BodyOptions): Promise<Body> {
  const announced = announcedLength(request, options.limit);
  const collector = new Collector(announced ?? FIRST_BYTES, options);
  await eachChunk(request, options.limits, (chunk) => collector.add(chunk));
  return collector.finish(announced);
}

/**
 * The whole of what the chunks hold, which are empty afterwards. `expected` bytes need not be right, but are better
 * than growing: memory that is not written to costs nothing. Throws `body-too-large`, and what they throw.
 */
export async function collect(
  chunks: AsyncIterable<Uint8Array>,
  options: Pick<BodyOptions, 'limit' | 'hashed'> & { readonly expected: number | null },
): Promise<Body> {
  const collector = new Collector(Math.min(options.expected ?? FIRST_BYTES, options.limit), options);
  try {
    for await (const chunk of chunks) collector.add(chunk);
    return collector.finish(null);
  } catch (error) {
    collector.release();
    throw error;
  }
}

/** Content-Length, refused when it is over the limit; null for a chunked body. */
export function announcedLength(request: IncomingMessage, limit: number): number | null {
  const text = request.headers['content-length'];
  if (text === undefined) return null;
  const length = Number(text);
  if (length > limit) throw tooLarge(limit);
  return length;
}

/**
 * Calls back with every chunk and resolves at the end. Rejects when the body stands still, crawls, breaks off, or
 * `take` throws; the rest is then left unread.
 */
function eachChunk(
  request: IncomingMessage,
  limits: BodyOptions['limits'],
  take: (chunk: Buffer) => void,
): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watchdog = new Watchdog(limits, reject);
  const onData = (chunk: Buffer): void => {
    try {
      watchdog.note(chunk.length);
      take(chunk);
    } catch (error) {
      reject(error);
    }
  };
  const onClose = (): void => reject(brokenOff());
  request.on('data', onData).once('end', resolve).once('close', onClose).once('error', onClose);
  return promise.finally(() => {
    watchdog.stop();
    request.off('data', onData).off('end', resolve).off('close', onClose).off('error', onClose);
    request.pause();
    request.on('error', ignore);
  });
}

/** The body as it comes, watched as eachChunk does; closing it leaves the request's socket open for the answer. */
export function streamBody(request: IncomingMessage, limits: BodyOptions['limits']): Readable {
  const body = new PassThrough();
  const take = (chunk: Buffer): void => {
    if (body.write(chunk)) return;
    request.pause();
    body.once('drain', () => request.resume());
  };
  eachChunk(request, limits, take).then(
    () => body.end(),
    (error: Error) => body.destroy(error),
  );
  return body;
}

/** A connection that breaks while its refused body is thrown away is nobody's trouble. */
function ignore(): void {}

export function tooLarge(limit: number): RowferryError {
  return new RowferryError('body-too-large', `the body is larger than ${limit} bytes`, {
    hint: 'send a file of any size in parts: POST /v1/loads, or type: rowferry load FILE',
  });
}

function brokenOff(): RowferryError {
  return new RowferryError('body-invalid', 'the body broke off before its end');
}

class Collector {
  readonly #limit: number;
  readonly #hash: Hash | null;
  #bytes: Uint8Array<ArrayBuffer>;
  #length = 0;

  constructor(capacity: number, options: Pick<BodyOptions, 'limit' | 'hashed'>) {
    this.#limit = options.limit;
    this.#hash = options.hashed ? createHash('sha256') : null;
    this.#bytes = new Uint8Array(capacity);
  }

  add(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#limit) throw tooLarge(this.#limit);
    if (end > this.#bytes.length) this.#resize(Math.min(this.#limit, Math.max(end, this.#bytes.length * 2)));
    this.#bytes.set(chunk, this.#length);
    this.#hash?.update(chunk);
    this.#length = end;
    // Chunks of a busy socket pile up to tens of MB before the collector sees a need.
    releaseOwn(chunk);
  }

  finish(announced: number | null): Body {
    if (announced !== null && announced !== this.#length) throw brokenOff();
    if (this.#length < this.#bytes.length) this.#resize(this.#length);
    return { bytes: this.#bytes, sha256: this.#hash?.digest('hex') ?? null };
  }

  /** What was refused gives its memory back at once: bombs come by the dozen. */
  release(): void {
    release(this.#bytes);
  }

  #resize(length: number): void {
    this.#bytes = new Uint8Array(this.#bytes.buffer.transfer(length));
  }
}

/** Refuses a body without a byte for a while, and one that is slower than the least rate after that while. */
class Watchdog {
  readonly #limits: BodyOptions['limits'];
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  #lastAt = this.#startedAt;
  #bytes = 0;

  constructor(limits: BodyOptions['limits'], refuse: (error: RowferryError) => void) {
    this.#limits = limits;
    const every = Math.max(10, Math.min(1000, limits.bodyIdleMs / 4));
    this.#timer = setInterval(() => {
      const fault = this.#fault();
      if (fault !== null) refuse(slow(fault));
    }, every);
  }

  note(bytes: number): void {
    this.#lastAt = performance.now();
    this.#bytes += bytes;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #fault(): string | null {
    const now = performance.now();
    const { bodyIdleMs, bodyBytesPerSecond } = this.#limits;
    if (now - this.#lastAt > bodyIdleMs) return `no byte of the body came for ${bodyIdleMs / 1000} s`;
    const seconds = (now - this.#startedAt) / 1000;
    if (seconds * 1000 <= bodyIdleMs || this.#bytes / seconds >= bodyBytesPerSecond) return null;
    return `the body comes at less than ${bodyBytesPerSecond} bytes a second`;
  }
}

function slow(fault: string): RowferryError {
  return new RowferryError('timeout', fault, { hint: 'send the request again', retryAfterSeconds: 1 });
}
