import type { Tape } from '../../model/tape.ts';
import { varintLength, writeVarint } from './image.ts';

/** Some rows of a batch, encoded together: few enough that they stay in the cache from column to column. */
export interface Block {
  count: number;
  /** Int32 × rows: ordinals of the tape records. */
  readonly records: Int32Array<ArrayBuffer>;
  /**
   * Int32 × rows: bytes of the row's header without its own length, and of its body, added up column by column. Each
   * column has one byte of the header from the start: most serial types need no more.
   */
  readonly headers: Int32Array<ArrayBuffer>;
  readonly bodies: Int32Array<ArrayBuffer>;
  /** Bytes that each row's body has beside those. */
  fixed: number;
  /** Int32 × rows: bytes of the row. */
  readonly payloads: Int32Array<ArrayBuffer>;
  /** Int32 × rows: where the next serial type and the next value of the row go. */
  readonly heads: Int32Array<ArrayBuffer>;
  readonly cursors: Int32Array<ArrayBuffer>;
  out: Uint8Array;
  view: DataView;
}

export const BLOCK_ROWS = 512;

export function newBlock(): Block {
  const out = new Uint8Array(0);
  return {
    count: 0,
    records: new Int32Array(BLOCK_ROWS),
    headers: new Int32Array(BLOCK_ROWS),
    bodies: new Int32Array(BLOCK_ROWS),
    fixed: 0,
    payloads: new Int32Array(BLOCK_ROWS),
    heads: new Int32Array(BLOCK_ROWS),
    cursors: new Int32Array(BLOCK_ROWS),
    out,
    view: new DataView(out.buffer),
  };
}

/**
 * One column of the rows of a block: `measure` finds the serial types of its values and adds what they need to
 * `headers` and `bodies`; `write` writes both at `heads` and `cursors` and moves these on. A loop per type; those of
 * texts and integers call nothing that is not compiled into them, since V8 reads the fields of an array object anew
 * after each call.
 */
export interface ColumnEncoder {
  measure(block: Block): void;
  write(block: Block): void;
}

/** A column of the tape. */
export interface TapeColumn {
  readonly tape: Tape;
  /** Over the bytes of the tape. */
  readonly view: DataView;
  readonly field: number;
}

/** Serial types of the record format (fileformat2.html, 2.1): 1 to 4 are integers of so many bytes. */
export const TYPE_NULL = 0;
export const TYPE_INT48 = 5;
export const TYPE_INT64 = 6;
export const TYPE_FLOAT = 7;
export const TYPE_ZERO = 8;
export const TYPE_ONE = 9;
/** And twice the bytes. */
export const TYPE_BLOB = 12;
export const TYPE_TEXT = 13;

export const newTypes = (): Int32Array<ArrayBuffer> => new Int32Array(BLOCK_ROWS);

/** Adds a value of `length` bytes to row `i`. */
export function addValue(block: Block, i: number, type: number, length: number): void {
  const { headers, bodies } = block;
  headers[i] = (headers[i] ?? 0) + varintLength(type) - 1;
  bodies[i] = (bodies[i] ?? 0) + length;
}

/** Writes the serial type of the next value of row `i`. */
export function writeType(block: Block, i: number, type: number): void {
  const { heads, out } = block;
  const at = heads[i] ?? 0;
  if (type < 0x80) {
    out[at] = type;
    heads[i] = at + 1;
  } else heads[i] = writeVarint(out, at, type);
}
