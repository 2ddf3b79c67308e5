import { RowferryError } from '../errors.ts';
import {
  InvalidText,
  type StorageClass,
  type StoredColumn,
  type StoredValue,
} from '../model/stored-table.ts';
import { MAX_BLOCK_BYTES } from './limits.ts';

/** Rows to Avro binary, a block at a time, without an object per row (Avro 1.11, Binary encoding). */

/** The value lies in a class that the column has no branch for. */
export class MisfitError extends Error {
  readonly column: string;
  constructor(column: string, found: string) {
    super(`column ${column} holds a value of class ${found}, which the schema has no place for`);
    this.name = 'MisfitError';
    this.column = column;
  }
}

/** A text holds U+FFFD, which a driver may have put in the place of bytes that are not UTF-8. */
export class SuspectTextError extends Error {
  constructor(column: string) {
    super(`column ${column} holds U+FFFD`);
    this.name = 'SuspectTextError';
  }
}

/** A column as the encoder sees it: index of the union's branch for each class; -1: no such branch. */
interface Field {
  readonly name: string;
  readonly union: boolean;
  readonly optional: boolean;
  readonly integer: number;
  readonly real: number;
  readonly text: number;
  readonly blob: number;
  readonly invalidText: number;
}

function fieldOf(column: StoredColumn): Field {
  const first = column.optional ? 1 : 0;
  const branch = (storage: StorageClass): number => {
    const index = column.classes.indexOf(storage);
    return index < 0 ? -1 : index + first;
  };
  return {
    name: column.name,
    union: column.optional || column.classes.length > 1,
    optional: column.optional,
    integer: branch('integer'),
    real: branch('real'),
    text: branch('text'),
    blob: branch('blob'),
    invalidText: branch('invalid-text'),
  };
}

export interface RowEncoderOptions {
  /** Throw SuspectTextError for a text with U+FFFD. */
  readonly suspectReplacement?: boolean;
  /** Take every number for a real, 5 too. */
  readonly integersAreBigint?: boolean;
}

function rowTooLarge(): RowferryError {
  return new RowferryError(
    'table-unsupported',
    `a row takes more than ${MAX_BLOCK_BYTES / (1 << 20)} MiB, the most that a backup can hold`,
  );
}

const START_BYTES = 1 << 16;
/** Short ASCII text is copied faster by hand than by a call into the runtime. */
const SHORT_TEXT = 48;

export class RowEncoder {
  readonly #fields: readonly Field[];
  readonly #suspect: boolean;
  readonly #integersAreBigint: boolean;
  #buffer = Buffer.allocUnsafe(START_BYTES);
  #at = 0;
  #rows = 0;

  constructor(columns: readonly StoredColumn[], options: RowEncoderOptions = {}) {
    this.#fields = columns.map(fieldOf);
    this.#suspect = options.suspectReplacement ?? false;
    this.#integersAreBigint = options.integersAreBigint ?? false;
  }

  /** Bytes of the block so far. */
  get size(): number {
    return this.#at;
  }
  get rows(): number {
    return this.#rows;
  }

  /** Appends the row to the block and gives its bytes, a view that holds until the next row. */
  encode(row: readonly StoredValue[]): Buffer {
    const start = this.#at;
    const fields = this.#fields;
    for (let index = 0; index < fields.length; index++) {
      const field = fields[index];
      if (field !== undefined) this.#value(field, row[index] ?? null);
    }
    this.#rows += 1;
    return this.#buffer.subarray(start, this.#at);
  }

  /** Takes the block away; the next row starts a new one. */
  takeBlock(): Buffer {
    const block = this.#buffer.subarray(0, this.#at);
    this.#buffer = Buffer.allocUnsafe(Math.max(START_BYTES, this.#at + (this.#at >> 3)));
    this.#at = 0;
    this.#rows = 0;
    return block;
  }

  #value(field: Field, value: StoredValue): void {
    this.#need(12);
    if (typeof value === 'string') this.#text(field, value);
    else if (typeof value === 'number') this.#number(field, value);
    else if (value === null) this.#null(field);
    else if (typeof value === 'bigint') {
      this.#branch(field, field.integer, 'integer');
      this.#bigint(value);
    } else if (value instanceof InvalidText) {
      this.#branch(field, field.invalidText, 'invalid-text');
      this.#bytes(value.bytes);
    } else {
      this.#branch(field, field.blob, 'blob');
      this.#bytes(value);
    }
  }

  #branch(field: Field, branch: number, found: string): void {
    if (branch < 0) throw new MisfitError(field.name, found);
    if (field.union) this.#buffer[this.#at++] = branch << 1;
  }

  #null(field: Field): void {
    if (!field.optional) throw new MisfitError(field.name, 'null');
    this.#buffer[this.#at++] = 0;
  }

  #number(field: Field, value: number): void {
    if (field.real >= 0) {
      this.#branch(field, field.real, 'real');
      this.#at = this.#buffer.writeDoubleLE(value, this.#at);
    } else {
      const isReal = this.#integersAreBigint || !Number.isInteger(value);
      this.#branch(field, isReal ? -1 : field.integer, isReal ? 'real' : 'integer');
      this.#long(value);
    }
  }

  #text(field: Field, value: string): void {
    this.#branch(field, field.text, 'text');
    const length = value.length;
    if (length <= SHORT_TEXT && this.#shortAscii(value, length)) return;
    const bytes = Buffer.byteLength(value);
    if (this.#suspect && bytes > length && value.includes('\uFFFD')) throw new SuspectTextError(field.name);
    this.#need(bytes + 12);
    this.#long(bytes);
    this.#at += this.#buffer.write(value, this.#at);
  }

  /** False, and nothing written, when a character is not ASCII. */
  #shortAscii(value: string, length: number): boolean {
    this.#need(SHORT_TEXT + 12);
    const buffer = this.#buffer;
    let at = this.#at + 1;
    for (let index = 0; index < length; index++) {
      const code = value.charCodeAt(index);
      if (code > 127) return false;
      buffer[at++] = code;
    }
    buffer[this.#at] = length << 1;
    this.#at = at;
    return true;
  }

  #bytes(value: Uint8Array): void {
    this.#need(value.length + 12);
    this.#long(value.length);
    this.#buffer.set(value, this.#at);
    this.#at += value.length;
  }

  /** Zigzag and variable length; at most 10 bytes, which the caller has asked room for. */
  #long(value: number): void {
    if (value < -0x4000_0000 || value >= 0x4000_0000) {
      this.#bigint(BigInt(value));
      return;
    }
    const buffer = this.#buffer;
    let rest = (value << 1) ^ (value >> 31);
    while (rest > 127) {
      buffer[this.#at++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    buffer[this.#at++] = rest;
  }

  #bigint(value: bigint): void {
    if (value >= -0x4000_0000n && value < 0x4000_0000n) {
      this.#long(Number(value));
      return;
    }
    const zigzag = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
    const buffer = this.#buffer;
    // 28 bits at a time keep the bytes out of bigint arithmetic.
    let low = Number(zigzag & 0xfff_ffffn);
    let high = Number(zigzag >> 28n);
    while (high > 0) {
      for (let group = 0; group < 4; group++) {
        buffer[this.#at++] = (low & 127) | 128;
        low >>>= 7;
      }
      low = high % 0x1000_0000;
      high = Math.floor(high / 0x1000_0000);
    }
    while (low > 127) {
      buffer[this.#at++] = (low & 127) | 128;
      low >>>= 7;
    }
    buffer[this.#at++] = low;
  }

  #need(bytes: number): void {
    const wanted = this.#at + bytes;
    if (wanted <= this.#buffer.length) return;
    if (wanted > MAX_BLOCK_BYTES) throw rowTooLarge();
    const larger = Buffer.allocUnsafe(Math.min(MAX_BLOCK_BYTES, Math.max(wanted, this.#buffer.length * 2)));
    this.#buffer.copy(larger, 0, 0, this.#at);
    this.#buffer = larger;
  }
}
