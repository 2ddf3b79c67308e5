import { FIELD_DOUBLED, FIELD_NULL } from '../../model/tape.ts';
import { copyField, undoubledLength, writeUndoubled } from '../field-bytes.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';
import { hexByte } from './encode-fixed.ts';

/** Types that travel as their text, with `prefix` before it (the version of jsonb), and bytes. */

const NO_PREFIX = new Uint8Array(0);

export function textEncoder(
  { tape, field }: TapeColumn,
  prefix: Uint8Array<ArrayBuffer> = NO_PREFIX,
): ColumnEncoder {
  const extra = LENGTH_BYTES + prefix.length;
  return {
    measure({ records, sizes, count }) {
      const { starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const flag = flags[slot] ?? 0;
        if (flag & FIELD_NULL) sizes[i] = (sizes[i] ?? 0) + LENGTH_BYTES;
        else if (flag & FIELD_DOUBLED) sizes[i] = (sizes[i] ?? 0) + extra + undoubledLength(tape, slot);
        else sizes[i] = (sizes[i] ?? 0) + extra + (ends[slot] ?? 0) - (starts[slot] ?? 0);
      }
    },

    write({ records, cursors, count, out, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const flag = flags[slot] ?? 0;
        let at = (cursors[i] ?? 0) + LENGTH_BYTES;
        if (flag & FIELD_NULL) {
          view.setInt32(at - LENGTH_BYTES, NULL_LENGTH);
          cursors[i] = at;
          continue;
        }
        const from = at;
        for (let p = 0; p < prefix.length; p++) out[at++] = prefix[p] ?? 0;
        if (flag & FIELD_DOUBLED) at = writeUndoubled(tape, slot, out, at);
        else at = copyField(bytes, starts[slot] ?? 0, ends[slot] ?? 0, out, at);
        view.setInt32(from - LENGTH_BYTES, at - from);
        cursors[i] = at;
      }
    },
  };
}

const X = 120;

/** Pairs of hexadecimal digits, with \x or 0x before them or not. */
export function byteaEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  return {
    measure({ records, sizes, count }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
        const length = isNull
          ? 0
          : ((ends[slot] ?? 0) - afterMark(bytes, starts[slot] ?? 0, ends[slot] ?? 0)) / 2;
        sizes[i] = (sizes[i] ?? 0) + LENGTH_BYTES + length;
      }
    },

    write({ records, cursors, count, out, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        let at = (cursors[i] ?? 0) + LENGTH_BYTES;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at - LENGTH_BYTES, NULL_LENGTH);
          cursors[i] = at;
          continue;
        }
        const end = ends[slot] ?? 0;
        const first = afterMark(bytes, starts[slot] ?? 0, ends[slot] ?? 0);
        view.setInt32(at - LENGTH_BYTES, (end - first) / 2);
        for (let from = first; from < end; from += 2) out[at++] = hexByte(bytes, from);
        cursors[i] = at;
      }
    },
  };
}

/** No digit is an x, so the second byte tells. */
function afterMark(bytes: Uint8Array, start: number, end: number): number {
  return end - start >= 2 && ((bytes[start + 1] ?? 0) | 0x20) === X ? start + 2 : start;
}
