import { randomBytes } from 'node:crypto';
import type { ByteSink } from '../lib/byte-file.ts';
import type { AgeHeader } from './header.ts';
import { CHUNK_BYTES, ChunkCipher, PAYLOAD_NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES } from './payload.ts';

/** Chunks that are sealed and written at a time. */
const BATCH_CHUNKS = 16;
const BATCH_BYTES = BATCH_CHUNKS * CHUNK_BYTES;

/**
 * Encrypts what is written to it. Bytes come in their order; the first `held` of them can be written again until
 * `finish`: their chunks wait in memory, since no chunk may be sealed twice. No plaintext reaches the file.
 */
export class AgeSink implements ByteSink {
  readonly #file: ByteSink;
  readonly #header: AgeHeader;
  readonly #nonce = randomBytes(PAYLOAD_NONCE_BYTES);
  readonly #cipher: ChunkCipher;
  /** What can still be written again. */
  readonly #held: Buffer;
  /** What is not sealed yet of the rest. */
  readonly #batch = Buffer.allocUnsafe(BATCH_BYTES);
  #inBatch = 0;
  /** Bytes that came. */
  #length = 0;
  /** Bytes that were sealed of those behind the held ones. */
  #sealed = 0;

  /** `held` bytes are rounded up to whole chunks. */
  constructor(file: ByteSink, header: AgeHeader, held: number) {
    this.#file = file;
    this.#header = header;
    this.#cipher = new ChunkCipher(header.fileKey, this.#nonce);
    this.#held = Buffer.alloc(Math.ceil(held / CHUNK_BYTES) * CHUNK_BYTES);
  }

  async write(bytes: Uint8Array, position: number): Promise<void> {
    const end = position + bytes.length;
    if (position !== this.#length && end > Math.min(this.#length, this.#held.length)) {
      throw new TypeError(
        `${bytes.length} bytes at ${position} of ${this.#length}: they were sealed, or leave a gap`,
      );
    }
    const room = Math.max(0, this.#held.length - position);
    this.#held.set(bytes.subarray(0, room), position > this.#held.length ? 0 : position);
    this.#length = Math.max(this.#length, end);
    for (let at = room; at < bytes.length; ) at += await this.#append(bytes.subarray(at));
  }

  /** Seals what waits, writes it and the header. Nothing can be written afterwards. */
  async finish(): Promise<void> {
    const held = Math.min(this.#length, this.#held.length);
    if (this.#inBatch > 0) await this.#sealBatch(true);
    const payload = Buffer.concat([this.#header.bytes, this.#nonce]);
    await this.#file.write(payload, 0);
    // An empty file has a chunk too.
    if (held > 0 || this.#length === 0)
      await this.#seal(this.#held.subarray(0, held), 0, this.#length === held);
  }

  /** Gives how many bytes it took. A batch is sealed only when more comes: its last chunk may be the file's last. */
  async #append(bytes: Uint8Array): Promise<number> {
    if (this.#inBatch === BATCH_BYTES) await this.#sealBatch(false);
    const taken = bytes.subarray(0, BATCH_BYTES - this.#inBatch);
    this.#batch.set(taken, this.#inBatch);
    this.#inBatch += taken.length;
    return taken.length;
  }

  async #sealBatch(isLast: boolean): Promise<void> {
    const plain = this.#batch.subarray(0, this.#inBatch);
    const first = (this.#held.length + this.#sealed) / CHUNK_BYTES;
    this.#sealed += this.#inBatch;
    this.#inBatch = 0;
    await this.#seal(plain, first, isLast);
  }

  /** Chunks from the number `first` on; an empty file is one empty chunk. */
  async #seal(plain: Buffer, first: number, isLast: boolean): Promise<void> {
    const chunks = Math.max(1, Math.ceil(plain.length / CHUNK_BYTES));
    const sealed = Buffer.allocUnsafe(plain.length + chunks * TAG_BYTES);
    for (let chunk = 0; chunk < chunks; chunk++) {
      const content = plain.subarray(chunk * CHUNK_BYTES, (chunk + 1) * CHUNK_BYTES);
      const isLastChunk = isLast && chunk === chunks - 1;
      this.#cipher.seal(content, first + chunk, isLastChunk, sealed, chunk * SEALED_CHUNK_BYTES);
    }
    const start = this.#header.bytes.length + PAYLOAD_NONCE_BYTES;
    await this.#file.write(sealed, start + first * SEALED_CHUNK_BYTES);
  }
}
