import { compileFormat, Found, NONE, PLACE, type StepReader } from './date-steps.ts';
import { dayNumber, type LocalTime } from './write-temporal.ts';

/** POSIX: of years in two digits 69 to 99 are 1969 to 1999, 00 to 68 are 2000 to 2068. */
const FIRST_OF_TWO_DIGITS = 69;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Reads texts in one format. What was read stands in its fields until the next `read`. */
export class DateReader implements LocalTime {
  year = 0;
  month = 0;
  day = 0;
  hour = 0;
  minute = 0;
  second = 0;
  readonly #found = new Found();
  readonly #steps: readonly StepReader[];

  /** A TypeError for a format that has problems. */
  constructor(format: string) {
    this.#steps = compileFormat(format, this.#found);
  }

  /** Digits of the fraction of a second: where they stand in the bytes. */
  get fractionStart(): number {
    return this.#found.fractionStart;
  }
  get fractionEnd(): number {
    return this.#found.fractionEnd;
  }
  /** The zone as ISO 8601 writes it; empty without one. */
  get zone(): string {
    return this.#found.zone;
  }

  get zoned(): boolean {
    return this.zone !== '';
  }

  /** Whether bytes[start, end) are a date or a time that exists, written in the format. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#found.clear();
    let at = start;
    for (const step of this.#steps) {
      at = step(bytes, at, end);
      if (at < 0) return false;
    }
    return at === end && this.#settleTime() && this.#settleDate();
  }

  #settleTime(): boolean {
    const half = this.#number(PLACE.p);
    const twelfth = this.#number(PLACE.I);
    this.hour = Math.max(0, half === NONE ? this.#number(PLACE.H) : (twelfth % 12) + half);
    this.minute = Math.max(0, this.#number(PLACE.M));
    this.second = Math.max(0, this.#number(PLACE.S));
    const halfFits = half === NONE || (twelfth >= 1 && twelfth <= 12);
    return halfFits && this.hour <= 23 && this.minute <= 59 && this.second <= 59;
  }

  #settleDate(): boolean {
    const short = this.#number(PLACE.y);
    this.year = short === NONE ? this.#number(PLACE.Y) : short + (short < FIRST_OF_TWO_DIGITS ? 2000 : 1900);
    if (this.year === NONE) return true;
    const named = Math.max(this.#number(PLACE.b), this.#number(PLACE.B));
    this.month = named === NONE ? this.#number(PLACE.m) : named + 1;
    this.day = Math.max(this.#number(PLACE.d), this.#number(PLACE.e));
    if (this.#number(PLACE.j) !== NONE) this.#fromDayOfYear(this.#number(PLACE.j));
    return this.#exists() && this.#fitsWeekday(Math.max(this.#number(PLACE.a), this.#number(PLACE.A)));
  }

  #number(place: number): number {
    return this.#found.numbers[place] ?? NONE;
  }

  #fromDayOfYear(ordinal: number): void {
    this.month = 1;
    this.day = ordinal;
    while (this.month <= 12 && this.day > daysOf(this.year, this.month)) {
      this.day -= daysOf(this.year, this.month++);
    }
  }

  #exists(): boolean {
    const { year, month, day } = this;
    return year > 0 && month >= 1 && day >= 1 && day <= daysOf(year, month);
  }

  /** A date with another weekday is wrong in one of them. */
  #fitsWeekday(weekday: number): boolean {
    // 1970-01-01 was a Thursday.
    return weekday === NONE || (((dayNumber(this) + 4) % 7) + 7) % 7 === weekday;
  }
}

function daysOf(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 && leap ? 29 : (DAYS[month - 1] ?? 0);
}
