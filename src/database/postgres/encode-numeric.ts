import { FIELD_NULL } from '../../model/tape.ts';
import type { Block, ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { BLOCK_ROWS, LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';

/**
 * numeric: digits to the base of 10,000, aligned at the decimal point (numeric_recv in the sources of PostgreSQL).
 * Int16 number of groups, Int16 weight of the first, Uint16 sign, Uint16 digits after the point that are shown, then
 * Int16 for each group. Groups of zeros at both ends are left out.
 */

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const HEAD_BYTES = 8;
const NEGATIVE = 0x4000;
/** Zeros after the point beyond this are no digits that would be lost. */
const MAX_SCALE = 16_383;

export function numericEncoder(column: TapeColumn): ColumnEncoder {
  const layout = new Layouts();
  return {
    size: LENGTH_BYTES,
    measure: (block) => measureNumerics(column, layout, block),
    write: (block) => writeNumerics(column, layout, block),
  };
}

/** How the numbers of a block fall into groups of four digits; found when they are measured. */
class Layouts {
  /** Index of the point in the bytes, or where it would stand. */
  readonly points = new Int32Array(BLOCK_ROWS);
  /** Group of the first digit that is not zero: 0 the first after the point, -1 the last before it. */
  readonly tops = new Int32Array(BLOCK_ROWS);
  readonly groups = new Int32Array(BLOCK_ROWS);
}

function measureNumerics({ tape, field }: TapeColumn, layout: Layouts, block: Block): void {
  const { records, sizes, count } = block;
  const { bytes, starts, ends, flags, width } = tape;
  const { points, tops, groups } = layout;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    if (((flags[slot] ?? 0) & FIELD_NULL) !== 0) continue;
    const end = ends[slot] ?? 0;
    let first = starts[slot] ?? 0;
    if (bytes[first] === MINUS || bytes[first] === PLUS) first++;
    let point = first;
    while (point < end && bytes[point] !== POINT) point++;
    while (first < end && (bytes[first] === ZERO || first === point)) first++;
    let last = end - 1;
    while (last > first && (bytes[last] === ZERO || last === point)) last--;
    const top = groupOf(first, point);
    const found = first < end ? groupOf(last, point) - top + 1 : 0;
    points[i] = point;
    tops[i] = top;
    groups[i] = found;
    sizes[i] = (sizes[i] ?? 0) + HEAD_BYTES + 2 * found;
  }
}

/** The group of the digit at `i`. */
function groupOf(i: number, point: number): number {
  return (i < point ? i - point : i - point - 1) >> 2;
}

function writeNumerics({ tape, field }: TapeColumn, layout: Layouts, block: Block): void {
  const { records, cursors, count, view } = block;
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
    const point = layout.points[i] ?? 0;
    const top = layout.tops[i] ?? 0;
    const groups = layout.groups[i] ?? 0;
    view.setInt32(at, HEAD_BYTES + 2 * groups);
    view.setUint16(at + 4, groups);
    view.setInt16(at + 6, groups === 0 ? 0 : -top - 1);
    view.setUint16(at + 8, bytes[start] === MINUS && groups > 0 ? NEGATIVE : 0);
    view.setUint16(at + 10, Math.min(MAX_SCALE, Math.max(0, end - point - 1)));
    const from = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
    cursors[i] = writeGroups(bytes, { from, point, end }, top, groups, view, at + LENGTH_BYTES + HEAD_BYTES);
  }
}

/** Where the digits of a number stand. */
interface Digits {
  readonly from: number;
  readonly point: number;
  readonly end: number;
}

/** The byte after them. */
function writeGroups(
  bytes: Uint8Array,
  { from, point, end }: Digits,
  top: number,
  groups: number,
  view: DataView,
  to: number,
): number {
  let at = to;
  for (let group = top; group < top + groups; group++, at += 2) {
    const first = point + group * 4 + (group < 0 ? 0 : 1);
    let value = 0;
    for (let i = first; i < first + 4; i++) {
      value = value * 10 + (i < from || i >= end ? 0 : (bytes[i] ?? ZERO) - ZERO);
    }
    view.setInt16(at, value);
  }
  return at;
}
