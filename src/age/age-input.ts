import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import { type ByteInput, inputOf, readFully } from '../lib/byte-file.ts';
import { headerLength, isHeaderOf, keyNeeded, MAX_HEADER_BYTES } from './header.ts';
import { ChunkCipher, PAYLOAD_NONCE_BYTES, SEALED_CHUNK_BYTES, TAG_BYTES } from './payload.ts';

/** Chunks that are read at a time. */
const BATCH_CHUNKS = 16;

/**
 * Decrypts a file from start to end. Gives no byte of a chunk that is not authentic; the end only after a chunk that
 * was sealed as the last. `backup-truncated` for a file that was cut, at the end of a chunk too, `backup-checksum` for
 * one that was changed.
 */
export class AgeInput implements ByteInput {
  readonly #file: ByteInput;
  readonly #cipher: ChunkCipher;
  readonly #hash = createHash('sha256');
  readonly #batch: Buffer;
  /** Of the file after its header and nonce, and how much of it was not read yet. */
  readonly #sealed: number;
  #left: number;
  /** Within the batch. */
  #next = 0;
  #end = 0;
  #index = 0;
  #plain: Buffer = Buffer.alloc(0);

  /** Reads the header. `backup-no-key` without a key, `backup-checksum` where the key is not that of the header. */
  static async open(file: FileHandle, fileKey: Uint8Array | null): Promise<AgeInput> {
    const { size } = await file.stat();
    const header = await readAgeHeader(file);
    if (fileKey === null) throw keyNeeded();
    if (!isHeaderOf(header, fileKey))
      throw changed('its header is not the one that was written with this key');
    const start = header.length + PAYLOAD_NONCE_BYTES;
    const nonce = Buffer.alloc(PAYLOAD_NONCE_BYTES);
    const { bytesRead } = await file.read(nonce, 0, nonce.length, header.length);
    if (bytesRead < nonce.length) throw truncated(size);
    return new AgeInput(file, size - start, [header, nonce], new ChunkCipher(fileKey, nonce));
  }

  private constructor(file: FileHandle, sealed: number, start: readonly Buffer[], cipher: ChunkCipher) {
    const from = start.reduce((length, part) => length + part.length, 0);
    this.#file = inputOf(file, from);
    this.#sealed = sealed;
    this.#left = sealed;
    this.#batch = Buffer.allocUnsafe(Math.min(Math.max(0, sealed), BATCH_CHUNKS * SEALED_CHUNK_BYTES));
    this.#cipher = cipher;
    for (const part of start) this.#hash.update(part);
  }

  /** Bytes that come of the file when it is whole. */
  get size(): number {
    return Math.max(0, this.#sealed - Math.ceil(this.#sealed / SEALED_CHUNK_BYTES) * TAG_BYTES);
  }

  async read(buffer: Uint8Array, offset: number, length: number): Promise<number> {
    if (this.#plain.length === 0 && !(await this.#open())) return 0;
    const given = this.#plain.subarray(0, length);
    buffer.set(given, offset);
    this.#plain = this.#plain.subarray(given.length);
    return given.length;
  }

  /** Hex SHA-256 of the file as it lies there; only after all of it was read. */
  sha256(): string {
    return this.#hash.digest('hex');
  }

  /** The next chunk; false after the last. */
  async #open(): Promise<boolean> {
    if (this.#next === this.#end) {
      if (this.#left === 0 && this.#index > 0) return false;
      await this.#fill();
    }
    const sealed = this.#batch.subarray(this.#next, Math.min(this.#next + SEALED_CHUNK_BYTES, this.#end));
    this.#next += sealed.length;
    const isLast = this.#left === 0 && this.#next === this.#end;
    const plain = this.#cipher.open(sealed, this.#index, isLast);
    if (plain === null) throw this.#refused(sealed, isLast);
    if (plain.length === 0 && this.#index > 0) throw changed('an empty chunk stands at its end');
    this.#plain = plain;
    this.#index += 1;
    return plain.length > 0;
  }

  async #fill(): Promise<void> {
    const wanted = Math.min(this.#left, this.#batch.length);
    const came = await readFully(this.#file, this.#batch, wanted);
    if (came < wanted || wanted === 0) throw truncated(this.#sealed);
    this.#hash.update(this.#batch.subarray(0, came));
    this.#left -= came;
    this.#next = 0;
    this.#end = came;
  }

  /** A file that was cut ends with a chunk that is not the last, or with a part of one. */
  #refused(sealed: Buffer, isLast: boolean): RowferryError {
    const isCut = isLast && this.#cipher.open(sealed, this.#index, false) !== null;
    if (isCut || sealed.length < TAG_BYTES) return truncated(this.#sealed);
    return changed(`its chunk ${this.#index + 1} is not what was written`);
  }
}

/** `backup-truncated` or `backup-checksum` where there is none. */
export async function readAgeHeader(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const start = Buffer.alloc(Math.min(size, MAX_HEADER_BYTES));
  const { bytesRead } = await file.read(start, 0, start.length, 0);
  const length = headerLength(start.subarray(0, bytesRead));
  if (length !== null) return start.subarray(0, length);
  throw bytesRead < MAX_HEADER_BYTES ? truncated(bytesRead) : changed('its header does not end');
}

function truncated(bytes: number): RowferryError {
  return new RowferryError('backup-truncated', `the encrypted file ends too early, after ${bytes} bytes`, {
    hint: 'use another backup of the table: rowferry backups',
  });
}

function changed(found: string): RowferryError {
  return new RowferryError('backup-checksum', `the encrypted file was changed: ${found}`, {
    hint: 'use another backup of the table: rowferry backups',
  });
}
