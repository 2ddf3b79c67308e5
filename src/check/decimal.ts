import { nearestSingle } from '../lib/nearest-single.ts';
import { plainNumber } from '../lib/plain-number.ts';
import type { RejectCode } from '../model/reject.ts';
import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const ZERO = 48;
const NINE = 57;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;

/** A whole number of this many digits is kept as a 64-bit integer, without a double between. */
const EXACT_WHOLE_DIGITS = 18;

/** Down to this place after the point a double keeps the digits of a decimal. */
const DEEPEST_PLACE = 300;

/**
 * Optional sign, digits, optional point and digits. Digits after the point beyond the column's scale are `scale`
 * (trailing zeros are not digits that would be lost), too many before it `range`, and so are more digits than the
 * engine keeps (zeros in front are none), and numbers below 0 where there may be none.
 */
export function decimalJudge(column: Column): BytesJudge {
  const scale = column.scale ?? Number.POSITIVE_INFINITY;
  const whole =
    column.precision === undefined ? Number.POSITIVE_INFINITY : column.precision - (column.scale ?? 0);
  const significant = column.significantDigits ?? Number.POSITIVE_INFINITY;
  // Kept as a double, a smaller number would lose digits or become 0.
  const deepest = column.significantDigits === undefined ? Number.POSITIVE_INFINITY : DEEPEST_PLACE;
  const unsigned = column.minimum === 0n;
  return (bytes, start, end) => {
    let i = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
    const from = i;
    while (i < end && isDigit(bytes[i])) i++;
    const point = i;
    if (i < end && bytes[i] === POINT) i++;
    while (i < end && isDigit(bytes[i])) i++;
    const digits = i - from - (point < i ? 1 : 0);
    if (i < end || digits === 0) return 'type.decimal';
    let first = from;
    while (first < point && bytes[first] === ZERO) first++;
    let stop = i;
    while (stop > point && (bytes[stop - 1] === ZERO || bytes[stop - 1] === POINT)) stop--;
    if (scale < 0 || whole < 0) return judgePlaces(bytes, { first, point, stop }, whole, scale);
    const fraction = Math.max(0, stop - point - 1);
    if (point - first > whole) return 'range';
    if (fraction > scale) return 'scale';
    if (fraction > deepest) return 'range';
    if (unsigned && bytes[start] === MINUS && point - first + fraction > 0) return 'range';
    const digitsKept = point === i ? Math.max(significant, EXACT_WHOLE_DIGITS) : significant;
    if (point - first + fraction <= digitsKept) return null;
    return significantDigits(bytes, first, stop) > digitsKept ? 'range' : null;
  };
}

/** Where the digits of a number stand: from the first that is not zero, or the point, to the byte after the last. */
interface Digits {
  readonly first: number;
  readonly point: number;
  readonly stop: number;
}

/**
 * Where all digits stand before the last places of whole numbers (a scale below 0) or behind the first places of the
 * fraction (a scale beyond the precision). Places count from the point: 1 the digit before it, 0 the one after it.
 */
function judgePlaces(bytes: Uint8Array, digits: Digits, whole: number, scale: number): RejectCode | null {
  const { first, point, stop } = digits;
  const place = (i: number): number => (i < point ? point - i : point - i + 1);
  const counts = (i: number): boolean => bytes[i] !== ZERO && bytes[i] !== POINT;
  let top = first;
  while (top < stop && !counts(top)) top++;
  if (top === stop) return null;
  let bottom = stop - 1;
  while (!counts(bottom)) bottom--;
  if (place(top) > whole) return 'range';
  return place(bottom) > -scale ? null : 'scale';
}

const FLOAT = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Decimal or scientific notation whose nearest value of the column's precision is finite; one that would become 0 is
 * `range`. Where the column has a scale, as decimals.
 */
export function floatJudge(column: Column): BytesJudge {
  const nearest = column.bits === 32 ? nearestSingle : Number;
  const unsigned = column.minimum === 0n;
  const digits = column.scale === undefined ? null : decimalJudge(column);
  const plain = digits === null && !unsigned;
  return (bytes, start, end) => {
    if (plain && isShortDecimal(bytes, start, end)) return null;
    if (end - start > 400) return 'type.float';
    const text = String.fromCharCode(...bytes.subarray(start, end));
    if (!FLOAT.test(text)) return 'type.float';
    const value = nearest(text);
    const vanished = value === 0 && /[1-9]/.test(text.replace(/[eE].*$/, ''));
    if (!Number.isFinite(value) || vanished || (unsigned && value < 0)) return 'range';
    return digits === null ? null : judgeWrittenOut(digits, text);
  };
}

/** So few digits neither overflow nor vanish in single precision. */
const SHORT = 16;

/** Optional sign, digits and an optional point among them: what most numbers look like. */
function isShortDecimal(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > SHORT) return false;
  let i = bytes[start] === MINUS || bytes[start] === PLUS ? start + 1 : start;
  const from = i;
  while (i < end && isDigit(bytes[i])) i++;
  const point = i < end && bytes[i] === POINT ? 1 : 0;
  i += point;
  while (i < end && isDigit(bytes[i])) i++;
  return i === end && i - from > point;
}

const encoder = new TextEncoder();

function judgeWrittenOut(judge: BytesJudge, text: string): RejectCode | null {
  const bytes = encoder.encode(plainNumber(text));
  return judge(bytes, 0, bytes.length);
}

/** Digits from the first that is not zero on. */
function significantDigits(bytes: Uint8Array, first: number, stop: number): number {
  let i = first;
  while (i < stop && (bytes[i] === ZERO || bytes[i] === POINT)) i++;
  let digits = 0;
  for (; i < stop; i++) if (bytes[i] !== POINT) digits++;
  return digits;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
