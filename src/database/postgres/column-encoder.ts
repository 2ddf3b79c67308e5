import type { Tape } from '../../model/tape.ts';

/** Some rows of a batch, encoded together: few enough that they stay in the cache from column to column. */
export interface Block {
  count: number;
  /** Int32 × rows: ordinals of the tape records. */
  readonly records: Int32Array<ArrayBuffer>;
  /** Int32 × rows: bytes of the row, added up column by column. */
  readonly sizes: Int32Array<ArrayBuffer>;
  /** Int32 × rows: where the next field of the row goes. */
  readonly cursors: Int32Array<ArrayBuffer>;
  out: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
}

export const BLOCK_ROWS = 512;

export function newBlock(): Block {
  const out = new Uint8Array(0);
  return {
    count: 0,
    records: new Int32Array(BLOCK_ROWS),
    sizes: new Int32Array(BLOCK_ROWS),
    cursors: new Int32Array(BLOCK_ROWS),
    out,
    view: new DataView(out.buffer),
  };
}

/**
 * One column of the rows of a block: `measure` adds the bytes of its fields to the sizes, `write` writes them at the
 * cursors and moves these on. A loop per type, without a call or an object per field.
 */
export interface ColumnEncoder {
  measure(block: Block): void;
  write(block: Block): void;
}

/** A column of the tape. */
export interface TapeColumn {
  readonly tape: Tape;
  readonly field: number;
}

/** A field is its length as Int32, then its bytes; NULL is the length -1 (COPY, Binary Format). */
export const LENGTH_BYTES = 4;
export const NULL_LENGTH = -1;
