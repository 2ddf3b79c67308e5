import { notDigits } from './short-integer.ts';

/**
 * The form that most date-times have, found by five words of four bytes instead of twenty bytes:
 *
 *     YYYY -MM- DDTh h:mm      bytes 0 to 15
 *     m:ss                     bytes 15 to 18, then Z or nothing
 *
 * A word is exclusive-ored with the same word of a date-time of zeros, so that every digit becomes its value and
 * every separator 0.
 */

const YEAR = 0x30303030;
const MONTH = 0x2d30302d;
const DAY_HOUR = 0x30543030;
const HOUR_MINUTE = 0x30303a30;
const MINUTE_SECOND = 0x30303a30;
const SEPARATORS_OF_MONTH = 0xff0000ff | 0;
const SEPARATOR_OF_TIME = 0xff00;

const SECONDS_LENGTH = 19;
const T = 0x54;
const SPACE = 0x20;
const Z = 0x5a;

/** Bit m: month m has 31 days. */
const LONG_MONTHS = 0b1010110101010;
const FEBRUARY = 2;

/**
 * Whether bytes[start, end) are `YYYY-MM-DDThh:mm:ss` or `YYYY-MM-DD hh:mm:ss`, with or without Z, of a moment that
 * exists. False is no verdict: of 29 February and of years before 1000 it says false too.
 */
export function isPlainDatetime(view: DataView, start: number, end: number): boolean {
  const length = end - start;
  if (length !== SECONDS_LENGTH && (length !== SECONDS_LENGTH + 1 || view.getUint8(end - 1) !== Z))
    return false;
  const separator = view.getUint8(start + 10);
  if (separator !== T && separator !== SPACE) return false;
  const year = view.getInt32(start, true) ^ YEAR;
  const month = view.getInt32(start + 4, true) ^ MONTH;
  const dayHour = (view.getInt32(start + 8, true) ^ DAY_HOUR) & 0xff00ffff;
  const hourMinute = view.getInt32(start + 12, true) ^ HOUR_MINUTE;
  const minuteSecond = view.getInt32(start + 15, true) ^ MINUTE_SECOND;
  const digits =
    notDigits(year) |
    notDigits(month) |
    notDigits(dayHour) |
    notDigits(hourMinute) |
    notDigits(minuteSecond) |
    (month & SEPARATORS_OF_MONTH) |
    ((hourMinute | minuteSecond) & SEPARATOR_OF_TIME);
  if (digits !== 0 || (year & 0xff) === 0) return false;
  return isDay(number(month, 8), number(dayHour, 0)) && isTime(dayHour, hourMinute, minuteSecond);
}

/** The number that the digits in the byte at `shift` and in the next one make. */
function number(word: number, shift: number): number {
  return ((word >>> shift) & 15) * 10 + ((word >>> (shift + 8)) & 15);
}

function isDay(month: number, day: number): boolean {
  if (month < 1 || month > 12 || day < 1) return false;
  if (day <= 28) return true;
  if (month === FEBRUARY) return false;
  return day <= 30 || (day === 31 && ((LONG_MONTHS >>> month) & 1) === 1);
}

function isTime(dayHour: number, hourMinute: number, minuteSecond: number): boolean {
  const hour = (dayHour >>> 24) * 10 + (hourMinute & 15);
  const tensOfMinutes = (hourMinute >>> 16) & 15;
  const tensOfSeconds = (minuteSecond >>> 16) & 15;
  return hour <= 23 && tensOfMinutes <= 5 && tensOfSeconds <= 5;
}
