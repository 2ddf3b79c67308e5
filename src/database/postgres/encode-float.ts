import { fieldText } from '../../model/field-text.ts';
import { FIELD_NULL, type Tape } from '../../model/tape.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';
import { measureFixed } from './encode-fixed.ts';

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;

export function float4Encoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 4, block),
    write({ records, cursors, count, view }) {
      const { flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 4);
        view.setFloat32(at + 4, toDouble(tape, slot));
        cursors[i] = at + 8;
      }
    },
  };
}

export function float8Encoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 8, block),
    write({ records, cursors, count, view }) {
      const { flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 8);
        view.setFloat64(at + 4, toDouble(tape, slot));
        cursors[i] = at + 12;
      }
    },
  };
}

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, n) => 10 ** n);
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
