import { isUtf8 } from 'node:buffer';
import { RowferryError } from '../errors.ts';
import {
  InvalidText,
  type StorageClass,
  type StoredColumn,
  type StoredValue,
} from '../model/stored-table.ts';

/** Avro binary to rows; trusts no length, index or text of the block. Every fault is `backup-checksum`. */

type Branch = StorageClass | 'null';

interface Field {
  readonly branches: readonly Branch[];
  /** Generated columns are read past: no one inserts them. */
  readonly wanted: boolean;
  /** Beside reals, integers become bigint, so that both keep what they are. */
  readonly mixed: boolean;
}

const SHORT_TEXT = 64;

export class RowDecoder {
  readonly #fields: readonly Field[];
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(columns: readonly StoredColumn[]) {
    this.#fields = columns.map((column) => ({
      branches: column.optional ? ['null', ...column.classes] : column.classes,
      wanted: !column.generated,
      mixed: column.classes.includes('integer') && column.classes.includes('real'),
    }));
  }

  open(block: Buffer): void {
    this.#block = block;
    this.#at = 0;
  }

  /** All rows were read and no byte is left. */
  get atEnd(): boolean {
    return this.#at === this.#block.length;
  }

  /** Checks the next row without making values of it, and gives its bytes. */
  skip(): Buffer {
    const start = this.#at;
    for (const field of this.#fields) this.#skipValue(this.#branch(field));
    return this.#block.subarray(start, this.#at);
  }

  /** Appends the next row's values, generated columns left out. */
  read(values: StoredValue[]): void {
    for (const field of this.#fields) {
      const branch = this.#branch(field);
      if (!field.wanted) this.#skipValue(branch);
      else if (branch === 'integer' && field.mixed) values.push(BigInt(this.#long()));
      else values.push(this.#value(branch));
    }
  }

  #branch(field: Field): Branch {
    const index = field.branches.length === 1 ? 0 : this.#long();
    const branch = typeof index === 'number' ? field.branches[index] : undefined;
    if (branch === undefined) throw damaged(`branch ${index} of ${field.branches.length}`);
    return branch;
  }

  #value(branch: Branch): StoredValue {
    switch (branch) {
      case 'null':
        return null;
      case 'integer':
        return this.#long();
      case 'real':
        return this.#block.readDoubleLE(this.#take(8));
      case 'text':
        return this.#text();
      case 'blob':
        return this.#bytes();
      case 'invalid-text':
        return new InvalidText(this.#bytes());
    }
  }

  #skipValue(branch: Branch): void {
    if (branch === 'integer') this.#long();
    else if (branch === 'real') this.#take(8);
    else if (branch === 'text') this.#checkText();
    else if (branch !== 'null') this.#bytes();
  }

  #take(bytes: number): number {
    const start = this.#at;
    if (bytes > this.#block.length - start) throw damaged('a value runs past the end of its block');
    this.#at = start + bytes;
    return start;
  }

  #length(): number {
    const length = this.#long();
    if (typeof length !== 'number' || length < 0) throw damaged(`a length of ${length}`);
    return length;
  }

  #bytes(): Buffer {
    const length = this.#length();
    const start = this.#take(length);
    return this.#block.subarray(start, start + length);
  }

  #text(): string {
    const start = this.#checkText();
    return this.#block.toString('utf8', start, this.#at);
  }

  /** Gives where the text starts; it ends where the cursor stands. */
  #checkText(): number {
    const length = this.#length();
    const start = this.#take(length);
    const block = this.#block;
    let at = length > SHORT_TEXT ? start : this.#at;
    if (length <= SHORT_TEXT) for (at = start; at < this.#at && (block[at] ?? 0) < 128; at++);
    if (at < this.#at && !isUtf8(block.subarray(at, this.#at))) throw damaged('a text that is not UTF-8');
    return start;
  }

  /** A number within ±2^53, a bigint beyond. */
  #long(): number | bigint {
    const block = this.#block;
    let bits = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = block[this.#take(1)] ?? 0;
      bits |= (byte & 127) << shift;
      if (byte < 128) return (bits >>> 1) ^ -(bits & 1);
    }
    return this.#longer(BigInt(bits));
  }

  #longer(low: bigint): number | bigint {
    let zigzag = low;
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = this.#block[this.#take(1)] ?? 0;
      zigzag |= BigInt(byte & 127) << shift;
      if (byte < 128) {
        if (zigzag >> 64n !== 0n) break;
        const value = (zigzag >> 1n) ^ -(zigzag & 1n);
        const number = Number(value);
        return Number.isSafeInteger(number) ? number : value;
      }
    }
    throw damaged('a number of more than 64 bits');
  }
}

function damaged(found: string): RowferryError {
  return new RowferryError('backup-checksum', `the rows of the backup cannot be read: ${found}`);
}
