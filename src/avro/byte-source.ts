import { createHash } from 'node:crypto';
import { RowferryError } from '../errors.ts';
import type { ByteInput } from '../lib/byte-file.ts';

/** Reads a file from start to end, hashes every byte it hands out, and says so when the file is too short. */

const CHUNK_BYTES = 1 << 18;
/** 2^53 takes 8 groups of 7 bits; no count or length of a file is larger. */
const MOST_LONG_BYTES = 8;

export class ByteSource {
  readonly #input: ByteInput;
  readonly #whole = createHash('sha256');
  #part = createHash('sha256');
  #record: Buffer[] | null = [];
  #chunk: Buffer = Buffer.alloc(0);
  #at = 0;
  /** Bytes handed out so far. */
  position = 0;

  constructor(input: ByteInput) {
    this.#input = input;
  }

  /** The next bytes, a view that holds until the next call. `backup-truncated` when there are fewer. */
  async read(length: number): Promise<Buffer> {
    if (this.#chunk.length - this.#at < length) await this.#fill(length);
    const bytes = this.#chunk.subarray(this.#at, this.#at + length);
    if (bytes.length < length) throw this.#truncated();
    this.#at += length;
    this.position += length;
    this.#whole.update(bytes);
    if (this.#record === null) this.#part.update(bytes);
    else this.#record.push(Buffer.from(bytes));
    return bytes;
  }

  /** Zigzag, variable length, within ±2^53. */
  async readLong(): Promise<number> {
    let zigzag = 0;
    for (let byte = 0, place = 1; byte < MOST_LONG_BYTES; byte++, place *= 128) {
      const [bits = 0] = await this.read(1);
      zigzag += (bits & 127) * place;
      if (bits < 128) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
    }
    throw new RowferryError('backup-invalid', 'the file holds a count that no Avro container has');
  }

  async atEnd(): Promise<boolean> {
    if (this.#at === this.#chunk.length) await this.#fill(1);
    return this.#at === this.#chunk.length;
  }

  /** Reads to the end; only the digests know what. */
  /** `onPiece` between the pieces, as they come from the disk. */
  async drain(onPiece?: () => void): Promise<void> {
    while (!(await this.atEnd())) {
      await this.read(this.#chunk.length - this.#at);
      onPiece?.();
    }
  }

  /** Everything handed out so far; from here on the bytes count for `partSha256`. Once only. */
  takeRecord(): Buffer {
    const record = Buffer.concat(this.#record ?? []);
    this.#record = null;
    this.#part = createHash('sha256');
    return record;
  }

  /** Hex digests of everything handed out, and of what came after takeRecord. Ends the source. */
  digests(): { sha256: string; partSha256: string } {
    return { sha256: this.#whole.digest('hex'), partSha256: this.#part.digest('hex') };
  }

  async #fill(length: number): Promise<void> {
    const left = this.#chunk.subarray(this.#at);
    const chunk = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, length));
    left.copy(chunk);
    let filled = left.length;
    while (filled < length) {
      const bytes = await this.#input.read(chunk, filled, chunk.length - filled);
      if (bytes === 0) break;
      filled += bytes;
    }
    this.#chunk = chunk.subarray(0, filled);
    this.#at = 0;
  }

  #truncated(): RowferryError {
    return new RowferryError(
      'backup-truncated',
      `the file ends too early, after ${this.position + this.#chunk.length - this.#at} bytes`,
    );
  }
}
