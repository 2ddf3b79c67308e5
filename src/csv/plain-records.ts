import { LAST_DOUBLED } from '../model/doubled-quotes.ts';
import { FIELD_DOUBLED, FIELD_NULL, FIELD_QUOTED, MAX_RECORD_BYTES } from '../model/tape.ts';
import type { TapeBuffers } from './tape-writer.ts';

/** The records that most files consist of: as many fields as there should be, written as RFC 4180 says. */

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

/** Bytes, records and physical lines that were read. */
export interface Taken {
  readonly bytes: number;
  readonly records: number;
  readonly lines: number;
}

/**
 * Writes the records from a place on as long as they are plain: `width` fields, those in quotes closed and followed
 * by a delimiter or a record end, no quote elsewhere, LF or CRLF after each record.
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
): Taken {
  const { starts, ends, flags, recordStarts, recordEnds, recordLines, fieldCounts, faults, doubledQuotes } =
    arrays;
  const bounds = Math.imul(Math.max(quote, CR) + 1, EACH_BYTE);
  const delimiters = Math.imul(delimiter, EACH_BYTE);
  const { places, count } = doubledQuotes;
  const inQuotes: InQuotes = { quote, end, places, doubled: count, flag: 0, lines: 0 };
  let i = at;
  let r = records;
  let recordStart = at;
  let lines = line;
  let doubled = count;
  read: while (i < end && r < room) {
    const last = r * width + width - 1;
    let slot = r * width;
    let c = 0;
    inQuotes.lines = 0;
    for (;;) {
      let start = i;
      let stop = i;
      if (view.getUint8(i) === quote) {
        start = i + 1;
        stop = closingQuote(view, start, inQuotes);
        if (stop < 0) break read;
        flags[slot] = inQuotes.flag;
        i = stop + 1;
        c = view.getUint8(i);
      } else {
        for (;;) {
          const word = view.getInt32(i, true);
          const other = word ^ delimiters;
          const marks = (((other - EACH_BYTE) & ~other) | ((word - bounds) & ~word)) & HIGH_BITS;
          if (marks === 0) {
            i += WORD;
            continue;
          }
          i += (31 - Math.clz32(marks & -marks)) >> 3;
          c = view.getUint8(i);
          if (c === delimiter || c === LF || c === CR || c === quote) break;
          i++;
        }
        stop = i;
        flags[slot] = start === i ? FIELD_NULL : 0;
      }
      starts[slot] = start;
      ends[slot] = stop;
      if (c !== delimiter || slot >= last) break;
      slot++;
      i++;
    }
    const size = c === LF ? 1 : c === CR && view.getUint8(i + 1) === LF ? 2 : 0;
    if (slot !== last || size === 0 || i - recordStart > MAX_RECORD_BYTES) break;
    recordStarts[r] = recordStart;
    recordEnds[r] = i;
    recordLines[r] = lines;
    fieldCounts[r] = width;
    faults[r] = 0;
    r++;
    doubled = inQuotes.doubled;
    lines += 1 + inQuotes.lines;
    i += size;
    recordStart = i;
  }
  doubledQuotes.count = doubled;
  return { bytes: recordStart - at, records: r - records, lines: lines - line };
}

/** What is told to `closingQuote` and what it tells. */
interface InQuotes {
  readonly quote: number;
  /** No closing quote is looked for from this byte on. */
  readonly end: number;
  /** Those of `DoubledQuotes`. */
  readonly places: Int32Array;
  /** How many of them there are. */
  doubled: number;
  /** Of the field that was read last. */
  flag: number;
  /** Line ends in the quotes of the record. */
  lines: number;
}

/** Where the quote is that closes a field whose content begins at `from`; -1 when there is none before the end. */
function closingQuote(view: DataView, from: number, inQuotes: InQuotes): number {
  const { quote, end, places } = inQuotes;
  const quotes = Math.imul(quote, EACH_BYTE);
  const bounds = Math.imul(CR + 1, EACH_BYTE);
  let i = from;
  let lines = 0;
  let flag = FIELD_QUOTED;
  let doubled = inQuotes.doubled;
  while (i < end) {
    const word = view.getInt32(i, true);
    const other = word ^ quotes;
    const marks = (((other - EACH_BYTE) & ~other) | ((word - bounds) & ~word)) & HIGH_BITS;
    if (marks === 0) {
      i += WORD;
      continue;
    }
    i += (31 - Math.clz32(marks & -marks)) >> 3;
    const c = view.getUint8(i);
    if (c === quote) {
      if (i >= end) break;
      if (view.getUint8(i + 1) !== quote) {
        inQuotes.flag = flag;
        inQuotes.doubled = doubled;
        inQuotes.lines += lines;
        return i;
      }
      flag = FIELD_QUOTED | FIELD_DOUBLED;
      i++;
      // Without a look whether there is room: those of too many are of no use anyway.
      places[doubled++ & LAST_DOUBLED] = i;
    } else if (c === LF || (c === CR && view.getUint8(i + 1) !== LF)) {
      lines++;
    }
    i++;
  }
  return -1;
}
