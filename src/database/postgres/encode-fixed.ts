import { fieldText } from '../../model/field-text.ts';
import { FIELD_NULL } from '../../model/tape.ts';
import { isTrue } from '../field-bytes.ts';
import type { Block, ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';

/** Types whose values all have the same length. The fields were checked: they hold what they should. */

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
/** A decimal number of this many digits is exact in a double. */
const EXACT_DIGITS = 15;
const WORD = 2 ** 32;

export function measureFixed({ tape, field }: TapeColumn, size: number, block: Block): void {
  const { flags, width } = tape;
  const { records, sizes, count } = block;
  for (let i = 0; i < count; i++) {
    const flag = flags[(records[i] ?? 0) * width + field] ?? 0;
    sizes[i] = (sizes[i] ?? 0) + (flag & FIELD_NULL ? LENGTH_BYTES : LENGTH_BYTES + size);
  }
}

export function int2Encoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 2, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 2);
        view.setInt16(at + 4, shortInteger(bytes, starts[slot] ?? 0, ends[slot] ?? 0));
        cursors[i] = at + 6;
      }
    },
  };
}

export function int4Encoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 4, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 4);
        view.setInt32(at + 4, shortInteger(bytes, starts[slot] ?? 0, ends[slot] ?? 0));
        cursors[i] = at + 8;
      }
    },
  };
}

/** Up to 32 bits; zeros in front are no digits that count. */
function shortInteger(bytes: Uint8Array, start: number, end: number): number {
  const sign = bytes[start];
  let value = 0;
  for (let i = sign === MINUS || sign === PLUS ? start + 1 : start; i < end; i++) {
    value = value * 10 + (bytes[i] ?? 0) - ZERO;
  }
  return sign === MINUS ? -value : value;
}

export function int8Encoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 8, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        const start = starts[slot] ?? 0;
        const end = ends[slot] ?? 0;
        view.setInt32(at, 8);
        if (end - start <= EXACT_DIGITS) setInteger(view, at + 4, shortInteger(bytes, start, end));
        else view.setBigInt64(at + 4, BigInt(fieldText(tape, slot).replace(/^\+/, '')));
        cursors[i] = at + 12;
      }
    },
  };
}

/** A whole number within ±2^53 as Int64, without a bigint between. */
export function setInteger(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / WORD);
  view.setInt32(at, high);
  view.setUint32(at + 4, value - high * WORD);
}

export function booleanEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 1, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 1);
        view.setUint8(at + 4, isTrue(bytes[starts[slot] ?? 0] ?? 0) ? 1 : 0);
        cursors[i] = at + 5;
      }
    },
  };
}

export function uuidEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 16, block),
    write({ records, cursors, count, out, view }) {
      const { bytes, starts, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 16);
        writeUuid(bytes, starts[slot] ?? 0, out, at + 4);
        cursors[i] = at + 20;
      }
    },
  };
}

/** Value of a hexadecimal digit by its byte. */
const HEX = hexDigits();

function hexDigits(): Uint8Array {
  const digits = new Uint8Array(256);
  for (let value = 0; value < 16; value++) {
    const digit = value.toString(16);
    digits[digit.charCodeAt(0)] = value;
    digits[digit.toUpperCase().charCodeAt(0)] = value;
  }
  return digits;
}

/** RFC 9562 text form, 36 bytes → 16. */
function writeUuid(bytes: Uint8Array, start: number, out: Uint8Array, to: number): void {
  let i = start;
  for (let at = to; at < to + 16; at++) {
    if (bytes[i] === MINUS) i++;
    out[at] = hexByte(bytes, i);
    i += 2;
  }
}

/** The byte written by the two hexadecimal digits at `at`. */
export function hexByte(bytes: Uint8Array, at: number): number {
  return ((HEX[bytes[at] ?? 0] ?? 0) << 4) | (HEX[bytes[at + 1] ?? 0] ?? 0);
}
