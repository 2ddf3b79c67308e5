import { fieldText } from '../../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL } from '../../model/tape.ts';
import { copyWords, undoubledLength, writeUndoubled } from '../field-bytes.ts';
import {
  addValue,
  type Block,
  type ColumnEncoder,
  newTypes,
  type TapeColumn,
  TYPE_BLOB,
  TYPE_NULL,
  TYPE_TEXT,
  writeType,
} from './column-encoder.ts';
import { varintLength, writeVarint } from './image.ts';

/** Values that travel as their text, and bytes. */

export function textEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, view, field } = column;
  const types = newTypes();
  return {
    measure(block) {
      const { records, headers, bodies, count } = block;
      const { starts, ends, flags, width } = tape;
      let seen = 0;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const flag = flags[slot] ?? 0;
        const length = (ends[slot] ?? 0) - (starts[slot] ?? 0);
        const type = flag & FIELD_NULL ? TYPE_NULL : TYPE_TEXT + 2 * length;
        types[i] = type;
        bodies[i] = (bodies[i] ?? 0) + (flag & FIELD_NULL ? 0 : length);
        if (type >= 0x80) headers[i] = (headers[i] ?? 0) + varintLength(type) - 1;
        seen |= flag;
      }
      if (seen & FIELD_DOUBLED) measureDoubled(block, column, types);
    },

    write(block) {
      const { records, heads, cursors, out, view: to, count } = block;
      const { starts, ends, flags, width } = tape;
      let seen = 0;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const type = types[i] ?? TYPE_NULL;
        const head = heads[i] ?? 0;
        if (type < 0x80) {
          out[head] = type;
          heads[i] = head + 1;
        } else heads[i] = writeVarint(out, head, type);
        const flag = flags[slot] ?? 0;
        seen |= flag;
        if ((flag & (FIELD_NULL | FIELD_DOUBLED)) !== 0) continue;
        const start = starts[slot] ?? 0;
        const end = ends[slot] ?? 0;
        const at = cursors[i] ?? 0;
        copyWords(view, start, end, to, at);
        cursors[i] = at + end - start;
      }
      if (seen & FIELD_DOUBLED) writeDoubled(block, column);
    },
  };
}

function measureDoubled(
  { records, headers, bodies, count }: Block,
  { tape, view, field }: TapeColumn,
  types: Int32Array,
): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0) continue;
    const raw = types[i] ?? TYPE_NULL;
    const length = undoubledLength(tape, view, slot);
    const type = TYPE_TEXT + 2 * length;
    types[i] = type;
    bodies[i] = (bodies[i] ?? 0) + length - ((raw - TYPE_TEXT) >> 1);
    headers[i] = (headers[i] ?? 0) + varintLength(type) - varintLength(raw);
  }
}

function writeDoubled({ records, cursors, view: to, count }: Block, { tape, view, field }: TapeColumn): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0) continue;
    cursors[i] = writeUndoubled(tape, view, slot, to, cursors[i] ?? 0);
  }
}

const MARK = /^(?:\\x|0x)/i;

/** Pairs of hexadecimal digits, with \x or 0x before them or not. */
export function blobEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  const values: Buffer[] = [];
  return {
    measure(block) {
      const { records, count } = block;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * tape.width + field;
        const value = Buffer.from(fieldText(tape, slot).replace(MARK, ''), 'hex');
        values[i] = value;
        const isNull = ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0;
        addValue(block, i, isNull ? TYPE_NULL : TYPE_BLOB + 2 * value.length, value.length);
      }
    },

    write(block) {
      const { records, count, cursors, out } = block;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * tape.width + field;
        const isNull = ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0;
        const value = values[i] ?? Buffer.alloc(0);
        writeType(block, i, isNull ? TYPE_NULL : TYPE_BLOB + 2 * value.length);
        const at = cursors[i] ?? 0;
        out.set(value, at);
        cursors[i] = at + value.length;
      }
    },
  };
}
