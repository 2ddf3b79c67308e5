import { FIELD_NULL, type Tape } from '../../model/tape.ts';
import type { Block, ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { fixedEncoder, LENGTH_BYTES, NULL_LENGTH, valueEncoder } from './column-encoder.ts';
import { setInteger } from './encode-integer.ts';

/** Days and microseconds since 2000-01-01, in UTC where there is a zone. The fields were checked. */

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const ZEROS = 0x30303030;
const POINT = 46;
/** Days from 0000-03-01 to 2000-01-01. */
const EPOCH_DAYS = 730_425;
/** By month: days from 1 March to the day before the month, less those to 2000. */
const DAYS_BEFORE = Int32Array.from(
  [0, 306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275],
  (days) => days - 1 - EPOCH_DAYS,
);
const DAY_SECONDS = 86_400;
const MICROSECONDS = 1_000_000;
const WORD = 2 ** 32;
const DATE_LENGTH = 10;
/** Seconds since 2000 whose microseconds a double holds exactly: 1715 to 2285. */
const EXACT_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / MICROSECONDS) - 1;

export const dateEncoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 4, writeDate);
/** The time as it is written. */
export const timeEncoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 8, writeTime);
/** And its zone in seconds west of Greenwich. */
export const timetzEncoder = (column: TapeColumn): ColumnEncoder => valueEncoder(column, 12, writeTimetz);
/** A value without a zone is one in UTC; into a column without a zone, Z says nothing. */
export const timestampEncoder = (column: TapeColumn): ColumnEncoder =>
  fixedEncoder(column, 8, writeTimestamps);

function writeDate({ bytes, starts }: Tape, slot: number, view: DataView, at: number): void {
  view.setInt32(at, days(bytes, starts[slot] ?? 0));
}

function writeTime({ bytes, starts, ends }: Tape, slot: number, view: DataView, at: number): void {
  setInteger(view, at, timeOf(bytes, starts[slot] ?? 0, ends[slot] ?? 0));
}

function writeTimetz({ bytes, starts, ends }: Tape, slot: number, view: DataView, at: number): void {
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  setInteger(view, at, timeOf(bytes, start, end));
  view.setInt32(at + 8, -zoneSeconds(bytes, start, end));
}

const PLAIN_LENGTH = 19;
const Z = 90;

/** Most are YYYY-MM-DDThh:mm:ss, with or without Z: these are read in words, the others in a second turn. */
function writeTimestamps(column: TapeColumn, block: Block): void {
  const { tape, view: from, field } = column;
  const { records, cursors, count, view } = block;
  const { starts, ends, flags, width } = tape;
  let odd = 0;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const at = cursors[i] ?? 0;
    const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
    view.setInt32(at, isNull ? NULL_LENGTH : 8);
    cursors[i] = at + LENGTH_BYTES + (isNull ? 0 : 8);
    if (isNull) continue;
    const start = starts[slot] ?? 0;
    if (!isPlain(from, start, ends[slot] ?? 0)) {
      odd++;
      continue;
    }
    const micros = (plainDay(from, start) * DAY_SECONDS + plainSeconds(from, start + 11)) * MICROSECONDS;
    const high = Math.floor(micros / WORD);
    view.setInt32(at + LENGTH_BYTES, high);
    view.setInt32(at + LENGTH_BYTES + 4, micros - high * WORD);
  }
  if (odd > 0) writeOdd(column, block);
}

function isPlain(view: DataView, start: number, end: number): boolean {
  const length = end - start;
  // hh:mm+01 is as long as hh:mm:ss.
  if (length < PLAIN_LENGTH || view.getUint8(start + PLAIN_LENGTH - 3) !== COLON) return false;
  return length === PLAIN_LENGTH || (length === PLAIN_LENGTH + 1 && view.getUint8(end - 1) === Z);
}

/** Days since 2000-01-01 of the date at `start`, in a form that is compiled into the loop. */
function plainDay(from: DataView, start: number): number {
  const word = from.getInt32(start, true) ^ ZEROS;
  const pairs = Math.imul(word, 10) + (word >>> 8);
  const month = pair(from.getInt16(start + 5, true));
  const year = Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff) - (month <= 2 ? 1 : 0);
  const leaps = ((year / 4) | 0) - ((year / 100) | 0) + ((year / 400) | 0);
  return Math.imul(year, 365) + leaps + (DAYS_BEFORE[month] ?? 0) + pair(from.getInt16(start + 8, true));
}

/** Seconds since midnight of hh:mm:ss. */
function plainSeconds(from: DataView, start: number): number {
  const minutes = Math.imul(pair(from.getInt16(start, true)), 60) + pair(from.getInt16(start + 3, true));
  return Math.imul(minutes, 60) + pair(from.getInt16(start + 6, true));
}

/** The number that two digits make, the first of them in the lower byte. */
function pair(word: number): number {
  return Math.imul(word & 15, 10) + ((word >> 8) & 15);
}

function writeOdd({ tape, view: from, field }: TapeColumn, { records, cursors, count, view }: Block): void {
  const { bytes, starts, ends, flags, width } = tape;
  for (let i = 0; i < count; i++) {
    const slot = (records[i] ?? 0) * width + field;
    const start = starts[slot] ?? 0;
    const end = ends[slot] ?? 0;
    if (((flags[slot] ?? 0) & FIELD_NULL) !== 0 || isPlain(from, start, end)) continue;
    setTimestamp(view, (cursors[i] ?? 0) - 8, bytes, start, end);
  }
}

function digits2(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) - ZERO) * 10 + (bytes[at + 1] ?? 0) - ZERO;
}

/** Days since 2000-01-01 of YYYY-MM-DD. */
function days(bytes: Uint8Array, at: number): number {
  const year = digits2(bytes, at) * 100 + digits2(bytes, at + 2);
  return dayNumber(year, digits2(bytes, at + 5), digits2(bytes, at + 8));
}

/** Years start in March here, so that the leap day is the last one; divisions of numbers above 0 cut off with | 0. */
function dayNumber(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const leaps = ((y / 4) | 0) - ((y / 100) | 0) + ((y / 400) | 0);
  return y * 365 + leaps + (DAYS_BEFORE[month] ?? 0) + day;
}

function setTimestamp(view: DataView, at: number, bytes: Uint8Array, start: number, end: number): void {
  const time = start + DATE_LENGTH + 1;
  const micros = timeOf(bytes, time, end);
  const seconds = days(bytes, start) * DAY_SECONDS - zoneSeconds(bytes, time, end);
  if (Math.abs(seconds) < EXACT_SECONDS - DAY_SECONDS) {
    setInteger(view, at, seconds * MICROSECONDS + micros);
  } else view.setBigInt64(at, BigInt(seconds) * 1_000_000n + BigInt(micros));
}

/** Microseconds since midnight of hh:mm[:ss[.fraction]]; a zone may follow. */
function timeOf(bytes: Uint8Array, at: number, end: number): number {
  const minutes = digits2(bytes, at) * 60 + digits2(bytes, at + 3);
  if (at + 5 >= end || bytes[at + 5] !== COLON) return minutes * 60 * MICROSECONDS;
  const seconds = minutes * 60 + digits2(bytes, at + 6);
  if (at + 8 >= end || bytes[at + 8] !== POINT) return seconds * MICROSECONDS;
  let fraction = 0;
  let unit = MICROSECONDS;
  // Only zeros may follow the last digit of the microseconds.
  for (let i = at + 9; i < end && unit > 1; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) break;
    fraction = fraction * 10 + digit;
    unit /= 10;
  }
  return seconds * MICROSECONDS + fraction * unit;
}

/** Seconds east of Greenwich of the Z, ±hh, ±hhmm or ±hh:mm that ends a time; 0 without one. */
function zoneSeconds(bytes: Uint8Array, start: number, end: number): number {
  // The sign stands 3, 5 or 6 bytes before the end, and nowhere else in a time.
  for (let back = 3; back <= 6; back++) {
    const sign = end - back < start ? 0 : bytes[end - back];
    if (sign !== PLUS && sign !== MINUS) continue;
    const at = end - back + 1;
    const minutes = back === 3 ? 0 : digits2(bytes, back === 5 ? at + 2 : at + 3);
    const seconds = digits2(bytes, at) * 3600 + minutes * 60;
    return sign === MINUS ? -seconds : seconds;
  }
  return 0;
}
