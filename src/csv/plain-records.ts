import { FIELD_NULL, MAX_RECORD_BYTES } from '../model/tape.ts';
import type { TapeBuffers } from './tape-writer.ts';

/** The records that most files consist of: as many fields as there should be, none of them quoted. */

/** Where a scan stands. */
export interface Place {
  /** Byte. */
  readonly at: number;
  /** 0-based physical line. */
  readonly line: number;
  /** Records before it on the tape. */
  readonly records: number;
}

export interface PlainOptions {
  /** Byte of the delimiter and of the quote; -1: nothing is quoted. */
  readonly delimiter: number;
  readonly quote: number;
  readonly width: number;
  /** No record that ends at this byte or after it is looked at: see `plainEnd`. */
  readonly end: number;
  /** Records that the tape has room for. */
  readonly room: number;
}

const LF = 10;
const CR = 13;
const WORD = 4;
const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;

/** What `plainRecords` may look at: up to the last LF that has a word of bytes after it. */
export function plainEnd(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).lastIndexOf(LF, -WORD - 1) + 1;
}

/**
 * Writes the records from a place on as long as they are plain: `width` fields without quotes, LF or CRLF. Returns
 * how many bytes they are and how many records; each is one line.
 *
 * Four bytes are looked at together. One that ends a field equals the delimiter or is less than `bound`; both are
 * found by subtraction, where a borrow can mark only bytes after one that was marked with right (Warren, Hacker's
 * Delight, 6-1).
 */
export function plainRecords(
  view: DataView,
  arrays: TapeBuffers,
  { at, line, records }: Place,
  { delimiter, quote, width, end, room }: PlainOptions,
): { bytes: number; records: number } {
  const { starts, ends, flags, recordStarts, recordEnds, recordLines, fieldCounts, faults } = arrays;
  const bounds = Math.imul(Math.max(quote, CR) + 1, EACH_BYTE);
  const delimiters = Math.imul(delimiter, EACH_BYTE);
  let i = at;
  let r = records;
  let recordStart = at;
  while (i < end && r < room) {
    const last = r * width + width - 1;
    let slot = r * width;
    let start = i;
    for (;;) {
      const word = view.getInt32(i, true);
      const other = word ^ delimiters;
      const marks = (((other - EACH_BYTE) & ~other) | ((word - bounds) & ~word)) & HIGH_BITS;
      if (marks === 0) {
        i += WORD;
        continue;
      }
      i += (31 - Math.clz32(marks & -marks)) >> 3;
      const c = view.getUint8(i);
      if (c === delimiter) {
        if (slot >= last) break;
      } else if (c === LF || c === CR) {
        break;
      } else {
        if (c === quote) break;
        i++;
        continue;
      }
      starts[slot] = start;
      ends[slot] = i;
      flags[slot] = start === i ? FIELD_NULL : 0;
      slot++;
      start = ++i;
    }
    const c = view.getUint8(i);
    const size = c === LF ? 1 : c === CR && view.getUint8(i + 1) === LF ? 2 : 0;
    if (slot !== last || size === 0 || i - recordStart > MAX_RECORD_BYTES) break;
    starts[slot] = start;
    ends[slot] = i;
    flags[slot] = start === i ? FIELD_NULL : 0;
    recordStarts[r] = recordStart;
    recordEnds[r] = i;
    recordLines[r] = line + r - records;
    fieldCounts[r] = width;
    faults[r] = 0;
    r++;
    i += size;
    recordStart = i;
  }
  return { bytes: recordStart - at, records: r - records };
}
