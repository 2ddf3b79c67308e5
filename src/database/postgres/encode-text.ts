import { FIELD_DOUBLED, FIELD_NULL } from '../../model/tape.ts';
import { copyWords, undoubledLength, writeUndoubled } from '../field-bytes.ts';
import type { Block, ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH, takeNulls } from './column-encoder.ts';
import { hexByte } from './encode-fixed.ts';

/** Types that travel as their text, and bytes. */

export const textEncoder = (column: TapeColumn): ColumnEncoder => ({
  size: LENGTH_BYTES,
  measure: (block) => measureText(column, block),
  write: (block) => writeText(column, block),
});

function writeText(column: TapeColumn, block: Block): void {
  const { tape, view: from, field } = column;
  const { records, cursors, count, view } = block;
  const { starts, ends, flags, width } = tape;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const flag = flags[slot] ?? 0;
    const at = cursors[i] ?? 0;
    seen |= flag;
    if ((flag & FIELD_NULL) !== 0) {
      view.setInt32(at, NULL_LENGTH);
      cursors[i] = at + LENGTH_BYTES;
    } else if ((flag & FIELD_DOUBLED) === 0) {
      const start = starts[slot] ?? 0;
      const end = ends[slot] ?? 0;
      view.setInt32(at, end - start);
      copyWords(from, start, end, view, at + LENGTH_BYTES);
      cursors[i] = at + LENGTH_BYTES + end - start;
    }
  }
  if (seen & FIELD_DOUBLED) writeDoubled(column, block);
}

function measureText(column: TapeColumn, block: Block): void {
  const { tape, field } = column;
  const { records, sizes, count } = block;
  const { starts, ends, flags, width } = tape;
  let seen = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const flag = flags[slot] ?? 0;
    seen |= flag;
    if ((flag & FIELD_NULL) === 0) {
      sizes[i] = (sizes[i] ?? 0) + (ends[slot] ?? 0) - (starts[slot] ?? 0);
    }
  }
  if (seen & FIELD_DOUBLED) measureDoubled(column, block);
}

function measureDoubled({ tape, view, field }: TapeColumn, { records, sizes, count }: Block): void {
  const { starts, ends, flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    if (((flags[slot] ?? 0) & FIELD_DOUBLED) === 0) continue;
    const lost = (ends[slot] ?? 0) - (starts[slot] ?? 0) - undoubledLength(tape, view, slot);
    sizes[i] = (sizes[i] ?? 0) - lost;
  }
}

function writeDoubled(
  { tape, view: from, field }: TapeColumn,
  { records, cursors, count, view }: Block,
): void {
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * tape.width + field;
    if (((tape.flags[slot] ?? 0) & FIELD_DOUBLED) === 0) continue;
    const at = (cursors[i] ?? 0) + LENGTH_BYTES;
    const end = writeUndoubled(tape, from, slot, view, at);
    view.setInt32(at - LENGTH_BYTES, end - at);
    cursors[i] = end;
  }
}

const JSONB_VERSION = 1;

/** Its text with the version of the form before it (jsonb_recv in the sources of PostgreSQL). */
export const jsonbEncoder = (column: TapeColumn): ColumnEncoder => ({
  size: LENGTH_BYTES + 1,
  measure(block) {
    measureText(column, block);
    takeNulls(column, 1, block);
  },
  write: (block) => writeJsonb(column, block),
});

function writeJsonb(column: TapeColumn, block: Block): void {
  const { tape, field } = column;
  const { records, cursors, count, out, view } = block;
  const before = cursors.slice(0, count);
  writeText(column, block);
  for (let i = 0; i < count; i++) {
    const flag = tape.flags[(records[i] ?? 0) * tape.width + field] ?? 0;
    if (flag & FIELD_NULL) continue;
    const at = before[i] ?? 0;
    const end = cursors[i] ?? 0;
    view.setInt32(at, end - at - LENGTH_BYTES + 1);
    out.copyWithin(at + LENGTH_BYTES + 1, at + LENGTH_BYTES, end);
    out[at + LENGTH_BYTES] = JSONB_VERSION;
    cursors[i] = end + 1;
  }
}

const X = 120;

/** Pairs of hexadecimal digits, with \x or 0x before them or not. */
export const byteaEncoder = (column: TapeColumn): ColumnEncoder => ({
  size: LENGTH_BYTES,
  measure: (block) => measureBytes(column, block),
  write: (block) => writeBytes(column, block),
});

function measureBytes({ tape, field }: TapeColumn, { records, sizes, count }: Block): void {
  const { bytes, starts, ends, flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    if (((flags[slot] ?? 0) & FIELD_NULL) !== 0) continue;
    const end = ends[slot] ?? 0;
    sizes[i] = (sizes[i] ?? 0) + (end - afterMark(bytes, starts[slot] ?? 0, end)) / 2;
  }
}

function writeBytes({ tape, field }: TapeColumn, { records, cursors, count, out, view }: Block): void {
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
    const first = afterMark(bytes, starts[slot] ?? 0, end);
    view.setInt32(at - LENGTH_BYTES, (end - first) / 2);
    for (let from = first; from < end; from += 2) out[at++] = hexByte(bytes, from);
    cursors[i] = at;
  }
}

/** No digit is an x, so the second byte tells. */
function afterMark(bytes: Uint8Array, start: number, end: number): number {
  return end - start >= 2 && ((bytes[start + 1] ?? 0) | 0x20) === X ? start + 2 : start;
}
