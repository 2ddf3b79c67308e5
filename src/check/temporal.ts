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

/**
 * hh:mm[:ss[.fraction]], with a zone only where the column keeps one; where it keeps spans of time also with a minus
 * sign and more hours than a day has.
 */
export function timeJudge(column: Column): BytesJudge {
  const fraction = column.fractionDigits ?? 9;
  const zoned = column.withZone === true;
  if (column.spanHours !== undefined) return spanJudge(fraction, column.spanHours);
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
  const bounded = column.firstSecond !== undefined || column.lastSecond !== undefined;
  return (bytes, start, end) => {
    if (end - start < 16 || !isDate(bytes, start)) return 'type.datetime';
    const separator = bytes[start + 10];
    if (separator !== 84 && separator !== 32 && separator !== 116) return 'type.datetime';
    const stop = timeEnd(bytes, start + 11, end, fraction);
    if (stop < 0) return 'type.datetime';
    const fits = stop === end || isUtc(bytes, stop, end) || (zoned && isZone(bytes, stop, end));
    if (!fits) return 'type.datetime';
    return bounded && !isWithin(column, bytes, start, end) ? 'range' : null;
  };
}

const decoder = new TextDecoder();

/** Whether the instant is one that the column can keep; without an offset it is in UTC. */
function isWithin(
  { firstSecond, lastSecond }: Column,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const [, date = '', time = '', seconds = '00', zone = 'Z'] =
    INSTANT.exec(decoder.decode(bytes.subarray(start, end))) ?? [];
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  const second = Date.parse(`${date}T${time}:${seconds}${offset.toUpperCase()}`) / 1000;
  return second >= (firstSecond ?? second) && second <= (lastSecond ?? second);
}

const INSTANT = /^(.{10}).(.{5})(?::(\d\d)(?:\.\d*)?)?(.+)?$/;

/** [-]hh:mm[:ss[.fraction]] with two digits for the hours or more. */
function spanJudge(fraction: number, mostHours: number): BytesJudge {
  return (bytes, start, end) => {
    const from = bytes[start] === MINUS ? start + 1 : start;
    const colon = bytes.subarray(from, end).indexOf(COLON);
    if (colon < 2 || colon > 4) return 'type.time';
    let hours = 0;
    for (let i = from; i < from + colon; i++) {
      const digit = (bytes[i] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return 'type.time';
      hours = hours * 10 + digit;
    }
    const stop = minutesEnd(bytes, from + colon, end, fraction);
    if (stop !== end) return 'type.time';
    return hours > mostHours ? 'range' : null;
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
  return hour < 0 || hour > 23 ? -1 : minutesEnd(bytes, at + 2, end, fraction);
}

/** The byte after :mm[:ss[.fraction]], or -1. Zeros that end the fraction are no digits that would be lost. */
function minutesEnd(bytes: Uint8Array, at: number, end: number, fraction: number): number {
  const minute = at + 3 <= end ? digits2(bytes, at + 1) : -1;
  if (minute < 0 || minute > 59) return -1;
  if (at + 3 >= end || bytes[at + 3] !== COLON) return at + 3;
  const second = at + 6 <= end ? digits2(bytes, at + 4) : -1;
  if (second < 0 || second > 59) return -1;
  if (at + 6 >= end || bytes[at + 6] !== POINT) return at + 6;
  const first = at + 7;
  let i = first;
  let kept = first;
  for (; i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9; i++) {
    if (bytes[i] !== ZERO) kept = i + 1;
  }
  return i === first || kept - first > fraction ? -1 : i;
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
