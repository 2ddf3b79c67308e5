import { open } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';

/** Bytes of content, and whether they are the last. */
export interface Chunk {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly last: boolean;
}

const CHUNK = 4 << 20;
/** No record needs more: what is longer than MAX_RECORD_BYTES is rejected as soon as that is known. */
const MAX_OPEN = 64 << 20;

/**
 * The content of a file as UTF-8, in pieces that start where `consumed` left the one before. Bytes that are wrong in
 * another encoding than UTF-8 come as U+FFFD. `file-unreadable` where it cannot be read.
 */
export class Utf8Source {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #decoder: TextDecoder | null;
  #buffer = new Uint8Array(CHUNK);
  #filled = 0;
  #ended = false;
  readonly #path: string;

  constructor(path: string, pieces: AsyncIterable<Uint8Array>, encoding: string) {
    this.#path = path;
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#decoder = encoding === 'utf-8' ? null : new TextDecoder(encoding);
  }

  /** The piece that starts with what was not consumed of the one before, which is no longer valid. */
  async next(consumed: number): Promise<Chunk> {
    this.#buffer.copyWithin(0, consumed, this.#filled);
    this.#filled -= consumed;
    if (this.#filled > MAX_OPEN) {
      throw new RowferryError('record-too-long', `${this.#path}: no record ends within ${MAX_OPEN} bytes`);
    }
    const wanted = this.#filled + CHUNK / 2;
    while (!this.#ended && this.#filled < wanted) await this.#fill();
    return { bytes: this.#buffer.subarray(0, this.#filled), last: this.#ended };
  }

  async #fill(): Promise<void> {
    const { value, done } = await this.#pieces.next();
    if (done === true) this.#ended = true;
    const bytes = this.#utf8(done === true ? undefined : value);
    if (this.#filled + bytes.length > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#filled + bytes.length, 2 * this.#buffer.length));
      larger.set(this.#buffer.subarray(0, this.#filled));
      this.#buffer = larger;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  #utf8(bytes: Uint8Array | undefined): Uint8Array {
    if (this.#decoder === null) return bytes ?? new Uint8Array(0);
    return Buffer.from(this.#decoder.decode(bytes, { stream: bytes !== undefined }));
  }
}

/** The bytes of a file, piece by piece; each piece is valid until the next one is asked for. */
export async function* bytesOf(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  try {
    const piece = new Uint8Array(CHUNK / 2);
    for (;;) {
      const { bytesRead } = await file.read(piece);
      if (bytesRead === 0) return;
      yield piece.subarray(0, bytesRead);
    }
  } catch (error) {
    throw unreadable(path, error);
  } finally {
    await file.close();
  }
}

export function unreadable(path: string, error: unknown): RowferryError {
  const why = error instanceof Error ? error.message : String(error);
  return new RowferryError('file-unreadable', `${path} cannot be read: ${why}`);
}
