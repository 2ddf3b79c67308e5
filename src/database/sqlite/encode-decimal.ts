import { fieldText } from '../../model/field-text.ts';
import { FIELD_NULL, type Tape } from '../../model/tape.ts';
import { isTrue } from '../field-bytes.ts';
import {
  addValue,
  type Block,
  type ColumnEncoder,
  newTypes,
  type TapeColumn,
  TYPE_FLOAT,
  TYPE_NULL,
  TYPE_ONE,
  TYPE_ZERO,
  writeType,
} from './column-encoder.ts';
import { integerOf, integerTypeOf, lengthOf, writeInteger } from './encode-integer.ts';

const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const POINT = 46;
/** A decimal number of so many characters is exact in a double, and so is the power of ten it is divided by. */
const EXACT_LENGTH = 15;

export function floatEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  return {
    measure(block) {
      const { records, count } = block;
      const { flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const flag = flags[(records[i] ?? 0) * width + field] ?? 0;
        if (flag & FIELD_NULL) addValue(block, i, TYPE_NULL, 0);
        else addValue(block, i, TYPE_FLOAT, 8);
      }
    },

    write(block) {
      const { records, count } = block;
      const { flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        if ((flags[slot] ?? 0) & FIELD_NULL) writeType(block, i, TYPE_NULL);
        else {
          writeType(block, i, TYPE_FLOAT);
          writeFloat(block, i, tape, slot);
        }
      }
    },
  };
}

function writeFloat({ cursors, view }: Block, i: number, tape: Tape, slot: number): void {
  const at = cursors[i] ?? 0;
  view.setFloat64(at, floatOf(tape, slot));
  cursors[i] = at + 8;
}

/** Digits with or without a point, when few, are a whole number over a power of ten: one exact division. */
function floatOf(tape: Tape, slot: number): number {
  const { bytes, starts, ends } = tape;
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  if (end - start > EXACT_LENGTH) return Number(fieldText(tape, slot));
  const sign = bytes[start];
  let value = 0;
  let divisor = 0;
  for (let i = sign === MINUS || sign === PLUS ? start + 1 : start; i < end; i++) {
    const c = bytes[i] ?? 0;
    if (c === POINT && divisor === 0) divisor = 1;
    else if (c < ZERO || c > ZERO + 9) return Number(fieldText(tape, slot));
    else {
      value = value * 10 + c - ZERO;
      divisor *= 10;
    }
  }
  const size = divisor > 1 ? value / divisor : value;
  return sign === MINUS ? -size : size;
}

/** Whole numbers as integers, since they may have more digits than a double keeps; the others as doubles. */
export function decimalEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  const types = newTypes();
  return {
    measure(block) {
      const { records, count } = block;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * tape.width + field;
        const type = isWhole(tape, slot) ? integerTypeOf(tape, slot) : TYPE_FLOAT;
        types[i] = type;
        addValue(block, i, type, lengthOf(type));
      }
    },

    write(block) {
      const { records, count } = block;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * tape.width + field;
        const type = types[i] ?? TYPE_NULL;
        writeType(block, i, type);
        if (type === TYPE_FLOAT) writeFloat(block, i, tape, slot);
        else if (lengthOf(type) > 0) {
          const at = block.cursors[i] ?? 0;
          writeInteger(block.view, at, type, integerOf(tape, slot));
          block.cursors[i] = at + lengthOf(type);
        }
      }
    },
  };
}

function isWhole({ bytes, starts, ends }: Tape, slot: number): boolean {
  const end = ends[slot] ?? 0;
  for (let i = starts[slot] ?? 0; i < end; i++) if (bytes[i] === POINT) return false;
  return true;
}

export function booleanEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  const typeOf = (record: number): number => {
    const slot = record * tape.width + field;
    if ((tape.flags[slot] ?? 0) & FIELD_NULL) return TYPE_NULL;
    return isTrue(tape.bytes[tape.starts[slot] ?? 0] ?? 0) ? TYPE_ONE : TYPE_ZERO;
  };
  return {
    measure(block) {
      for (let i = 0; i < block.count; i++) addValue(block, i, TYPE_NULL, 0);
    },
    write(block) {
      for (let i = 0; i < block.count; i++) writeType(block, i, typeOf(block.records[i] ?? 0));
    },
  };
}
