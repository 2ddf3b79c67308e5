/**
 * Sealed bodies of any size as async iterables: RFC 8188 over ciphers that the caller brings, node:crypto or
 * WebCrypto. Nothing here comes from Node. Each generator holds a record or two in memory.
 */
import {
  bodyInvalid,
  capacityOf,
  contentEnd,
  FIXED_HEADER_BYTES,
  formatHeader,
  isPlausible,
  LAST,
  MORE,
  parseHeader,
  RECORD_LIMITS,
  RECORD_OVERHEAD,
  type RecordLimits,
} from './framing.ts';

export type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/** The two content keys of one body at work. */
export interface RecordCipher {
  /** content ‖ tail, encrypted, ‖ tag. */
  seal(content: Uint8Array, tail: Uint8Array, sequence: number): Uint8Array | Promise<Uint8Array>;
  /** content ‖ tail. Throws `seal-body-invalid` when the tag does not verify. */
  open(record: Uint8Array, sequence: number): Uint8Array | Promise<Uint8Array>;
}

export type CipherOf = (salt: Uint8Array) => RecordCipher | Promise<RecordCipher>;

export interface SealFrame {
  readonly cipherOf: CipherOf;
  readonly keyId: string;
  /** 16 bytes, never used twice with a key. */
  readonly salt: Uint8Array;
  readonly recordSize: number;
  readonly limits?: RecordLimits;
}

export interface OpenFrame {
  readonly cipherOf: CipherOf;
  readonly keyId: string;
  readonly limits?: RecordLimits;
}

const EMPTY = new Uint8Array(0);

/** The header, then each record as soon as it is known whether another one follows. */
export async function* sealRecords(source: Chunks, frame: SealFrame): AsyncGenerator<Uint8Array> {
  const capacity = capacityOf(frame.recordSize, frame.limits);
  const cipher = await frame.cipherOf(frame.salt);
  const input = new ChunkReader(source);
  try {
    // Read before anything is given out: a source that was never asked cannot be closed.
    let content = await input.read(capacity);
    yield formatHeader(frame.salt, frame.recordSize, frame.keyId);
    for (let sequence = 0; ; sequence += 1) {
      const next = content.length < capacity ? EMPTY : await input.read(capacity);
      yield await cipher.seal(content, Uint8Array.of(next.length === 0 ? LAST : MORE), sequence);
      if (next.length === 0) return;
      content = next;
    }
  } finally {
    await input.close();
  }
}

/**
 * For answers that trickle, such as events: every chunk goes out at once, in records of its own, padded to the record
 * size; small records suit.
 */
export async function* sealLive(source: Chunks, frame: SealFrame): AsyncGenerator<Uint8Array> {
  const capacity = capacityOf(frame.recordSize, frame.limits);
  const cipher = await frame.cipherOf(frame.salt);
  yield formatHeader(frame.salt, frame.recordSize, frame.keyId);
  let sequence = 0;
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += capacity) {
      const content = chunk.subarray(at, at + capacity);
      const tail = new Uint8Array(1 + capacity - content.length);
      tail[0] = MORE;
      yield await cipher.seal(content, tail, sequence);
      sequence += 1;
    }
  }
  yield await cipher.seal(EMPTY, Uint8Array.of(LAST), sequence);
}

/**
 * The content of each record once its tag verified; that of the last one once nothing follows it. Whoever consumes
 * must not act on any of it before the end: a body that was cut throws `seal-body-invalid` only there.
 *
 * A source is closed when its body is refused. That destroys the socket of a node:http request: a server that still
 * wants to answer hands in `request.iterator({ destroyOnReturn: false })`.
 */
export async function* openRecords(source: Chunks, frame: OpenFrame): AsyncGenerator<Uint8Array> {
  const input = new ChunkReader(source);
  try {
    const head = await input.read(FIXED_HEADER_BYTES + frame.keyId.length);
    const { salt, recordSize } = parseHeader(head, frame.keyId, frame.limits ?? RECORD_LIMITS);
    const cipher = await frame.cipherOf(salt);
    for (let sequence = 0; ; sequence += 1) {
      const record = await input.read(recordSize);
      if (record.length < RECORD_OVERHEAD) throw bodyInvalid();
      const opened = await cipher.open(record, sequence);
      const end = contentEnd(opened);
      const last = opened[end] === LAST;
      if (!last && opened[end] !== MORE) throw bodyInvalid();
      if (last && (await input.read(1)).length > 0) throw bodyInvalid();
      if (last && sequence === 0 && !isPlausible(recordSize, record.length)) throw bodyInvalid();
      if (end > 0) yield opened.subarray(0, end);
      if (last) return;
    }
  } finally {
    await input.close();
  }
}

/** Chunks of any length read in pieces of a wanted one, without a copy where a piece lies within a chunk. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array> | Iterator<Uint8Array>;
  #rest: Uint8Array = EMPTY;

  constructor(source: Chunks) {
    this.#chunks =
      Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  }

  /** `size` bytes; fewer only at the end. */
  async read(size: number): Promise<Uint8Array> {
    if (this.#rest.length < size) return this.#gather(size);
    const piece = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(size);
    return piece;
  }

  /** Copies at once: a list of chunks could hold far more than their bytes when each is tiny. */
  async #gather(size: number): Promise<Uint8Array> {
    const whole = new Uint8Array(size);
    let [chunk, length] = [this.#rest, 0];
    for (;;) {
      const part = chunk.subarray(0, size - length);
      whole.set(part, length);
      length += part.length;
      this.#rest = chunk.subarray(part.length);
      if (length === size) break;
      const { done, value } = await this.#chunks.next();
      if (done === true) break;
      chunk = value;
    }
    return whole.subarray(0, length);
  }

  /** The source is told when its reader stops early, so that files and sockets are closed. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
