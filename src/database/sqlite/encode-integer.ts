import { fieldText } from '../../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, NOT_READ, type Tape } from '../../model/tape.ts';
import {
  type Block,
  type ColumnEncoder,
  newTypes,
  type TapeColumn,
  TYPE_FLOAT,
  TYPE_INT48,
  TYPE_INT64,
  TYPE_NULL,
  TYPE_ONE,
  TYPE_ZERO,
} from './column-encoder.ts';

const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
/** A decimal number of so many characters is exact in a double. */
const EXACT_LENGTH = 15;

export function integerEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  const types = newTypes();
  return {
    measure(block) {
      const { records, bodies, count } = block;
      const { integers, width } = tape;
      let unread = 0;
      for (let i = 0; i < count; i++) {
        const value = integers[(records[i] ?? 0) * width + field] ?? NOT_READ;
        const type = value === NOT_READ ? TYPE_NULL : shortType(value);
        types[i] = type;
        bodies[i] = (bodies[i] ?? 0) + (type <= 4 ? type : 0);
        if (value === NOT_READ) unread++;
      }
      if (unread > 0) measureUnread(block, column, types);
    },

    write(block) {
      const { records, heads, cursors, out, view, count } = block;
      const { integers, width } = tape;
      let unread = 0;
      for (let i = 0; i < count; i++) {
        const value = integers[(records[i] ?? 0) * width + field] ?? NOT_READ;
        const type = types[i] ?? TYPE_NULL;
        const head = heads[i] ?? 0;
        const at = cursors[i] ?? 0;
        out[head] = type;
        heads[i] = head + 1;
        if (value === NOT_READ) unread++;
        else if (type === 1) out[at] = value;
        else if (type === 2) view.setInt16(at, value);
        else if (type === 3) {
          out[at] = value >> 16;
          view.setInt16(at + 1, value);
        } else if (type === 4) view.setInt32(at, value);
        cursors[i] = at + (type <= 4 ? type : 0);
      }
      if (unread > 0) writeUnread(block, column, types);
    },
  };
}

/** The fields that `check` did not read: NULL, and numbers of ten digits or more. */
function measureUnread(
  { records, bodies, count }: Block,
  { tape, field }: TapeColumn,
  types: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    if (tape.integers[slot] !== NOT_READ) continue;
    const type = integerTypeOf(tape, slot);
    types[i] = type;
    bodies[i] = (bodies[i] ?? 0) + lengthOf(type);
  }
}

/** Their serial types are written, and room was left for those of up to four bytes. */
function writeUnread(
  { records, cursors, view, count }: Block,
  { tape, field }: TapeColumn,
  types: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    const type = types[i] ?? TYPE_NULL;
    if (tape.integers[slot] !== NOT_READ || lengthOf(type) === 0) continue;
    const at = (cursors[i] ?? 0) - (type <= 4 ? type : 0);
    writeInteger(view, at, type, integerOf(tape, slot));
    cursors[i] = at + lengthOf(type);
  }
}

/** Serial type of an Int32. */
function shortType(value: number): number {
  if (value === 0) return TYPE_ZERO;
  if (value === 1) return TYPE_ONE;
  // One byte for every 8 bits beside the sign.
  return (40 - Math.clz32(value ^ (value >> 31))) >> 3;
}

/** Serial type of an integer that is not read yet. */
export function integerTypeOf(tape: Tape, slot: number): number {
  const value = ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0 ? null : integerOf(tape, slot);
  if (value === null) return TYPE_NULL;
  if (typeof value === 'bigint') return TYPE_INT64;
  const size = value < 0 ? -1 - value : value;
  if (size < 0x8000_0000) return shortType(value);
  return size < 0x8000_0000_0000 ? TYPE_INT48 : TYPE_INT64;
}

/** Big-endian, in as many bytes as the serial type says. */
export function writeInteger(view: DataView, at: number, type: number, value: number | bigint): void {
  if (typeof value === 'bigint') {
    view.setBigInt64(at, value);
    return;
  }
  let rest = value;
  for (let i = at + lengthOf(type) - 1; i >= at; i--) {
    view.setUint8(i, rest & 0xff);
    rest = Math.floor(rest / 256);
  }
}

/** Up to 15 digits are exact in a double; longer ones go as bigint. */
export function integerOf(tape: Tape, slot: number): number | bigint {
  const { bytes, starts, ends, flags } = tape;
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  if (end - start > EXACT_LENGTH || ((flags[slot] ?? 0) & FIELD_DOUBLED) !== 0) {
    return BigInt(fieldText(tape, slot).replace(/^\+/, ''));
  }
  const sign = bytes[start];
  let value = 0;
  for (let i = sign === MINUS || sign === PLUS ? start + 1 : start; i < end; i++) {
    value = value * 10 + (bytes[i] ?? 0) - ZERO;
  }
  return sign === MINUS ? 0 - value : value;
}

/** Bytes of a number of this serial type. */
export function lengthOf(type: number): number {
  if (type <= 4) return type;
  if (type === TYPE_INT48) return 6;
  return type <= TYPE_FLOAT ? 8 : 0;
}
