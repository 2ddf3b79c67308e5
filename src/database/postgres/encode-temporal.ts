import { FIELD_NULL } from '../../model/tape.ts';
import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { LENGTH_BYTES, NULL_LENGTH } from './column-encoder.ts';
import { measureFixed, setInteger } from './encode-fixed.ts';

/** Days and microseconds since 2000-01-01, in UTC where there is a zone. The fields were checked. */

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
const POINT = 46;
/** Days from 0000-03-01 to 2000-01-01. */
const EPOCH_DAYS = 730_425;
const DAY_SECONDS = 86_400;
const MICROSECONDS = 1_000_000;
const DATE_LENGTH = 10;
/** Seconds since 2000 whose microseconds a double holds exactly: 1715 to 2285. */
const EXACT_SECONDS = Math.floor(Number.MAX_SAFE_INTEGER / MICROSECONDS) - 1;

export function dateEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 4, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 4);
        view.setInt32(at + 4, days(bytes, starts[slot] ?? 0));
        cursors[i] = at + 8;
      }
    },
  };
}

/** A value without a zone is one in UTC; into a column without a zone, Z says nothing. */
export function timestampEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 8, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 8);
        setTimestamp(view, at + 4, bytes, starts[slot] ?? 0, ends[slot] ?? 0);
        cursors[i] = at + 12;
      }
    },
  };
}

export function timeEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 8, block),
    write({ records, cursors, count, view }) {
      const { bytes, starts, ends, flags, width } = tape;
      for (let i = 0; i < count; i++) {
        const slot = (records[i] ?? 0) * width + field;
        const at = cursors[i] ?? 0;
        if ((flags[slot] ?? 0) & FIELD_NULL) {
          view.setInt32(at, NULL_LENGTH);
          cursors[i] = at + LENGTH_BYTES;
          continue;
        }
        view.setInt32(at, 8);
        setInteger(view, at + 4, timeOf(bytes, starts[slot] ?? 0, ends[slot] ?? 0));
        cursors[i] = at + 12;
      }
    },
  };
}

/** The time as it is written, and its zone in seconds west of Greenwich. */
export function timetzEncoder(column: TapeColumn): ColumnEncoder {
  const { tape, field } = column;
  return {
    measure: (block) => measureFixed(column, 12, block),
    write({ records, cursors, count, view }) {
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
        view.setInt32(at, 12);
        setInteger(view, at + 4, timeOf(bytes, start, end));
        view.setInt32(at + 12, -zoneSeconds(bytes, start, end));
        cursors[i] = at + 16;
      }
    },
  };
}

function digits2(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) - ZERO) * 10 + (bytes[at + 1] ?? 0) - ZERO;
}

/** Days since 2000-01-01 of YYYY-MM-DD; years start in March, so that the leap day is the last one. */
function days(bytes: Uint8Array, at: number): number {
  const month = digits2(bytes, at + 5);
  const year = digits2(bytes, at) * 100 + digits2(bytes, at + 2) - (month <= 2 ? 1 : 0);
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + digits2(bytes, at + 8) - 1;
  const leaps = Math.floor(year / 4) - Math.floor(year / 100) + Math.floor(year / 400);
  return year * 365 + leaps + ofYear - EPOCH_DAYS;
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
  for (let i = at + 9; i < end; i++) {
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
