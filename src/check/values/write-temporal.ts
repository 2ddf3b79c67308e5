import type { Appended } from './appended.ts';

/** What a clock and a calendar without a zone show. */
export interface LocalTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** Digits of the fraction of a second: where they stand in the bytes. */
  readonly fractionStart: number;
  readonly fractionEnd: number;
}

const ZERO = 48;
const HYPHEN = 45;
const COLON = 58;
const POINT = 46;
const DAY = 86_400;
const LAST_YEAR = 9999;
/** What stands between a date and a time, and what says that they are in UTC. */
export const T = Uint8Array.of(84);
const Z = Uint8Array.of(90);

/** YYYY-MM-DD */
export function writeDate(
  area: Appended,
  { year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>,
): void {
  area.room(10);
  const at = area.end;
  twoDigits(area, at, Math.floor(year / 100));
  twoDigits(area, at + 2, year % 100);
  area.bytes[at + 4] = HYPHEN;
  twoDigits(area, at + 5, month);
  area.bytes[at + 7] = HYPHEN;
  twoDigits(area, at + 8, day);
  area.end = at + 10;
}

type TimeOfDay = Pick<LocalTime, 'hour' | 'minute' | 'second' | 'fractionStart' | 'fractionEnd'>;

/** hh:mm:ss, and the fraction with the digits it came with. */
export function writeTime(area: Appended, time: TimeOfDay): void {
  const { fractionStart, fractionEnd } = time;
  area.room(9 + fractionEnd - fractionStart);
  const at = area.end;
  twoDigits(area, at, time.hour);
  area.bytes[at + 2] = COLON;
  twoDigits(area, at + 3, time.minute);
  area.bytes[at + 5] = COLON;
  twoDigits(area, at + 6, time.second);
  area.end = at + 8;
  if (fractionEnd === fractionStart) return;
  area.bytes[area.end++] = POINT;
  area.copy(fractionStart, fractionEnd);
}

/** The instant, in seconds since 1970, as a date-time in UTC; false where its year has not four digits. */
export function writeInstant(
  area: Appended,
  instant: number,
  fraction: Pick<LocalTime, 'fractionStart' | 'fractionEnd'>,
): boolean {
  const { fractionStart, fractionEnd } = fraction;
  const date = civilDate(Math.floor(instant / DAY));
  if (date.year < 1 || date.year > LAST_YEAR) return false;
  const seconds = instant - Math.floor(instant / DAY) * DAY;
  writeDate(area, date);
  area.put(T);
  const hour = Math.floor(seconds / 3600);
  const minute = Math.floor(seconds / 60) % 60;
  writeTime(area, { hour, minute, second: seconds % 60, fractionStart, fractionEnd });
  area.put(Z);
  return true;
}

/** Seconds from 1970-01-01T00:00:00 to it on the same clock. */
export function localSeconds({ year, month, day, hour, minute, second }: LocalTime): number {
  return dayNumber({ year, month, day }) * DAY + hour * 3600 + minute * 60 + second;
}

/** Years are counted from the 1st of March, so that the leap day is the last; 400 years have as many days each time. */
const DAYS_OF_400_YEARS = 146_097;
/** From the 1st of March of year 0 to 1970-01-01. */
const EPOCH = 719_468;

/** Days since 1970-01-01 (proleptic Gregorian calendar). */
export function dayNumber({ year, month, day }: Pick<LocalTime, 'year' | 'month' | 'day'>): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + day - 1;
  const days = ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear;
  return era * DAYS_OF_400_YEARS + days - EPOCH;
}

/** The day so many days after 1970-01-01. */
export function civilDate(days: number): Pick<LocalTime, 'year' | 'month' | 'day'> {
  const sinceMarch = days + EPOCH;
  const era = Math.floor(sinceMarch / DAYS_OF_400_YEARS);
  const ofEra = sinceMarch - era * DAYS_OF_400_YEARS;
  const leapDays = Math.floor(ofEra / 1460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const years = Math.floor((ofEra - leapDays) / 365);
  const ofYear = ofEra - (365 * years + Math.floor(years / 4) - Math.floor(years / 100));
  const months = Math.floor((5 * ofYear + 2) / 153);
  const month = months < 10 ? months + 3 : months - 9;
  const day = ofYear - Math.floor((153 * months + 2) / 5) + 1;
  return { year: era * 400 + years + (month <= 2 ? 1 : 0), month, day };
}

function twoDigits({ bytes }: Appended, at: number, value: number): void {
  bytes[at] = ZERO + Math.floor(value / 10);
  bytes[at + 1] = ZERO + (value % 10);
}
