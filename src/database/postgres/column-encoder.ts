import { FIELD_NULL, type Tape } from '../../model/tape.ts';

/** Some rows of a batch, encoded together: few enough that they stay in the cache from column to column. */
export interface Block {
  count: number;
  /** Int32 × rows: ordinals of the tape records. */
  readonly records: Int32Array<ArrayBuffer>;
  /** Int32 × rows: bytes of the row, added up column by column. */
  readonly sizes: Int32Array<ArrayBuffer>;
  /** Int32 × rows: where the next field of the row goes. */
  readonly cursors: Int32Array<ArrayBuffer>;
  out: Uint8Array;
  view: DataView;
  /** An encoder met a spelling that it does not read, so these rows have to go as text. */
  unread: boolean;
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
    unread: false,
  };
}

/**
 * One column of the rows of a block: `measure` adds what its fields have beside `size` bytes to the sizes, `write`
 * writes them at the cursors and moves these on. A loop per type; those of the usual types call nothing that is not
 * compiled into them, since V8 reads the fields of an array object anew after each call.
 */
export interface ColumnEncoder {
  /** Bytes of a field with its length, before `measure` adds the rest or takes away. */
  readonly size: number;
  /** Null where all fields have `size` bytes. */
  readonly measure: ((block: Block) => void) | null;
  write(block: Block): void;
}

/** A column of the tape. */
export interface TapeColumn {
  readonly tape: Tape;
  /** Over the bytes of the tape. */
  readonly view: DataView;
  readonly field: number;
  /** NULL may stand in good records. */
  readonly nullable: boolean;
}

/** A field is its length as Int32, then its bytes; NULL is the length -1 (COPY, Binary Format). */
export const LENGTH_BYTES = 4;
export const NULL_LENGTH = -1;

/**
 * What writes a column. Such functions stand at the top of their modules: of a closure that is made for each batch V8
 * compiles no constant of the module in, which doubles the time of a loop.
 */
export type ColumnWriter = (column: TapeColumn, block: Block) => void;

/** A column whose values all have `length` bytes. */
export function fixedEncoder(column: TapeColumn, length: number, write: ColumnWriter): ColumnEncoder {
  const measure = column.nullable ? (block: Block) => takeNulls(column, length, block) : null;
  return { size: LENGTH_BYTES + length, measure, write: (block) => write(column, block) };
}

/** Takes away what fields that are NULL do not have. */
export function takeNulls(
  { tape, field }: TapeColumn,
  length: number,
  { records, sizes, count }: Block,
): void {
  const { flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const flag = flags[(records[i] ?? 0) * width + field] ?? 0;
    if (flag & FIELD_NULL) sizes[i] = (sizes[i] ?? 0) - length;
  }
}

/** Writes one value that is no NULL, after its length. */
export type ValueWriter = (tape: Tape, slot: number, view: DataView, at: number) => void;

/** A column whose values have `length` bytes, with a call for each: for the less usual types. */
export function valueEncoder(column: TapeColumn, length: number, value: ValueWriter): ColumnEncoder {
  return fixedEncoder(column, length, (_, block) => writeValues(column, length, value, block));
}

function writeValues(
  { tape, field }: TapeColumn,
  length: number,
  value: ValueWriter,
  { records, cursors, count, view }: Block,
): void {
  const { flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const at = cursors[i] ?? 0;
    const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
    view.setInt32(at, isNull ? NULL_LENGTH : length);
    if (!isNull) value(tape, slot, view, at + LENGTH_BYTES);
    cursors[i] = at + LENGTH_BYTES + (isNull ? 0 : length);
  }
}
