import { FIELD_NULL } from '../../model/tape.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';

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

export function numericEncoder({ tape, field }: TapeColumn): ColumnEncoder {
  const number = new DecimalText(tape.bytes);
  return {
    measure({ records, sizes, count }) {
      const { starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        let size = LENGTH_BYTES;
        if (((flags[slot] ?? 0) & FIELD_NULL) === 0) {
          number.read(starts[slot] ?? 0, ends[slot] ?? 0);
          size += HEAD_BYTES + 2 * number.groups;
        }
        sizes[i] = (sizes[i] ?? 0) + size;
      }
    },

    write({ records, cursors, count, view }) {
      const { starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        number.read(starts[slot] ?? 0, ends[slot] ?? 0);
        view.setInt32(at, HEAD_BYTES + 2 * number.groups);
        cursors[i] = number.write(view, at + LENGTH_BYTES);
      }
    },
  };
}

/** The text of one decimal at a time. Positions count from the point: 0 the first digit after it, -1 the one before. */
class DecimalText {
  groups = 0;
  readonly #bytes: Uint8Array;
  #negative = false;
  /** Index of the point, or where it would stand. */
  #point = 0;
  /** Positions of the first and the last digit. */
  #first = 0;
  #last = 0;
  /** Group of the first digit that is not zero. */
  #top = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  read(start: number, end: number): void {
    const bytes = this.#bytes;
    const sign = bytes[start];
    this.#negative = sign === MINUS;
    const from = this.#negative || sign === PLUS ? start + 1 : start;
    let point = from;
    while (point < end && bytes[point] !== POINT) point++;
    let first = from;
    while (first < end && (bytes[first] === ZERO || first === point)) first++;
    let last = end - 1;
    while (last > first && (bytes[last] === ZERO || last === point)) last--;
    this.#point = point;
    this.#first = from - point;
    this.#last = point < end ? end - point - 2 : -1;
    this.#top = first < point ? (first - point) >> 2 : (first - point - 1) >> 2;
    const bottom = last < point ? (last - point) >> 2 : (last - point - 1) >> 2;
    this.groups = first < end ? bottom - this.#top + 1 : 0;
  }

  /** The byte after it. */
  write(view: DataView, to: number): number {
    const none = this.groups === 0;
    view.setUint16(to, this.groups);
    view.setInt16(to + 2, none ? 0 : -this.#top - 1);
    view.setUint16(to + 4, this.#negative && !none ? NEGATIVE : 0);
    view.setUint16(to + 6, Math.min(MAX_SCALE, Math.max(0, this.#last + 1)));
    let at = to + HEAD_BYTES;
    for (let group = this.#top; group < this.#top + this.groups; group++, at += 2) {
      view.setInt16(at, this.#group(group * 4));
    }
    return at;
  }

  #group(position: number): number {
    let value = 0;
    for (let p = position; p < position + 4; p++) value = value * 10 + this.#digit(p);
    return value;
  }

  #digit(position: number): number {
    if (position < this.#first || position > this.#last) return 0;
    return (this.#bytes[this.#point + position + (position < 0 ? 0 : 1)] ?? ZERO) - ZERO;
  }
}
