import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
const COLON = 58;
const POINT = 46;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** RFC 3339 full-date: YYYY-MM-DD, a day that exists, years 0001 to 9999. */
export const dateJudge: BytesJudge = (bytes, start, end) =>
  end - start === 10 && isDate(bytes, start) ? null : 'type.date';

/** hh:mm[:ss[.fraction]], with a zone only where the column keeps one. */
export function timeJudge(column: Column): BytesJudge {
  const fraction = column.fractionDigits ?? 9;
  const zoned = column.withZone === true;
  return (bytes, start, end) => {
    const stop = timeEnd(bytes, start, end, fraction);
    if (stop < 0) return 'type.time';
    return stop === end || (zoned && isZone(bytes, stop, end)) ? null : 'type.time';
  };
}

/**
 * ISO 8601 / RFC 3339: date, `T` or space, time, and Z or an offset. Into a column without a zone Z is taken as it
 * stands and any other offset is refused, since the database would drop it.
 */
export function datetimeJudge(column: Column): BytesJudge {
  const fraction = column.fractionDigits ?? 9;
  const zoned = column.withZone === true;
  return (bytes, start, end) => {
    if (end - start < 16 || !isDate(bytes, start)) return 'type.datetime';
    const separator = bytes[start + 10];
    if (separator !== 84 && separator !== 32 && separator !== 116) return 'type.datetime';
    const stop = timeEnd(bytes, start + 11, end, fraction);
    if (stop < 0) return 'type.datetime';
    if (stop === end || isUtc(bytes, stop, end)) return null;
    return zoned && isZone(bytes, stop, end) ? null : 'type.datetime';
  };
}

function digits2(bytes: Uint8Array, at: number): number {
  const tens = (bytes[at] ?? 0) - ZERO;
  const ones = (bytes[at + 1] ?? 0) - ZERO;
  return tens < 0 || tens > 9 || ones < 0 || ones > 9 ? -1 : tens * 10 + ones;
}

function isDate(bytes: Uint8Array, at: number): boolean {
  const century = digits2(bytes, at);
  const years = digits2(bytes, at + 2);
  const month = digits2(bytes, at + 5);
  const day = digits2(bytes, at + 8);
  if (century < 0 || years < 0 || bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
  if (month < 1 || month > 12 || day < 1) return false;
  const year = century * 100 + years;
  if (year === 0) return false;
  if (day <= 28) return true;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= (month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0));
}

/** The byte after hh:mm[:ss[.fraction]], or -1. */
function timeEnd(bytes: Uint8Array, at: number, end: number, fraction: number): number {
  if (end - at < 5 || bytes[at + 2] !== COLON) return -1;
  const hour = digits2(bytes, at);
  const minute = digits2(bytes, at + 3);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return -1;
  if (at + 5 >= end || bytes[at + 5] !== COLON) return at + 5;
  const second = at + 8 <= end ? digits2(bytes, at + 6) : -1;
  if (second < 0 || second > 59) return -1;
  if (at + 8 >= end || bytes[at + 8] !== POINT) return at + 8;
  let i = at + 9;
  while (i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9) i++;
  const count = i - at - 9;
  return count === 0 || count > fraction ? -1 : i;
}

function isUtc(bytes: Uint8Array, at: number, end: number): boolean {
  if (end - at === 1) return bytes[at] === 90 || bytes[at] === 122;
  return isZone(bytes, at, end) && digits2(bytes, at + 1) === 0 && digits2(bytes, end - 2) === 0;
}

/** Z, ±hh:mm, ±hhmm or ±hh. */
function isZone(bytes: Uint8Array, at: number, end: number): boolean {
  const length = end - at;
  if (length === 1) return bytes[at] === 90 || bytes[at] === 122;
  if (bytes[at] !== PLUS && bytes[at] !== MINUS) return false;
  const hours = digits2(bytes, at + 1);
  if (hours < 0 || hours > 15) return false;
  if (length === 3) return true;
  const colon = bytes[at + 3] === COLON ? 1 : 0;
  const minutes = digits2(bytes, at + 3 + colon);
  return length === 5 + colon && minutes >= 0 && minutes <= 59;
}
