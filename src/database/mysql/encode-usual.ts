import type { ColumnKind } from '../../model/table.ts';
import { FIELD_NULL, FIELD_QUOTED, type Tape } from '../../model/tape.ts';

/**
 * Rows whose values are in the form that most have: what is sent for such a value stands in its field as it is, from the
 * start of the field on, and is copied by words.
 */

/** What rows are written from, and where to. */
export interface Job {
  readonly tape: Tape;
  /** Over the bytes of the tape. */
  readonly view: DataView;
  /** One byte per record; not 0: it is no row. */
  readonly bad: Uint8Array;
  /** Of each column: its field of the tape, and `formOf` its kind. */
  readonly fields: Int32Array;
  readonly forms: Int32Array;
  /** As in RowLayout; the first `rows` are filled. */
  readonly starts: Int32Array<ArrayBuffer>;
  readonly records: Int32Array<ArrayBuffer>;
  rows: number;
  /** The record and column that come next, and where the value goes. */
  record: number;
  column: number;
  at: number;
  out: DataView;
}

const TAB = 9;
const LF = 10;
const SPACE = 32;
/** `\N`, read from left to right. */
const NULL = 0x5c4e;
/** In a date-time. */
const PLACE_OF_T = 10;

/** No value grows by more than this beside its escapes: NULL, separators, the seconds of a date-time. */
const ROOM_PER_FIELD = 32;

/** Bytes that a row takes at most: with every byte escaped. */
export function mostBytes(tape: Tape, record: number, columns: number): number {
  const { recordStarts, recordEnds, transcoded, asWritten } = tape;
  const asItCame = !transcoded && asWritten === undefined;
  const length = asItCame
    ? (recordEnds[record] ?? 0) - (recordStarts[record] ?? 0)
    : fieldBytes(tape, record);
  return 2 * length + ROOM_PER_FIELD * (columns + 1);
}

/** Of a record whose fields may be longer than they came. */
function fieldBytes({ starts, ends, width }: Tape, record: number): number {
  let length = 0;
  for (let slot = record * width; slot < (record + 1) * width; slot++) {
    length += (ends[slot] ?? 0) - (starts[slot] ?? 0);
  }
  return length;
}

/**
 * Writes rows as long as there is room. True: it stopped at a value that is not in the usual form of its column.
 *
 * For the usual types nothing is called in the loops that is not compiled into them, and the function stands at the top of its module:
 * V8 would read the fields of all array objects anew for every field, and no constant would be compiled in.
 */
export function writeUsualRows(job: Job): boolean {
  const { tape, view, bad, fields, forms, out, starts: rowStarts, records: rowRecords } = job;
  const { starts, ends, flags, width } = tape;
  const columns = fields.length;
  const wordsEnd = view.byteLength - OVERHANG;
  const room = out.byteLength;
  let { rows, record, column, at } = job;
  let odd = false;
  for (; record < tape.records; record++, column = 0) {
    if (column === 0) {
      if (bad[record] !== 0) continue;
      if (at + mostBytes(tape, record, columns) > room) break;
      rowStarts[rows] = at;
      rowRecords[rows++] = record;
    }
    for (; column < columns; column++) {
      const slot = record * width + (fields[column] ?? 0);
      const flag = flags[slot] ?? 0;
      const start = starts[slot] ?? 0;
      const end = ends[slot] ?? 0;
      if (flag & FIELD_NULL) {
        out.setInt16(at, NULL);
        at += 2;
      } else {
        if (flag > FIELD_QUOTED || end > wordsEnd) break;
        const form = forms[column] ?? 0;
        const last = usualEnd(form, view, start, end);
        if (last < 0) break;
        const stop =
          form === TEXT ? copyPlain(view, start, last, out, at) : copyAsIs(view, start, last, out, at);
        if (stop < 0) break;
        if (form === DATETIME) out.setUint8(at + PLACE_OF_T, SPACE);
        at = stop;
      }
      out.setUint8(at++, TAB);
    }
    odd = column < columns;
    if (odd) break;
    out.setUint8(at - 1, LF);
  }
  job.rows = rows;
  job.record = record;
  job.column = column;
  job.at = at;
  return odd;
}

const TEXT = 0;
const INTEGER = 1;
const DATETIME = 2;
const DECIMAL = 3;
const FLOAT = 4;
const DATE = 5;
const TIME = 6;
const NEVER = 7;

const FORMS: Readonly<Record<ColumnKind, number>> = {
  text: TEXT,
  json: TEXT,
  integer: INTEGER,
  decimal: DECIMAL,
  float: FLOAT,
  date: DATE,
  datetime: DATETIME,
  time: TIME,
  uuid: NEVER,
  binary: NEVER,
  boolean: NEVER,
};

/** What `usualEnd` goes by. */
export const formOf = (kind: ColumnKind): number => FORMS[kind];

/**
 * Where the part of a field without doubled quotes ends that can be sent as it is; -1 where the value is not in the
 * usual form of its column. A date-time has a space to be written where its T stands.
 */
function usualEnd(form: number, view: DataView, start: number, end: number): number {
  switch (form) {
    case TEXT:
      return end;
    case INTEGER:
      return isShortest(view, start) || end - start === 1 ? end : -1;
    case DATETIME:
      return hasSeconds(view, start, end) ? start + SECONDS_LENGTH : -1;
    default:
      return rarerEnd(form, view, start, end);
  }
}

const WORD = 4;
const LONG = 8;
/** Bytes after a field that are read, and bytes after a value that are written: the next one is written over them. */
const OVERHANG = LONG;

/** The byte after what was written; -1 when some of it is to be escaped. */
function copyPlain(view: DataView, start: number, end: number, out: DataView, at: number): number {
  const shift = at - start;
  let escapes = 0;
  let i = start;
  for (; i <= end - WORD; i += WORD) {
    const word = view.getInt32(i, true);
    escapes |= escapesIn(word);
    out.setInt32(i + shift, word, true);
  }
  const last = view.getInt32(i, true);
  escapes |= escapesIn(last | (-1 << ((end - i) * 8)));
  out.setInt32(i + shift, last, true);
  return escapes === 0 ? end + shift : -1;
}

/** The byte after what was written. Numbers and times hold nothing that is to be escaped. */
function copyAsIs(view: DataView, start: number, end: number, out: DataView, at: number): number {
  const shift = at - start;
  for (let i = start; i < end; i += LONG) out.setBigInt64(i + shift, view.getBigInt64(i, true), true);
  return end + shift;
}

const EACH_BYTE = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const BACKSLASHES = 0x5c5c5c5c;
/** One more than LF, which is one more than tab. */
const AFTER_LF = 0x0b0b0b0b;

/** Not 0 when one of four bytes is a backslash, or less than 11 as tab and LF are (Hacker's Delight, 6-1). */
function escapesIn(word: number): number {
  const other = word ^ BACKSLASHES;
  return (((other - EACH_BYTE) & ~other) | ((word - AFTER_LF) & ~word)) & HIGH_BITS;
}

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const POINT = 46;
const COLON = 58;

/** A number that starts with a digit from 1 to 9, before which a minus sign may stand. */
function isShortest(view: DataView, start: number): boolean {
  const first = view.getUint8(start);
  const digit = first === MINUS ? view.getUint8(start + 1) : first;
  return digit > ZERO && digit <= NINE;
}

const SECONDS_LENGTH = 19;

/** `YYYY-MM-DDThh:mm:ss`, perhaps with Z. A date-time of this length without seconds has an offset after its minute. */
function hasSeconds(view: DataView, start: number, end: number): boolean {
  const length = end - start;
  return (length === SECONDS_LENGTH || length === SECONDS_LENGTH + 1) && view.getUint8(start + 16) === COLON;
}

/** The server reads so many digits right; of longer numbers it may miss the nearest double by one. */
export const FLOAT_LENGTH = 17;

function rarerEnd(form: number, view: DataView, start: number, end: number): number {
  switch (form) {
    case DECIMAL:
      return isShortest(view, start) || startsWithPoint(view, start, end)
        ? endOfDecimal(view, start, end)
        : -1;
    case FLOAT:
      return end - start <= FLOAT_LENGTH ? end : -1;
    case DATE:
      return end;
    case TIME:
      return isTimeOfDay(view, start, end) ? end : -1;
    default:
      return -1;
  }
}

/** After one zero. */
function startsWithPoint(view: DataView, start: number, end: number): boolean {
  return view.getUint8(start) === ZERO && (end - start === 1 || view.getUint8(start + 1) === POINT);
}

/** Without zeros that end a fraction. */
function endOfDecimal(view: DataView, start: number, end: number): number {
  let zeros = end;
  while (zeros > start && view.getUint8(zeros - 1) === ZERO) zeros--;
  if (zeros > start && view.getUint8(zeros - 1) === POINT) return zeros - 1;
  if (zeros === end) return end;
  let point = zeros;
  while (point > start && view.getUint8(point - 1) !== POINT) point--;
  return point === start ? end : zeros;
}

/** `hh:mm:ss`. */
function isTimeOfDay(view: DataView, start: number, end: number): boolean {
  return end - start === 8 && view.getUint8(start + 2) === COLON && view.getUint8(start + 5) === COLON;
}
