import { isHalfWay, nearestSingle } from '../../lib/nearest-single.ts';
import { fieldText } from '../../model/field-text.ts';
import type { Tape } from '../../model/tape.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { valueEncoder } from './column-encoder.ts';

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;

export const float4Encoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 4, writeFloat4);
export const float8Encoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 8, writeFloat8);

function writeFloat4(tape: Tape, slot: number, view: DataView, at: number): void {
  const value = toDouble(tape, slot);
  // A double half-way between two singles would be rounded once more.
  view.setFloat32(at, isHalfWay(value) ? nearestSingle(fieldText(tape, slot)) : value);
}

function writeFloat8(tape: Tape, slot: number, view: DataView, at: number): void {
  view.setFloat64(at, toDouble(tape, slot));
}

/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, n) => 10 ** n);
const EXACT_DIGITS = 15;

/**
 * The nearest double. Digits and a power of ten that are both exact give it with one division (W. D. Clinger, How to
 * Read Floating Point Numbers Accurately, 1990); what is longer or has an exponent goes through a string.
 */
function toDouble(tape: Tape, slot: number): number {
  const { bytes } = tape;
  const start = tape.starts[slot] ?? 0;
  const end = tape.ends[slot] ?? 0;
  const sign = bytes[start];
  const from = sign === MINUS || sign === PLUS ? start + 1 : start;
  if (end - from > EXACT_DIGITS) return Number(fieldText(tape, slot));
  let digits = 0;
  let point = end;
  for (let i = from; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (c === POINT) point = i + 1;
    else if (c < ZERO || c > ZERO + 9) return Number(fieldText(tape, slot));
    else digits = digits * 10 + c - ZERO;
  }
  const value = digits / (POWERS[end - point] ?? 1);
  return sign === MINUS ? -value : value;
}
