import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { formEncoder } from './encode-form.ts';
import { setInteger } from './encode-integer.ts';

/**
 * Spans of time: Int64 microseconds, Int32 days, Int32 months (interval_recv in the sources of PostgreSQL). Read are what
 * PostgreSQL writes itself in the styles postgres and iso_8601: `1 year 2 mons -3 days 04:05:06.789` and
 * `P1Y2M-3DT4H5M6.789S`, whole numbers of units from the largest to the smallest. Not fractions of units, weeks, `ago`
 * or units by their short names; nor hours and minutes alone, which the fields of a column may make something else of.
 */

const INTERVAL_BYTES = 16;
const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
const POINT = 46;
const COLON = 58;
const SPACE = 32;
const P = 80;
const T = 84;
const MOST_DIGITS = 9;
const MOST_MONTHS = 2 ** 31 - 1;
const MICROSECONDS = 1_000_000;

export const intervalEncoder = (column: TapeColumn): ColumnEncoder => {
  const reader = new IntervalReader();
  return formEncoder(column, INTERVAL_BYTES, (bytes, start, end, to, at) =>
    reader.read(bytes, start, end) ? reader.write(to, at) : 0,
  );
};

/** Units of a date and of a time, by their letters, and those that are written out by their names. */
const DATE_UNITS = unitsOf('YMD');
const TIME_UNITS = unitsOf('HMS');
const NAMES = ['year', 'years', 'mon', 'mons', 'month', 'months', 'day', 'days'].map((name) =>
  new TextEncoder().encode(name),
);
const NAMED_UNITS = [0, 0, 1, 1, 1, 1, 2, 2];
const YEARS = 0;
const MONTHS = 1;
const HOURS = 0;
const MINUTES = 1;
const SECONDS = 2;
const UNITS = 3;

/** Places in the order from the largest to the smallest. */
function unitsOf(letters: string): Int8Array {
  const units = new Int8Array(256).fill(-1);
  for (let i = 0; i < letters.length; i++) units[letters.charCodeAt(i)] = i;
  return units;
}

class IntervalReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;
  #negative = false;
  #months = 0;
  #days = 0;
  /** Within ±2^53. */
  #micros = 0;

  /** False where the spelling is another one. */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
    this.#months = 0;
    this.#days = 0;
    this.#micros = 0;
    const isRead = this.#next() === P ? this.#readLetters() : this.#readNames();
    return isRead && Math.abs(this.#months) <= MOST_MONTHS && Number.isSafeInteger(this.#micros);
  }

  write(to: DataView, at: number): number {
    setInteger(to, at, this.#micros);
    to.setInt32(at + 8, this.#days);
    to.setInt32(at + 12, this.#months);
    return INTERVAL_BYTES;
  }

  /** The byte that comes; 0 at the end. */
  #next(): number {
    return this.#at < this.#end ? (this.#bytes[this.#at] ?? 0) : 0;
  }

  /** P[nY][nM][nD][T[nH][nM][n[.f]S]], and one of them at least. */
  #readLetters(): boolean {
    this.#at++;
    const from = this.#at;
    for (let unit = 0; this.#at < this.#end && this.#next() !== T; unit++) {
      const value = this.#readWithoutPlus();
      const found = DATE_UNITS[this.#next()] ?? -1;
      if (Number.isNaN(value) || found < unit) return false;
      this.#addDate(found, value);
      unit = found;
      this.#at++;
    }
    if (this.#at === this.#end) return this.#at > from;
    this.#at++;
    return this.#readTimeLetters();
  }

  #readTimeLetters(): boolean {
    const from = this.#at;
    for (let unit = 0; this.#at < this.#end; unit++) {
      const value = this.#readWithoutPlus();
      const fraction = this.#readFraction();
      const found = TIME_UNITS[this.#next()] ?? -1;
      if (Number.isNaN(value + fraction) || found < unit || (fraction !== 0 && found !== SECONDS))
        return false;
      this.#addTime(found, value, fraction);
      unit = found;
      this.#at++;
    }
    return this.#at > from;
  }

  /** [n years] [n mons] [n days] [h:mm:ss[.f]] with single spaces, and one of them at least. */
  #readNames(): boolean {
    for (let unit = 0; unit <= UNITS; unit++) {
      const value = this.#readInteger();
      if (Number.isNaN(value)) return false;
      if (this.#next() === COLON) return this.#readClock(value);
      if (this.#next() !== SPACE) return false;
      this.#at++;
      const found = this.#readName();
      if (found < unit) return false;
      this.#addDate(found, value);
      unit = found;
      if (this.#at === this.#end) return true;
      if (this.#next() !== SPACE) return false;
      this.#at++;
    }
    return false;
  }

  /** The unit named here; -1 for no such name. */
  #readName(): number {
    const from = this.#at;
    while (this.#at < this.#end && this.#next() !== SPACE) this.#at++;
    const length = this.#at - from;
    for (let n = 0; n < NAMES.length; n++) {
      const name = NAMES[n];
      if (name?.length === length && startsWith(this.#bytes, from, name)) return NAMED_UNITS[n] ?? -1;
    }
    return -1;
  }

  /** The rest of a time after its hours, up to the end; its sign is that of all parts. */
  #readClock(hours: number): boolean {
    const minutes = this.#readSixty();
    const seconds = this.#readSixty();
    const fraction = this.#readFraction();
    if (Number.isNaN(minutes + seconds + fraction) || this.#at < this.#end) return false;
    this.#addTime(HOURS, hours, 0);
    this.#addTime(MINUTES, this.#negative ? -minutes : minutes, 0);
    this.#addTime(SECONDS, this.#negative ? -seconds : seconds, fraction);
    return true;
  }

  /** 0 to 59 in two digits after a colon; else NaN. */
  #readSixty(): number {
    const at = this.#at;
    if (at + 3 > this.#end || this.#bytes[at] !== COLON) return Number.NaN;
    const tens = (this.#bytes[at + 1] ?? 0) - ZERO;
    const ones = (this.#bytes[at + 2] ?? 0) - ZERO;
    this.#at += 3;
    return tens < 0 || tens > 5 || ones < 0 || ones > 9 ? Number.NaN : tens * 10 + ones;
  }

  /** ISO 8601 knows no plus sign. */
  #readWithoutPlus(): number {
    return this.#next() === PLUS ? Number.NaN : this.#readInteger();
  }

  /** With its sign, which is noted, as -0 has one too; NaN without digits, and for too many. */
  #readInteger(): number {
    const sign = this.#next();
    this.#negative = sign === MINUS;
    const from = sign === MINUS || sign === PLUS ? this.#at + 1 : this.#at;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = from;
    let value = 0;
    for (; at < end; at++) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.#at = at;
    if (at === from || at - from > MOST_DIGITS) return Number.NaN;
    return this.#negative ? -value : value;
  }

  /** Microseconds, with the sign that was noted; 0 where no point comes, NaN for more than six digits or none. */
  #readFraction(): number {
    if (this.#next() !== POINT) return 0;
    this.#at++;
    let value = 0;
    let unit = MICROSECONDS;
    for (; isDigit(this.#next()) && unit > 1; this.#at++, unit /= 10) {
      value = value * 10 + this.#next() - ZERO;
    }
    if (unit === MICROSECONDS || isDigit(this.#next())) return Number.NaN;
    return this.#negative ? -value * unit : value * unit;
  }

  #addDate(unit: number, value: number): void {
    if (unit === YEARS) this.#months += value * 12;
    else if (unit === MONTHS) this.#months += value;
    else this.#days += value;
  }

  #addTime(unit: number, value: number, fraction: number): void {
    const seconds = unit === HOURS ? value * 3600 : unit === MINUTES ? value * 60 : value;
    this.#micros += seconds * MICROSECONDS + fraction;
  }
}

function startsWith(bytes: Uint8Array, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (bytes[at + i] !== name[i]) return false;
  return true;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= ZERO + 9;
