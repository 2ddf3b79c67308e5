import type { Tape } from '../../model/tape.ts';
import { isHexDigit } from './encode-fixed.ts';

/**
 * Whether an element of an array is spelled as its encoder takes it. Elements are not checked before, and what the
 * database would refuse or read in another way must not pass here.
 */
export type ElementForm = (tape: Tape, element: number) => boolean;

type BytesForm = (bytes: Uint8Array, start: number, end: number) => boolean;

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const LOWER = 0x20;
const E = 101;
const Z = 122;
const MOST_DIGITS = 1000;
/** Of so many digits, a double holds all. */
const EXACT_DIGITS = 15;
/** Of so many characters without an exponent, none is beyond what a single holds. */
const SURE_FLOAT = 30;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const FRACTION_DIGITS = 6;

const ofBytes =
  (form: BytesForm): ElementForm =>
  ({ bytes, starts, ends }, element) =>
    form(bytes, starts[element] ?? 0, ends[element] ?? 0);

export const isInt2: ElementForm = (tape, element) => readWhole(tape, element, 16);
export const isInt4: ElementForm = (tape, element) => readWhole(tape, element, 32);
export const isInt8: ElementForm = (tape, element) => readWhole(tape, element, 64);

/** A short number is noted on the tape, so that the encoder need not read it again. */
function readWhole({ bytes, starts, ends, integers }: Tape, element: number, bits: 16 | 32 | 64): boolean {
  const start = starts[element] ?? 0;
  const end = ends[element] ?? 0;
  let from = afterSign(bytes, start, end);
  if (from === end || digitsEnd(bytes, from, end) !== end) return false;
  while (from < end - 1 && bytes[from] === ZERO) from++;
  const negative = bytes[start] === MINUS;
  if (end - from > EXACT_DIGITS) return bits === 64 && isLong(latin1(bytes, from, end), negative);
  let value = 0;
  for (let i = from; i < end; i++) value = value * 10 + (bytes[i] ?? 0) - ZERO;
  if (value < 2 ** 31) integers[element] = negative ? 0 - value : value;
  const limit = 2 ** (bits - 1);
  return value < limit || (negative && value === limit);
}

const isLong = (digits: string, negative: boolean): boolean =>
  digits.length < 19 || (digits.length === 19 && BigInt(digits) <= (negative ? 2n ** 63n : 2n ** 63n - 1n));

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(start, end));

function afterSign(bytes: Uint8Array, start: number, end: number): number {
  return start < end && (bytes[start] === PLUS || bytes[start] === MINUS) ? start + 1 : start;
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isDigit(bytes[i] ?? 0)) i++;
  return i;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= ZERO + 9;

/** The byte after digits with a point or without; -1 without digits. */
function decimalEnd(bytes: Uint8Array, start: number, end: number): number {
  const from = afterSign(bytes, start, end);
  const point = digitsEnd(bytes, from, end);
  if (point === end || bytes[point] !== POINT) return point === from ? -1 : point;
  const stop = digitsEnd(bytes, point + 1, end);
  return stop - from === 1 ? -1 : stop;
}

export const isNumeric: ElementForm = ofBytes(
  (bytes, start, end) => end - start <= MOST_DIGITS && decimalEnd(bytes, start, end) === end,
);

export const isFloat4: ElementForm = ofBytes((bytes, start, end) => isFloat(bytes, start, end, Math.fround));
export const isFloat8: ElementForm = ofBytes((bytes, start, end) => isFloat(bytes, start, end, Number));

/** A number that is not too large nor so small that 0 would be left. */
function isFloat(bytes: Uint8Array, start: number, end: number, kept: (value: number) => number): boolean {
  const stop = decimalEnd(bytes, start, end);
  if (stop < 0 || end - start > MOST_DIGITS) return false;
  if (stop === end && end - start <= SURE_FLOAT) return true;
  const from = stop < end && ((bytes[stop] ?? 0) | LOWER) === E ? afterSign(bytes, stop + 1, end) : end;
  if (stop < end && (from === end || digitsEnd(bytes, from, end) !== end)) return false;
  const text = latin1(bytes, start, end);
  const value = kept(Number(text));
  return Number.isFinite(value) && (value !== 0 || !/^[^e]*[1-9]/i.test(text));
}

/** 1, 0, and words whose first letter tells; the database takes parts of the words too. */
const TRUTHS = new Set(['1', '0', 't', 'f', 'true', 'false']);

export const isBoolean: ElementForm = ofBytes(
  (bytes, start, end) => end - start <= 5 && TRUTHS.has(latin1(bytes, start, end).toLowerCase()),
);

const UUID = new TextEncoder().encode('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx');

/** Hexadecimal digits and hyphens. */
export const isUuid: ElementForm = ofBytes((bytes, start, end) => {
  if (end - start !== UUID.length) return false;
  for (let i = 0; i < UUID.length; i++) {
    const c = bytes[start + i] ?? 0;
    if (UUID[i] === MINUS ? c !== MINUS : !isHexDigit(c)) return false;
  }
  return true;
});

const BACKSLASH = 92;
const X = 120;

/** \x and pairs of hexadecimal digits: without \x the bytes would be those of the text. */
export const isBytea: ElementForm = ofBytes((bytes, start, end) => {
  if (end - start < 2 || (end - start) % 2 !== 0) return false;
  if (bytes[start] !== BACKSLASH || bytes[start + 1] !== X) return false;
  for (let i = start + 2; i < end; i++) if (!isHexDigit(bytes[i] ?? 0)) return false;
  return true;
});

export const isDate: ElementForm = ofBytes(
  (bytes, start, end) => end - start === 10 && isDay(bytes, start, end),
);
export const isTime: ElementForm = ofBytes((bytes, start, end) => clockEnd(bytes, start, end) === end);
export const isTimetz: ElementForm = ofBytes((bytes, start, end) => isZoned(bytes, start, end));
export const isTimestamp: ElementForm = ofBytes(
  (bytes, start, end) => isDayBefore(bytes, start, end) && clockEnd(bytes, start + 11, end) === end,
);
export const isTimestamptz: ElementForm = ofBytes(
  (bytes, start, end) => isDayBefore(bytes, start, end) && isZoned(bytes, start + 11, end),
);

const T = 116;
const SPACE = 32;

/** With a T or a space behind it. */
function isDayBefore(bytes: Uint8Array, start: number, end: number): boolean {
  const separator = bytes[start + 10] ?? 0;
  return isDay(bytes, start, end) && (separator === SPACE || (separator | LOWER) === T);
}

/** Of two digits; -1 for anything else. */
function pair(bytes: Uint8Array, at: number, end: number): number {
  const isPair = at + 2 <= end && isDigit(bytes[at] ?? 0) && isDigit(bytes[at + 1] ?? 0);
  return isPair ? ((bytes[at] ?? 0) - ZERO) * 10 + (bytes[at + 1] ?? 0) - ZERO : -1;
}

/** YYYY-MM-DD, years 0001 to 9999. */
function isDay(bytes: Uint8Array, at: number, end: number): boolean {
  const century = pair(bytes, at, end);
  const years = pair(bytes, at + 2, end);
  const month = pair(bytes, at + 5, end);
  const day = pair(bytes, at + 8, end);
  if (century < 0 || years < 0 || bytes[at + 4] !== MINUS || bytes[at + 7] !== MINUS) return false;
  const year = century * 100 + years;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = (DAYS[month - 1] ?? 0) + (month === 2 && leap ? 1 : 0);
  return year > 0 && day >= 1 && day <= last;
}

/** The byte after hh:mm[:ss[.fraction]]; -1 for another spelling. */
function clockEnd(bytes: Uint8Array, at: number, end: number): number {
  const hour = pair(bytes, at, end);
  const minute = pair(bytes, at + 3, end);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || bytes[at + 2] !== COLON) return -1;
  if (at + 5 === end || bytes[at + 5] !== COLON) return at + 5;
  const second = pair(bytes, at + 6, end);
  if (second < 0 || second > 59) return -1;
  if (at + 8 === end || bytes[at + 8] !== POINT) return at + 8;
  const stop = digitsEnd(bytes, at + 9, end);
  // Zeros behind the last digit that counts are no digits that would be lost.
  for (let i = at + 9 + FRACTION_DIGITS; i < stop; i++) if (bytes[i] !== ZERO) return -1;
  return stop === at + 9 ? -1 : stop;
}

/** A time; then nothing, Z, ±hh, ±hhmm or ±hh:mm. */
function isZoned(bytes: Uint8Array, start: number, end: number): boolean {
  const at = clockEnd(bytes, start, end);
  if (at < 0 || at === end) return at === end;
  if (((bytes[at] ?? 0) | LOWER) === Z) return at + 1 === end;
  const hours = bytes[at] === PLUS || bytes[at] === MINUS ? pair(bytes, at + 1, end) : -1;
  if (hours < 0 || hours > 15) return false;
  if (at + 3 === end) return true;
  const from = bytes[at + 3] === COLON ? at + 4 : at + 3;
  const minutes = pair(bytes, from, end);
  return minutes >= 0 && minutes <= 59 && from + 2 === end;
}
