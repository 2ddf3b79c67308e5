import { floatJudge } from '../check/decimal.ts';
import { jsonJudge, uuidJudge } from '../check/formats.ts';
import { isPlainDatetime } from '../check/plain-datetime.ts';
import { dateJudge, datetimeJudge, timeJudge } from '../check/temporal.ts';
import type { Column, ColumnKind } from '../model/table.ts';

/** What a value can be; each is of exactly one class. A column is what all classes of its values have in common. */
export const INTEGER = 1;
/** A point, or more digits than 64 bits hold. */
export const DECIMAL = 2;
/** A power of ten. */
export const FLOAT = 4;
export const BOOLEAN = 8;
export const DATE = 16;
export const TIME = 32;
/** Without a zone, in UTC, with another offset. */
export const DATETIME = 64;
export const DATETIME_UTC = 128;
export const DATETIME_OFFSET = 256;
export const UUID = 512;
export const JSON_VALUE = 1024;
/** Digits with a zero or a plus in front: a number would lose them. */
export const CODE = 2048;
export const TEXT = 4096;

/** For messages. */
export const CLASS_NAMES: ReadonlyArray<readonly [class_: number, name: string]> = [
  [INTEGER, 'whole numbers'],
  [DECIMAL, 'decimals'],
  [FLOAT, 'numbers with a power of ten'],
  [BOOLEAN, 'true and false'],
  [DATE, 'dates'],
  [TIME, 'times'],
  [DATETIME, 'date-times without a zone'],
  [DATETIME_UTC, 'date-times in UTC'],
  [DATETIME_OFFSET, 'date-times with an offset'],
  [UUID, 'UUIDs'],
  [JSON_VALUE, 'JSON'],
  [CODE, 'numbers with a zero or a plus in front'],
  [TEXT, 'text'],
];

const column = (kind: ColumnKind, more: Partial<Column> = {}): Column => ({
  name: '',
  sqlType: '',
  kind,
  nullable: true,
  default: null,
  generated: false,
  identity: false,
  ...more,
});

const isFloat = floatJudge(column('float'));
const isTime = timeJudge(column('time', { withZone: false }));
const isDatetime = datetimeJudge(column('datetime', { withZone: false }));
const isZonedDatetime = datetimeJudge(column('datetime', { withZone: true }));

const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const BRACKET = 91;
const BRACE = 123;
const LOWER = 0x20;
const DATE_LENGTH = 10;
const UUID_LENGTH = 36;
const TRUE = ['true', 'false'];
/** A 64-bit integer has no more. */
const SAFE_INTEGER_DIGITS = 18;
const MOST_INTEGER = 2n ** 63n - 1n;
const LEAST_INTEGER = -(2n ** 63n);
/** MariaDB takes 32 levels, and no JSON with halves of surrogate pairs; no jsonb holds \u0000. */
const JSON_LEVELS = 31;
const JSON_TRAPS = /\\u(?:0000|d[89a-f])/i;

/** Of the number that was looked at last: its digits. */
export const digits = { whole: 0, fraction: 0 };

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The class of bytes[start, end), which are not NULL. */
export function classOf(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  const first = bytes[start] ?? 0;
  if (start === end) return TEXT;
  if (first >= ZERO && first <= NINE) return startingWithDigit(bytes, view, start, end);
  if (first === MINUS || first === PLUS || first === POINT) return number(bytes, start, end);
  if (first === BRACE || first === BRACKET) return json(bytes, start, end);
  return word(bytes, start, end);
}

function startingWithDigit(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  if (bytes[start + 4] === MINUS && end - start >= DATE_LENGTH) return temporal(bytes, view, start, end);
  if (bytes[start + 2] === COLON) return isTime(bytes, start, end) === null ? TIME : TEXT;
  const found = number(bytes, start, end);
  return found === TEXT && end - start === UUID_LENGTH ? word(bytes, start, end) : found;
}

function temporal(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  if (end - start === DATE_LENGTH) return dateJudge(bytes, start, end) === null ? DATE : TEXT;
  const utc = ((bytes[end - 1] ?? 0) | LOWER) === 122;
  const plain = isPlainDatetime(view, start, end) || isDatetime(bytes, start, end) === null;
  if (plain) return utc || bytes.subarray(start + DATE_LENGTH, end).some(isSign) ? DATETIME_UTC : DATETIME;
  return isZonedDatetime(bytes, start, end) === null ? DATETIME_OFFSET : TEXT;
}

const isSign = (byte: number): boolean => byte === PLUS || byte === MINUS;

/** Optional minus, digits, optional point and digits, optional power of ten. */
function number(bytes: Uint8Array, start: number, end: number): number {
  const from = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
  const point = digitsEnd(bytes, from, end);
  const stop = bytes[point] === POINT && point < end ? digitsEnd(bytes, point + 1, end) : point;
  digits.whole = point - from;
  digits.fraction = Math.max(0, stop - point - 1);
  if (digits.whole + digits.fraction === 0) return TEXT;
  if (bytes[from] === ZERO) digits.whole--;
  if (bytes[start] === PLUS || isLed(bytes, from, start, point, stop)) return stop === end ? CODE : TEXT;
  if (stop < end) return isFloat(bytes, start, end) === null ? FLOAT : TEXT;
  if (stop > point) return DECIMAL;
  return digits.whole <= SAFE_INTEGER_DIGITS || fits(bytes, start, end) ? INTEGER : DECIMAL;
}

/** 007, 00.5 and -0: a number would be written otherwise. */
function isLed(bytes: Uint8Array, from: number, start: number, point: number, stop: number): boolean {
  if (bytes[from] !== ZERO) return false;
  return point - from > 1 || (from > start && stop === point);
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= NINE) i++;
  return i;
}

function fits(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > SAFE_INTEGER_DIGITS + 2) return false;
  const value = BigInt(decoder.decode(bytes.subarray(start, end)));
  return value >= LEAST_INTEGER && value <= MOST_INTEGER;
}

function word(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  if (length === UUID_LENGTH) return uuidJudge(bytes, start, end) === null ? UUID : TEXT;
  if (length !== 4 && length !== 5) return TEXT;
  return TRUE.includes(decoder.decode(bytes.subarray(start, end)).toLowerCase()) ? BOOLEAN : TEXT;
}

function json(bytes: Uint8Array, start: number, end: number): number {
  if (jsonJudge(bytes, start, end) !== null) return TEXT;
  const text = decoder.decode(bytes.subarray(start, end));
  return !JSON_TRAPS.test(text) && levels(text) <= JSON_LEVELS ? JSON_VALUE : TEXT;
}

function levels(json: string): number {
  const text = json.replace(/"(?:[^"\\]|\\.)*"/g, '');
  let open = 0;
  let most = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i) | LOWER;
    if (c === BRACE) most = Math.max(most, ++open);
    else if (c === BRACE + 2) open--;
  }
  return most;
}
