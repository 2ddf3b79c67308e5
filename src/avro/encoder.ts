import type { RowSink } from '../model/row-sink.ts';
import {
  classesOf,
  InvalidText,
  type StorageClass,
  type StoredColumn,
  type StoredValue,
} from '../model/stored-table.ts';
import { BinaryWriter } from './binary-writer.ts';

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
  const classes = classesOf(column);
  const branch = (storage: StorageClass): number => {
    const index = classes.indexOf(storage);
    return index < 0 ? -1 : index + first;
  };
  return {
    name: column.name,
    union: column.optional || classes.length > 1,
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
  /** The block is full when it has passed this; default 256 KiB: deflate looks back 32 KiB only. */
  readonly blockBytes?: number;
}

/** Rows one after the other. */
export interface EncodedRows {
  readonly data: Buffer;
  readonly rows: number;
  /** Int32 × rows: the offset behind each row. */
  readonly ends: Int32Array;
}

const BLOCK_BYTES = 1 << 18;
const START_ROWS = 1 << 10;
/** In a nullable column: `["null", type]`, zigzag. */
const FILLED = 2;

export class RowEncoder implements RowSink {
  readonly #fields: readonly Field[];
  readonly #suspect: boolean;
  readonly #integersAreBigint: boolean;
  readonly #blockBytes: number;
  readonly #out = new BinaryWriter();
  #column = 0;
  #ends = new Int32Array(START_ROWS);
  #rows = 0;

  constructor(columns: readonly StoredColumn[], options: RowEncoderOptions = {}) {
    this.#fields = columns.map(fieldOf);
    this.#suspect = options.suspectReplacement ?? false;
    this.#integersAreBigint = options.integersAreBigint ?? false;
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
  }

  /** Bytes of the block so far. */
  get size(): number {
    return this.#out.size;
  }
  get rows(): number {
    return this.#rows;
  }

  /** Takes the rows away; the next one starts a new block. */
  takeBlock(): EncodedRows {
    const rows = this.#rows;
    const ends = this.#ends.slice(0, rows);
    this.#rows = 0;
    return { data: this.#out.take(), rows, ends };
  }

  endRow(): boolean {
    if (this.#column !== this.#fields.length) throw new TypeError('a row without all of its columns');
    if (this.#rows === this.#ends.length) {
      const more = new Int32Array(this.#rows * 2);
      more.set(this.#ends);
      this.#ends = more;
    }
    this.#ends[this.#rows++] = this.#out.size;
    this.#column = 0;
    return this.#out.size >= this.#blockBytes;
  }

  null(): void {
    const field = this.#next();
    if (!field.optional) throw new MisfitError(field.name, 'null');
    this.#out.byte(0);
  }

  boolean(value: boolean): void {
    this.#filled();
    this.#out.byte(value ? 1 : 0);
  }

  int(value: number): void {
    this.#filled();
    this.#out.int(value);
  }

  long(high: number, low: number): void {
    this.#filled();
    this.#out.long(high, low);
  }

  float(value: number): void {
    this.#filled();
    this.#out.float(value);
  }

  double(value: number): void {
    this.#filled();
    this.#out.double(value);
  }

  text(bytes: Uint8Array, start: number, end: number): void {
    this.bytes(bytes, start, end);
  }

  bytes(bytes: Uint8Array, start: number, end: number): void {
    this.#filled();
    this.#out.bytes(bytes, start, end);
  }

  fixed(bytes: Uint8Array, start: number, end: number): void {
    this.#filled();
    this.#out.fixed(bytes, start, end);
  }

  value(value: StoredValue): void {
    if (value === null) {
      this.null();
      return;
    }
    const field = this.#next();
    if (typeof value === 'string') this.#string(field, value);
    else if (typeof value === 'number') this.#number(field, value);
    else if (typeof value === 'bigint') {
      this.#branch(field, field.integer, 'integer');
      this.#out.bigint(value);
    } else if (value instanceof InvalidText) {
      this.#branch(field, field.invalidText, 'invalid-text');
      this.#out.bytes(value.bytes, 0, value.bytes.length);
    } else {
      this.#branch(field, field.blob, 'blob');
      this.#out.bytes(value, 0, value.length);
    }
  }

  #next(): Field {
    const field = this.#fields[this.#column++];
    if (field === undefined) throw new TypeError('a row of more than its columns');
    return field;
  }

  #filled(): void {
    if (this.#next().optional) this.#out.byte(FILLED);
  }

  #branch(field: Field, branch: number, found: string): void {
    if (branch < 0) throw new MisfitError(field.name, found);
    if (field.union) this.#out.byte(branch << 1);
  }

  #number(field: Field, value: number): void {
    if (field.real >= 0) {
      this.#branch(field, field.real, 'real');
      this.#out.double(value);
    } else {
      const isReal = this.#integersAreBigint || !Number.isInteger(value);
      this.#branch(field, isReal ? -1 : field.integer, isReal ? 'real' : 'integer');
      this.#out.number(value);
    }
  }

  #string(field: Field, value: string): void {
    this.#branch(field, field.text, 'text');
    const bytes = this.#out.string(value);
    if (this.#suspect && bytes > value.length && value.includes('\uFFFD')) {
      throw new SuspectTextError(field.name);
    }
  }
}
