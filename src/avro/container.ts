import { createHash, randomBytes } from 'node:crypto';
import { RowferryError } from '../errors.ts';
import type { ByteSink } from '../lib/byte-file.ts';
import { release, releaseOwn } from '../lib/release.ts';
import type { Codec } from '../model/avro-options.ts';
import { PACKINGS } from './codecs.ts';
import { MAX_BLOCK_BYTES, MAX_HEADER_BYTES, MAX_PACKED_BYTES } from './limits.ts';

/** Writes an Avro object container file: header, then blocks that are packed while the next one is filled. */

export const MAGIC = Buffer.from([0x4f, 0x62, 0x6a, 1]);
export const SYNC_BYTES = 16;

/** Blocks being packed at a time; what they hold stays in memory. */
const MOST_UNDER_WAY = 3;

export interface ContainerOptions {
  /** The schema as JSON text. */
  readonly schema: string;
  readonly codec: Codec;
  /** Entries of the file's metadata besides avro.schema and avro.codec. */
  readonly metadata: ReadonlyMap<string, string>;
}

export interface ContainerTotals {
  readonly blocks: number;
  /** Bytes after the header. */
  readonly bodyBytes: number;
  /** Hex SHA-256 of the bytes after the header. */
  readonly bodySha256: string;
}

export class ContainerWriter {
  /** As it stands at the start of the file. `patchHeader` changes values of the same length. */
  readonly header: Buffer;
  readonly #file: ByteSink;
  readonly #codec: Codec;
  readonly #sync = randomBytes(SYNC_BYTES);
  readonly #hash = createHash('sha256');
  readonly #underWay: Array<{ rows: number; packed: Promise<Buffer> }> = [];
  #position: number;
  #blocks = 0;

  private constructor(file: ByteSink, options: ContainerOptions) {
    this.#file = file;
    this.#codec = options.codec;
    this.header = encodeHeader(options, this.#sync);
    this.#position = this.header.length;
  }

  /** Writes the header. `table-unsupported` when it is larger than readers take. */
  static async create(file: ByteSink, options: ContainerOptions): Promise<ContainerWriter> {
    const writer = new ContainerWriter(file, options);
    await writer.writeHeader();
    return writer;
  }

  /** Resolves when there is room for the next block. The memory of `block`, all of it, is the writer's to give back. */
  async append(block: Buffer, rows: number): Promise<void> {
    if (block.length > MAX_BLOCK_BYTES) throw tooLarge(block.length, MAX_BLOCK_BYTES);
    const packed = PACKINGS[this.#codec].pack(block);
    packed.then(
      (small) => small !== block && release(block),
      // A fault is reported when its turn comes; until then it is not an unhandled one.
      () => undefined,
    );
    this.#underWay.push({ rows, packed });
    while (this.#underWay.length > MOST_UNDER_WAY) await this.#writeNext();
  }

  async finish(): Promise<ContainerTotals> {
    while (this.#underWay.length > 0) await this.#writeNext();
    return {
      blocks: this.#blocks,
      bodyBytes: this.#position - this.header.length,
      bodySha256: this.#hash.digest('hex'),
    };
  }

  /** Writes the header again, as it stands in `header`. */
  async writeHeader(): Promise<void> {
    await this.#file.write(this.header, 0);
  }

  async #writeNext(): Promise<void> {
    const next = this.#underWay.shift();
    if (next === undefined) return;
    const packed = await next.packed;
    if (packed.length > MAX_PACKED_BYTES) throw tooLarge(packed.length, MAX_PACKED_BYTES);
    const bytes = Buffer.concat([encodeLong(next.rows), encodeLong(packed.length), packed, this.#sync]);
    this.#hash.update(bytes);
    await this.#file.write(bytes, this.#position);
    releaseOwn(packed);
    this.#position += bytes.length;
    this.#blocks += 1;
  }
}

function tooLarge(found: number, most: number): RowferryError {
  const mebibytes = (bytes: number): string => `${(bytes / (1 << 20)).toFixed(1)} MiB`;
  return new RowferryError(
    'table-unsupported',
    `a row or header takes ${mebibytes(found)} in the backup; readers take at most ${mebibytes(most)}`,
  );
}

function encodeHeader(options: ContainerOptions, sync: Buffer): Buffer {
  const entries = new Map([
    ['avro.schema', options.schema],
    ['avro.codec', options.codec],
    ...options.metadata,
  ]);
  const pairs = [...entries].flatMap(([name, value]) => [encodeBytes(name), encodeBytes(value)]);
  const header = Buffer.concat([MAGIC, encodeLong(entries.size), ...pairs, encodeLong(0), sync]);
  if (header.length > MAX_HEADER_BYTES) throw tooLarge(header.length, MAX_HEADER_BYTES);
  return header;
}

function encodeBytes(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([encodeLong(bytes.length), bytes]);
}

/** A count or length, zigzag and variable length; not negative. */
export function encodeLong(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value * 2;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}
