import {
  FIELD_DOUBLED,
  FIELD_NULL,
  FIELD_QUOTED,
  MAX_FIELDS,
  MAX_RECORD_BYTES,
  RECORD_QUOTE_STRAY,
  RECORD_QUOTE_UNCLOSED,
  RECORD_TOO_LONG,
  type Tape,
} from '../model/tape.ts';
import { plainEnd, plainRecords } from './plain-records.ts';
import { type TapeBuffers, TapeWriter } from './tape-writer.ts';

export interface ScanOptions {
  /** Byte of the delimiter and of the quote; -1: nothing is quoted. */
  readonly delimiter: number;
  readonly quote: number;
  /** Fields kept of each record. */
  readonly width: number;
  /** The bytes end the content: what stands at their end is a record also without a record end. */
  readonly last: boolean;
  /** First byte to look at, e.g. after a byte order mark or a header. */
  readonly from?: number;
  /** Stops after this many records. */
  readonly maxRecords?: number;
  /** Arrays to use again; the tape made from them before is no longer valid. */
  readonly buffers?: TapeBuffers;
}

const LF = 10;
const CR = 13;
/** Where one record is not plain, so many are not looked at for it: neighbours are written alike. */
const UNPLAIN_RECORDS = 32;

/**
 * Bytes → tape (RFC 4180; LF, CRLF and CR end a record, also mixed). One pass; nothing is decoded or copied.
 *
 * An open record at the end of bytes that are not the `last` stays unconsumed. A quote that is not closed within the
 * size of a record costs its own physical line only: the scan goes on with the next line. How far it looks does not
 * depend on where the bytes are cut, so neither do the records. Empty lines are no records, unless `width` is 1,
 * where they are one NULL field.
 */
export function scan(bytes: Uint8Array<ArrayBuffer>, options: ScanOptions): Tape {
  const { delimiter, quote, width, last } = options;
  const end = bytes.length;
  const maxRecords = options.maxRecords ?? Number.POSITIVE_INFINITY;
  const tape = new TapeWriter(bytes, width, options.buffers, Math.min(maxRecords, 1 << 30));
  const top = Math.max(delimiter, quote, CR);
  const view = new DataView(bytes.buffer, bytes.byteOffset, end);
  const plain = { delimiter, quote, width, end: plainEnd(bytes) };
  const { doubledQuotes } = tape.arrays;
  doubledQuotes.count = 0;
  let { starts, ends, flags } = tape;
  let i = options.from ?? 0;
  let line = 0;
  let consumed = i;
  let tryPlain = 0;

  while (i < end && tape.records < maxRecords) {
    if (tape.records >= tryPlain) {
      const room = Math.min(tape.capacity, maxRecords);
      const taken = plainRecords(
        view,
        tape.arrays,
        { at: i, line, records: tape.records },
        { ...plain, room },
      );
      tape.records += taken.records;
      line += taken.lines;
      i += taken.bytes;
      consumed = i;
      tryPlain = tape.records + (taken.records === 0 ? UNPLAIN_RECORDS : 1);
      continue;
    }
    const first = bytes[i];
    if (first === LF || first === CR) {
      const next = i + 1;
      if (first === CR && next === end && !last) break;
      const after = first === CR && bytes[next] === LF ? next + 1 : next;
      if (width === 1) {
        tape.emptyRecord(i, line);
        ({ starts, ends, flags } = tape);
      }
      i = after;
      consumed = i;
      line++;
      continue;
    }
    if (tape.full) {
      tape.grow();
      ({ starts, ends, flags } = tape);
    }
    const recordStart = i;
    const recordLine = line;
    const quoteLimit = Math.min(end, recordStart + MAX_RECORD_BYTES);
    let slot = tape.records * width;
    let fields = 0;
    let fault = 0;
    let recordEnd = -1;
    const doubledBefore = doubledQuotes.count;

    // One turn per field; leaves with recordEnd ≥ 0 when the record is whole.
    for (;;) {
      let start = i;
      let stop = i;
      let flag = 0;
      let c = -1;
      if (bytes[i] === quote && i < end) {
        start = ++i;
        flag = FIELD_QUOTED;
        for (;;) {
          while (i < quoteLimit && bytes[i] !== quote) {
            const inside = bytes[i];
            if (inside === LF || (inside === CR && bytes[i + 1] !== LF)) line++;
            i++;
          }
          if (i >= quoteLimit) {
            fault |= RECORD_QUOTE_UNCLOSED;
            break;
          }
          if (bytes[i + 1] !== quote || i + 1 >= end) break;
          flag |= FIELD_DOUBLED;
          doubledQuotes.add(i + 1);
          i += 2;
        }
        if (fault & RECORD_QUOTE_UNCLOSED) break;
        stop = i++;
        c = i < end ? (bytes[i] ?? -1) : -1;
        if (c !== delimiter && c !== LF && c !== CR && i < end) {
          fault |= RECORD_QUOTE_STRAY;
          while (i < end) {
            c = bytes[i] ?? -1;
            if (c === delimiter || c === LF || c === CR) break;
            i++;
          }
        }
      } else {
        while (i < end) {
          c = bytes[i] ?? -1;
          if (c <= top) {
            if (c === delimiter || c === LF || c === CR) break;
            if (c === quote) fault |= RECORD_QUOTE_STRAY;
          }
          i++;
        }
        stop = i;
        if (stop === start) flag = FIELD_NULL;
      }
      if (fields < width) {
        starts[slot] = start;
        ends[slot] = stop;
        flags[slot] = flag;
        slot++;
      }
      fields++;
      if (i >= end) {
        if (last) recordEnd = end;
        break;
      }
      if (c === delimiter) {
        i++;
        continue;
      }
      if (c === CR && i + 1 >= end && !last) break;
      recordEnd = i;
      i += c === CR && bytes[i + 1] === LF ? 2 : 1;
      line++;
      break;
    }

    if (recordEnd < 0) {
      const unclosed = (fault & RECORD_QUOTE_UNCLOSED) !== 0;
      const seenEnough = last || end - recordStart >= MAX_RECORD_BYTES;
      const lineEnd = unclosed && seenEnough ? endOfLine(bytes, recordStart) : end;
      if (!unclosed || (!last && lineEnd + 1 >= end)) {
        line = recordLine;
        break;
      }
      recordEnd = lineEnd;
      i = afterLineEnd(bytes, recordEnd);
      line = recordEnd < end ? recordLine + 1 : recordLine;
      fault = RECORD_QUOTE_UNCLOSED;
      doubledQuotes.count = doubledBefore;
      // Where its fields end nobody knows, so it has none.
      slot = tape.records * width;
      fields = 0;
    }
    for (let f = fields; f < width; f++, slot++) {
      starts[slot] = recordEnd;
      ends[slot] = recordEnd;
      flags[slot] = FIELD_NULL;
    }
    if (recordEnd - recordStart > MAX_RECORD_BYTES) fault |= RECORD_TOO_LONG;
    tape.record(recordStart, recordEnd, recordLine, Math.min(fields, MAX_FIELDS + 1), fault);
    consumed = i;
  }
  doubledQuotes.finish();
  const finished = tape.finish(consumed, line);
  return doubledQuotes.areAllKept ? { ...finished, doubledQuotes } : finished;
}

function endOfLine(bytes: Uint8Array, from: number): number {
  let i = from;
  while (i < bytes.length && bytes[i] !== LF && bytes[i] !== CR) i++;
  return i;
}

function afterLineEnd(bytes: Uint8Array, at: number): number {
  if (at >= bytes.length) return at;
  return bytes[at] === CR && bytes[at + 1] === LF ? at + 2 : at + 1;
}
