import { kept, type Meanings, REFUSED } from './meaning.ts';

/** Dates, times and instants by the calendar alone: RFC 3339 and what docs/types.md adds to it. */

const FULL_DATE = /^([0-9]{4})-([0-9]{2})-([0-9]{2})$/;
const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(text: string): boolean {
  const [, year = 0, month = 0, day = 0] = (FULL_DATE.exec(text) ?? []).map(Number);
  if (year < 1 || month < 1 || month > 12 || day < 1) return false;
  const leapDay = month === 2 && (year % 400 === 0 || (year % 4 === 0 && year % 100 !== 0)) ? 1 : 0;
  return day <= (LENGTHS[month - 1] ?? 0) + leapDay;
}

export const date: Meanings = (text) => (isDay(text) ? kept(text) : REFUSED);

interface Clock {
  readonly hours: string;
  /** Since midnight. */
  readonly seconds: number;
  /** Without zeros at the end. */
  readonly fraction: string;
  readonly zone: string;
}

const CLOCK = /^([0-9]+):([0-5][0-9])(?::([0-5][0-9])(?:\.([0-9]+))?)?(Z|[+-].*)?$/i;

/** Zeros at the end of a fraction are no digits that a column would have to keep. */
function readClock(text: string, digits: number): Clock | null {
  const match = CLOCK.exec(text);
  if (match === null) return null;
  const [, hours = '', minutes = '', seconds = '0', written = '', zone = ''] = match;
  const fraction = written.replace(/0+$/, '');
  if (fraction.length > digits) return null;
  return { hours, seconds: Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds), fraction, zone };
}

/** Minutes east of Greenwich; null for what is no offset. */
function minutesEast(zone: string): number | null {
  if (zone === '' || /^z$/i.test(zone)) return 0;
  const match = /^([+-])([0-9]{2})(?::?([0-9]{2}))?$/.exec(zone);
  if (match === null) return null;
  const [, sign, hours, minutes = '0'] = match;
  if (Number(hours) > 15 || Number(minutes) > 59) return null;
  const east = Number(hours) * 60 + Number(minutes);
  return sign === '-' && east !== 0 ? -east : east;
}

const withFraction = (seconds: number, fraction: string): string =>
  `${seconds}${fraction === '' ? '' : `.${fraction}`}`;

/** A time of day, as seconds since midnight, with its minutes east where the column keeps them. */
export function timeOfDay(digits: number, zoned = false): Meanings {
  return (text) => {
    const clock = readClock(text, digits);
    if (clock === null || !/^([01][0-9]|2[0-3])$/.test(clock.hours)) return REFUSED;
    if (!zoned) return clock.zone === '' ? kept(withFraction(clock.seconds, clock.fraction)) : REFUSED;
    const east = minutesEast(clock.zone);
    return east === null ? REFUSED : kept(`${withFraction(clock.seconds, clock.fraction)} ${east}`);
  };
}

const LONGEST = 838 * 3600 + 59 * 60 + 59;

/** TIME of MySQL: -838:59:59 to 838:59:59, in MariaDB with a fraction behind it, as seconds. */
export function span(digits: number): Meanings {
  return (text) => {
    const negative = text.startsWith('-');
    const clock = readClock(negative ? text.slice(1) : text, digits);
    if (clock === null || clock.zone !== '' || !/^[0-9]{2,4}$/.test(clock.hours)) return REFUSED;
    const { seconds, fraction } = clock;
    if (seconds > LONGEST) return REFUSED;
    const isZero = seconds === 0 && fraction === '';
    return kept(
      `${negative && !isZero ? '-' : ''}${withFraction(seconds, fraction)}`,
      clock.hours.length < 4,
    );
  };
}

export interface InstantRules {
  readonly digits: number;
  /** Offsets are allowed and the instant is kept. */
  readonly zoned: boolean;
  /** Seconds since 1970. */
  readonly first?: number;
  readonly last?: number;
}

/** Seconds since 1970-01-01T00:00:00Z. */
export function instant({ digits, zoned, first = -Infinity, last = Infinity }: InstantRules): Meanings {
  return (text) => {
    const [day, separator, time] = [text.slice(0, 10), text.slice(10, 11), text.slice(11)];
    const clock = readClock(time, digits);
    if (!isDay(day) || !/^[Tt ]$/.test(separator) || clock === null) return REFUSED;
    if (!/^([01][0-9]|2[0-3])$/.test(clock.hours)) return REFUSED;
    const east = minutesEast(clock.zone);
    if (east === null || (!zoned && east !== 0)) return REFUSED;
    const seconds = secondsOf(day) + clock.seconds - east * 60;
    if (seconds < first || seconds > last) return REFUSED;
    return kept(instantText(seconds, clock.fraction));
  };
}

/** The Gregorian calendar repeats every 400 years; Date.UTC takes the years 0 to 99 for others. */
const CYCLE_SECONDS = 146_097 * 86_400;

function secondsOf(day: string): number {
  const [, year = 0, month = 0, date = 0] = (FULL_DATE.exec(day) ?? []).map(Number);
  return Date.UTC(year + 400, month - 1, date) / 1000 - CYCLE_SECONDS;
}

/** Before 1970 a fraction counts back to 0. */
function instantText(seconds: number, fraction: string): string {
  if (seconds >= 0 || fraction === '') return withFraction(seconds, fraction);
  const unit = 10n ** BigInt(fraction.length);
  const rest = String(unit - BigInt(fraction)).padStart(fraction.length, '0');
  return `-${-seconds - 1}.${rest}`;
}

const DURATION =
  /^P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)D)?(?:T(?=[-\d])(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?)(\d+)(?:\.(\d+))?S)?)?$/;

/** ISO 8601 durations with all their parts: months, days and microseconds. Less than whole minutes may be refused. */
export function duration(digits: number, { wholeMinutes = false } = {}): Meanings {
  return (text) => {
    const match = DURATION.exec(text);
    if (match === null || text === 'P') return REFUSED;
    const [
      ,
      years = '0',
      months = '0',
      days = '0',
      hours = '0',
      minutes = '0',
      sign = '',
      seconds = '0',
      written = '',
    ] = match;
    const fraction = written.replace(/0+$/, '');
    if (fraction.length > digits) return REFUSED;
    const micros =
      (BigInt(seconds) * 1_000_000n + BigInt(fraction.padEnd(6, '0'))) * (sign === '-' ? -1n : 1n);
    const time = (BigInt(hours) * 60n + BigInt(minutes)) * 60_000_000n + micros;
    if (wholeMinutes && time % 60_000_000n !== 0n) return REFUSED;
    return kept(`${Number(years) * 12 + Number(months)} months ${Number(days)} days ${time} µs`);
  };
}
