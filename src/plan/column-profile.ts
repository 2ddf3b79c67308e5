import { shortInteger } from '../check/short-integer.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_DOUBLED, FIELD_NULL, FIELD_UNREAD, NOT_READ } from '../model/tape.ts';
import { key, readKey } from './field-key.ts';
import { type KeyBudget, KeySet } from './key-set.ts';
import type { Stretch } from './planned-file.ts';
import {
  BOOLEAN,
  CODE,
  classOf,
  DATE,
  DATETIME,
  DATETIME_OFFSET,
  DATETIME_UTC,
  DECIMAL,
  digits,
  FLOAT,
  INTEGER,
  JSON_VALUE,
  TEXT,
  TIME,
  UUID,
} from './value-class.ts';

/** A value, and where it stands. */
export interface Sighting {
  readonly value: string;
  /** 1-based physical line in its file. */
  readonly line: number;
}

/** A key longer than this is none. Bytes. */
const MOST_KEY_BYTES = 1020;
const SHOWN = 40;
const SPACE = 32;
const ZERO = 48;
const MINUS = 45;
const POINT = 46;
const PLUS = 43;
const SEPARATOR_AT = 10;
const FRACTION_AT = { time: 8, datetime: 19 };
/** Whole numbers of so many digits are exact in a double. */
const EXACT_DIGITS = 15;
const FRACTION_DIGITS = 6;
const NUMBERS = INTEGER | DECIMAL | FLOAT;
const DATETIMES = DATETIME | DATETIME_UTC | DATETIME_OFFSET;
/** Classes that have no other with them in a column that is not text. */
const FAMILIES = [NUMBERS, DATETIME, DATETIME_UTC | DATETIME_OFFSET];

/** Values that no row is known by. */
const NEVER_KEYS = BOOLEAN | JSON_VALUE | FLOAT;

const encoder = new TextEncoder();

/** What is known of one column of a file after each tape: enough to choose its type, and nothing that grows but keys. */
export class ColumnProfile {
  values = 0;
  nulls = 0;
  classes = 0;
  maxBytes = 0;
  minBytes = Number.POSITIVE_INFINITY;
  maxCharacters = 0;
  /** Whole numbers; null while there is none. */
  least: bigint | null = null;
  most: bigint | null = null;
  /** Of numbers: digits before the point, after it, and of one number in all. */
  wholeDigits = 0;
  scale = 0;
  significant = 0;
  /** A number has a point. */
  pointed = false;
  /** Of times: digits of a fraction that are worth keeping. */
  fractionDigits = 0;
  firstYear = Number.POSITIVE_INFINITY;
  lastYear = 0;
  /** All date-times have the same letter between date and time and the same length. */
  uniform = true;
  /** A text ends with a space. */
  endsWithSpace = false;
  upperCase = false;
  lowerCase = false;
  firstNull: number | null = null;
  /** What made text of the column, and the classes before it. */
  madeText: (Sighting & { readonly before: number }) | null = null;
  /** The first value that came a second time; null while there is none. */
  repeated: Sighting | null = null;
  /** All values, as long as each came once and none was missing; null once the column is no key. */
  keys: KeySet | null;
  /** The values look like another type, but are not written as that is declared to be. */
  isText = false;
  /** There was no memory to find out whether the values are unique. */
  tooMany = false;
  #small = { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY };
  #separator = 0;
  #settled = false;

  constructor(budget: KeyBudget) {
    this.keys = new KeySet(budget);
  }

  /** Takes a column of some records; those that cannot be read are passed over. */
  take({ tape, view, bad, lines }: Stretch, field: number): void {
    const { bytes, starts, ends, flags, width, records, recordLines } = tape;
    for (let r = 0, slot = field; r < records; r++, slot += width) {
      if (bad[r] !== 0) continue;
      const flag = flags[slot] ?? 0;
      const line = lines + (recordLines[r] ?? 0) + 1;
      if (flag & FIELD_NULL) {
        this.#null(line);
      } else if (flag & FIELD_UNREAD) {
        this.#unread(fieldText(tape, slot), line);
      } else if (flag & FIELD_DOUBLED) {
        const text = encoder.encode(fieldText(tape, slot));
        this.#value(text, new DataView(text.buffer, text.byteOffset, text.length), 0, text.length, line);
      } else {
        this.#value(bytes, view, starts[slot] ?? 0, ends[slot] ?? 0, line);
      }
    }
    this.#mergeSmall();
  }

  dropKeys(): void {
    this.keys?.release();
    this.keys = null;
  }

  /** Not written as declared for what the column is taken for. */
  #unread(text: string, line: number): void {
    this.values++;
    this.madeText ??= { value: text.slice(0, SHOWN), line, before: this.classes };
    this.classes |= TEXT;
    this.#settled = true;
    this.dropKeys();
  }

  #null(line: number): void {
    this.nulls++;
    this.firstNull ??= line;
    if (this.keys !== null) this.dropKeys();
  }

  #value(bytes: Uint8Array, view: DataView, start: number, end: number, line: number): void {
    const length = end - start;
    this.values++;
    if (length > this.maxBytes) this.maxBytes = length;
    if (length < this.minBytes) this.minBytes = length;
    if (length > this.maxCharacters) this.#countCharacters(bytes, start, end);
    if (this.#settled) {
      if (bytes[end - 1] === SPACE && length > 0) this.endsWithSpace = true;
    } else {
      const short = shortInteger(view, start, end);
      if (short !== NOT_READ && isCanonical(bytes, start, end)) this.#integer(short, bytes, start, end, line);
      else this.#classify(bytes, view, start, end, line);
    }
    if (this.keys !== null) this.#key(view, bytes, start, end, line);
  }

  #integer(value: number, bytes: Uint8Array, start: number, end: number, line: number): void {
    if (value < this.#small.least) this.#small.least = value;
    if (value > this.#small.most) this.#small.most = value;
    if ((this.classes & INTEGER) === 0) this.#add(INTEGER, bytes, start, end, line);
  }

  #classify(bytes: Uint8Array, view: DataView, start: number, end: number, line: number): void {
    const found = classOf(bytes, view, start, end);
    if (found & NUMBERS) this.#number(found, bytes, start, end);
    else if (found & (TIME | DATETIMES)) this.#time(found, bytes, start, end);
    else if (found === UUID) this.#uuid(bytes, start, end);
    else if (found === TEXT && end > start && bytes[end - 1] === SPACE) this.endsWithSpace = true;
    if ((this.classes & found) === 0) this.#add(found, bytes, start, end, line);
  }

  #add(found: number, bytes: Uint8Array, start: number, end: number, line: number): void {
    const before = this.classes;
    this.classes |= found;
    if (found & NEVER_KEYS) this.dropKeys();
    if (isOneType(this.classes)) return;
    this.#settled = true;
    this.madeText = { value: shown(bytes, start, end), line, before };
  }

  #number(found: number, bytes: Uint8Array, start: number, end: number): void {
    if (found === INTEGER) {
      this.#longInteger(bytes, start, end);
      return;
    }
    this.wholeDigits = Math.max(this.wholeDigits, digits.whole);
    this.scale = Math.max(this.scale, digits.fraction);
    this.significant = Math.max(this.significant, digits.whole + digits.fraction);
    // 1.5 and 1.50 are one number; whole numbers too long for 64 bits are written in one way.
    if (found === DECIMAL && !bytes.subarray(start, end).includes(POINT)) return;
    this.pointed = true;
    this.dropKeys();
  }

  #longInteger(bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
    if (end - start <= EXACT_DIGITS) {
      this.#small.least = Math.min(this.#small.least, Number(text));
      this.#small.most = Math.max(this.#small.most, Number(text));
      return;
    }
    this.#stretch(BigInt(text));
  }

  #time(found: number, bytes: Uint8Array, start: number, end: number): void {
    const isTime = found === TIME;
    const point = start + (isTime ? FRACTION_AT.time : FRACTION_AT.datetime);
    if (bytes[point] === POINT && point < end) this.#fraction(bytes, point + 1, end);
    if (isTime) return;
    const year = yearAt(bytes, start);
    if (year < this.firstYear) this.firstYear = year;
    if (year > this.lastYear) this.lastYear = year;
    const separator = bytes[start + SEPARATOR_AT] ?? 0;
    if (this.#separator === 0) this.#separator = separator;
    const last = bytes[end - 1] ?? 0;
    const tail = found === DATETIME || last === 90;
    if (separator !== this.#separator || !tail) this.uniform = false;
  }

  #fraction(bytes: Uint8Array, from: number, end: number): void {
    let i = from;
    let kept = 0;
    for (; i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9; i++) {
      if (bytes[i] !== ZERO) kept = i + 1 - from;
    }
    this.fractionDigits = Math.max(this.fractionDigits, kept, Math.min(i - from, FRACTION_DIGITS));
  }

  /** A database that knows UUIDs takes both cases for the same. */
  #uuid(bytes: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) {
      const c = bytes[i] ?? 0;
      if (c >= 97) this.lowerCase = true;
      else if (c >= 65) this.upperCase = true;
    }
  }

  #key(view: DataView, bytes: Uint8Array, start: number, end: number, line: number): void {
    if (end - start > MOST_KEY_BYTES) {
      this.dropKeys();
      return;
    }
    readKey(view, start, end);
    const added = this.keys?.add(key.low, key.high);
    if (added === true) return;
    if (added === null) this.tooMany = true;
    else this.repeated = { value: shown(bytes, start, end), line };
    this.dropKeys();
  }

  #countCharacters(bytes: Uint8Array, start: number, end: number): void {
    let characters = 0;
    for (let i = start; i < end; i++) if (((bytes[i] ?? 0) & 0xc0) !== 0x80) characters++;
    if (characters > this.maxCharacters) this.maxCharacters = characters;
  }

  #mergeSmall(): void {
    if (!Number.isFinite(this.#small.least)) return;
    this.#stretch(BigInt(this.#small.least));
    this.#stretch(BigInt(this.#small.most));
  }

  #stretch(value: bigint): void {
    if (this.least === null || value < this.least) this.least = value;
    if (this.most === null || value > this.most) this.most = value;
  }
}

/** Four digits. */
function yearAt(bytes: Uint8Array, at: number): number {
  let year = 0;
  for (let i = at; i < at + 4; i++) year = year * 10 + (bytes[i] ?? ZERO) - ZERO;
  return year;
}

/** As a number would be written again. */
function isCanonical(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  if (first === PLUS) return false;
  if (first === MINUS) return bytes[start + 1] !== ZERO;
  return first !== ZERO || end - start === 1;
}

/** Whether values of these classes can stand in one column that is not text. */
export function isOneType(classes: number): boolean {
  if (classes & (TEXT | CODE)) return false;
  const single = (classes & (classes - 1)) === 0;
  return single || FAMILIES.some((family) => (classes & ~family) === 0);
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function shown(bytes: Uint8Array, start: number, end: number): string {
  const text = decoder.decode(bytes.subarray(start, Math.min(end, start + SHOWN * 4)));
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1)}…`;
}

/** A date, or all of one length, so that no value is written in two ways. */
export function isWrittenOneWay({ classes, uniform, minBytes, maxBytes }: ColumnProfile): boolean {
  if (classes === DATE) return true;
  return (
    (classes === TIME || classes === DATETIME || classes === DATETIME_UTC) && uniform && minBytes === maxBytes
  );
}
