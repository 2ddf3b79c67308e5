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
  writeType,
} from './column-encoder.ts';

const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
/** A decimal number of so many characters is exact in a double. */
const EXACT_LENGTH = 15;

/**
 * Where all fields of a block were read, they have one serial type, that of the largest: SQLite reads an integer of
 * more bytes than it needs as well, and nothing has to be found out row by row.
 */
export function integerEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  const types = newTypes();
  let common = TYPE_NULL;
  return {
    measure(block) {
      const { records, count } = block;
      const { integers, width } = tape;
      let bits = 0;
      let unread = 0;
      for (let i = 0; i < count; i++) {
        const value = integers[(records[i] ?? 0) * width + field] ?? NOT_READ;
        bits |= value ^ (value >> 31);
        unread += value === NOT_READ ? 1 : 0;
      }
      common = unread > 0 ? TYPE_NULL : bytesFor(bits);
      if (unread > 0) measureEach(block, column, types);
      else block.fixed += common;
    },

    write(block) {
      if (common === TYPE_NULL) writeEach(block, column, types);
      else writeAlike(block, column, common);
    },
  };
}

/** Bytes of an integer of so many bits beside the sign; its serial type too. */
function bytesFor(bits: number): number {
  return (40 - Math.clz32(bits)) >> 3;
}

function writeAlike(block: Block, { tape, field }: TapeColumn, type: number): void {
  const { records, heads, cursors, out, view, count } = block;
  const { integers, width } = tape;
  for (let i = 0; i < count; i++) {
    const value = integers[(records[i] ?? 0) * width + field] ?? NOT_READ;
    const head = heads[i] ?? 0;
    const at = cursors[i] ?? 0;
    out[head] = type;
    heads[i] = head + 1;
    if (type === 1) out[at] = value;
    else if (type === 2) view.setInt16(at, value);
    else if (type === 3) {
      out[at] = value >> 16;
      view.setInt16(at + 1, value);
    } else view.setInt32(at, value);
    cursors[i] = at + type;
  }
}

/** With NULLs, or with numbers of ten digits or more: a serial type for each field. */
function measureEach(
  { records, bodies, count }: Block,
  { tape, field }: TapeColumn,
  types: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const type = integerTypeOf(tape, (records[i] ?? 0) * tape.width + field);
    types[i] = type;
    bodies[i] = (bodies[i] ?? 0) + lengthOf(type);
  }
}

function writeEach(block: Block, { tape, field }: TapeColumn, types: Int32Array): void {
  const { records, cursors, view, count } = block;
  for (let i = 0; i < count; i++) {
    const type = types[i] ?? TYPE_NULL;
    writeType(block, i, type);
    if (lengthOf(type) === 0) continue;
    const at = cursors[i] ?? 0;
    writeInteger(view, at, type, integerOf(tape, (records[i] ?? 0) * tape.width + field));
    cursors[i] = at + lengthOf(type);
  }
}

/** Serial type of an Int32. */
function shortType(value: number): number {
  if (value === 0) return TYPE_ZERO;
  if (value === 1) return TYPE_ONE;
  return bytesFor(value ^ (value >> 31));
}

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
  const { bytes, starts, ends, flags, integers } = tape;
  const read = integers[slot] ?? NOT_READ;
  if (read !== NOT_READ) return read;
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
