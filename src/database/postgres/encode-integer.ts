import { fieldText } from '../../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, NOT_READ, type Tape } from '../../model/tape.ts';
import type { Block, ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { fixedEncoder, LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';

/** Whole numbers. Most of them were read by `check` and stand on the tape; the others are written in a second turn. */

const WORD = 2 ** 32;

export const int2Encoder = (column: TapeColumn): ColumnEncoder => fixedEncoder(column, 2, writeInt2);

function writeInt2(column: TapeColumn, block: Block): void {
  const { tape, field } = column;
  const { records, cursors, count, view } = block;
  const { integers, flags, width } = tape;
  let unread = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const at = cursors[i] ?? 0;
    const value = integers[slot] ?? NOT_READ;
    const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
    view.setInt32(at, isNull ? NULL_LENGTH : 2);
    if (value !== NOT_READ) view.setInt16(at + LENGTH_BYTES, value);
    else if (!isNull) unread++;
    cursors[i] = at + LENGTH_BYTES + (isNull ? 0 : 2);
  }
  if (unread > 0)
    writeUnread(block, column, (to, end, of, slot) => to.setInt16(end - 2, Number(wholeNumber(of, slot))));
}

export const int4Encoder = (column: TapeColumn): ColumnEncoder => fixedEncoder(column, 4, writeInt4);

function writeInt4(column: TapeColumn, block: Block): void {
  const { tape, field } = column;
  const { records, cursors, count, view } = block;
  const { integers, flags, width } = tape;
  let unread = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const at = cursors[i] ?? 0;
    const value = integers[slot] ?? NOT_READ;
    if (value !== NOT_READ) {
      view.setInt32(at, 4);
      view.setInt32(at + LENGTH_BYTES, value);
      cursors[i] = at + LENGTH_BYTES + 4;
    } else {
      const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
      view.setInt32(at, isNull ? NULL_LENGTH : 4);
      cursors[i] = at + LENGTH_BYTES + (isNull ? 0 : 4);
      if (!isNull) unread++;
    }
  }
  if (unread > 0)
    writeUnread(block, column, (to, end, of, slot) => to.setInt32(end - 4, Number(wholeNumber(of, slot))));
}

export const int8Encoder = (column: TapeColumn): ColumnEncoder => fixedEncoder(column, 8, writeInt8);

function writeInt8(column: TapeColumn, block: Block): void {
  const { tape, field } = column;
  const { records, cursors, count, view } = block;
  const { integers, flags, width } = tape;
  let unread = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const at = cursors[i] ?? 0;
    const value = integers[slot] ?? NOT_READ;
    if (value !== NOT_READ) {
      view.setInt32(at, 8);
      view.setInt32(at + LENGTH_BYTES, value >> 31);
      view.setInt32(at + LENGTH_BYTES + 4, value);
      cursors[i] = at + LENGTH_BYTES + 8;
    } else {
      const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
      view.setInt32(at, isNull ? NULL_LENGTH : 8);
      cursors[i] = at + LENGTH_BYTES + (isNull ? 0 : 8);
      if (!isNull) unread++;
    }
  }
  if (unread > 0) writeUnread(block, column, setLong);
}

/** Long numbers, those with many zeros in front, and those in quotes that stand twice. */
function writeUnread(
  { records, cursors, count, view }: Block,
  { tape, field }: TapeColumn,
  put: (view: DataView, end: number, tape: Tape, slot: number) => void,
): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    if (tape.integers[slot] !== NOT_READ || ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0) continue;
    put(view, cursors[i] ?? 0, tape, slot);
  }
}

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
/** Of so many characters, digits are exact in a double. */
const EXACT_LENGTH = 15;

function setLong(view: DataView, end: number, tape: Tape, slot: number): void {
  const { bytes, starts, ends, flags } = tape;
  const start = starts[slot] ?? 0;
  const stop = ends[slot] ?? 0;
  if (stop - start > EXACT_LENGTH || ((flags[slot] ?? 0) & FIELD_DOUBLED) !== 0) {
    view.setBigInt64(end - 8, wholeNumber(tape, slot));
    return;
  }
  const sign = bytes[start];
  let value = 0;
  for (let i = sign === MINUS || sign === PLUS ? start + 1 : start; i < stop; i++) {
    value = value * 10 + (bytes[i] ?? 0) - ZERO;
  }
  setInteger(view, end - 8, sign === MINUS ? 0 - value : value);
}

const wholeNumber = (tape: Tape, slot: number): bigint => BigInt(fieldText(tape, slot).replace(/^\+/, ''));

/** A whole number within ±2^53 as Int64, without a bigint between. */
export function setInteger(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / WORD);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * WORD);
}
