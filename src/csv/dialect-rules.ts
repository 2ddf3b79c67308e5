import { type FormatKind, formatProblem } from '../lib/date-format.ts';
import {
  type Dialect,
  MAX_DIALECT_LIST,
  MAX_DIALECT_ROW,
  MAX_DIALECT_TEXT,
  MAX_MARK,
  RAGGED,
} from '../model/dialect.ts';

/** What each property of a dialect may be, and which of them cannot stand together. */
export interface Rule {
  readonly fits: (value: unknown) => boolean;
  readonly expected: string;
  /** What is wrong with a value that does not fit, where that says more. */
  readonly problem?: (value: unknown) => string | null;
}

/** One ASCII character but NUL and those that end lines. */
const ASCII_MARK = /^[^\0\r\n\x80-\u{10ffff}]$/u;

const isText = (value: unknown, most: number, least = 1): value is string =>
  typeof value === 'string' && value.length <= most && value.length >= least && !value.includes('\0');
const isMark = (value: unknown): boolean => isText(value, MAX_MARK) && !/[\r\n]/.test(value);
const isAsciiMark = (value: unknown): boolean => typeof value === 'string' && ASCII_MARK.test(value);
const isCount = (value: unknown, least: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= least && value <= MAX_DIALECT_ROW;
const isNumberMark = (value: unknown): boolean =>
  typeof value === 'string' && /^[^\p{L}\p{N}+\r\n\0-]$/u.test(value);

function areRows(value: unknown, least: number): boolean {
  if (!Array.isArray(value) || value.length < least || value.length > MAX_DIALECT_LIST) return false;
  return value.every((row, i) => isCount(row, 1) && (i === 0 || row > value[i - 1]));
}

function areSpellings(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > MAX_DIALECT_LIST) return false;
  return value.every((text) => isText(text, MAX_DIALECT_TEXT));
}

/** The canonical name of an encoding, null where its label is none that can be read. */
export function encodingOf(label: unknown): string | null {
  if (!isText(label, MAX_DIALECT_TEXT)) return null;
  try {
    return new TextDecoder(label).encoding;
  } catch {
    return null;
  }
}

function isTimeZone(value: unknown): boolean {
  if (!isText(value, MAX_DIALECT_TEXT)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: value });
    return true;
  } catch {
    return false;
  }
}

const orNull = (rule: Rule): Rule => ({
  ...rule,
  fits: (value) => value === null || rule.fits(value),
  expected: `null, or ${rule.expected}`,
});

const flag: Rule = { fits: (value) => typeof value === 'boolean', expected: 'true or false' };
const mark: Rule = { fits: isMark, expected: `1 to ${MAX_MARK} characters that end no line` };
const asciiMark: Rule = { fits: isAsciiMark, expected: 'one ASCII character that ends no line' };
const count: Rule = {
  fits: (value) => isCount(value, 0),
  expected: `a whole number from 0 to ${MAX_DIALECT_ROW}`,
};
const text: Rule = {
  fits: (value) => isText(value, MAX_DIALECT_TEXT, 0),
  expected: `a text of at most ${MAX_DIALECT_TEXT} characters`,
};
const numberMark: Rule = { fits: isNumberMark, expected: 'one character that is no letter, digit or sign' };
const spellings: Rule = {
  fits: areSpellings,
  expected: `a list of 1 to ${MAX_DIALECT_LIST} texts, such as ["yes"]`,
};
const format = (kind: FormatKind, example: string): Rule => ({
  fits: (value) => isText(value, MAX_DIALECT_TEXT) && formatProblem(value, kind) === null,
  expected: `a text with directives of strptime, such as "${example}"`,
  problem: (value) => (isText(value, MAX_DIALECT_TEXT) ? formatProblem(value, kind) : null),
});
const rows = (least: number): Rule => ({
  fits: (value) => areRows(value, least),
  expected: `a list of ${least} to ${MAX_DIALECT_LIST} row numbers from 1 to ${MAX_DIALECT_ROW}, ascending`,
});

export const DIALECT_RULES: Readonly<Record<keyof Dialect, Rule>> = {
  delimiter: mark,
  lineTerminator: orNull({
    fits: (value) => isText(value, MAX_MARK),
    expected: `1 to ${MAX_MARK} characters`,
  }),
  quoteChar: orNull(asciiMark),
  doubleQuote: flag,
  escapeChar: orNull(asciiMark),
  nullSequence: orNull(text),
  skipInitialSpace: flag,
  header: { fits: (value) => value === null || typeof value === 'boolean', expected: 'true, false or null' },
  headerRows: rows(1),
  headerJoin: text,
  commentChar: orNull(mark),
  commentRows: rows(0),
  encoding: {
    fits: (value) => encodingOf(value) !== null,
    expected: 'a label of the WHATWG Encoding standard, such as "utf-8", "windows-1252" or "utf-16le"',
  },
  skipRows: count,
  skipFooterRows: count,
  skipBlankRows: flag,
  ragged: {
    fits: (value) => RAGGED.some((each) => each === value),
    expected: `one of ${RAGGED.map((each) => `"${each}"`).join(', ')}`,
  },
  decimalChar: numberMark,
  groupChar: orNull(numberMark),
  dateFormat: orNull(format('date', '%d/%m/%Y')),
  datetimeFormat: orNull(format('datetime', '%d/%m/%Y %H:%M')),
  timeZone: orNull({ fits: isTimeZone, expected: 'a time zone such as "Europe/Madrid", "UTC" or "+02:00"' }),
  trueValues: orNull(spellings),
  falseValues: orNull(spellings),
};

interface Contradiction {
  /** The property that the message is about. */
  readonly name: keyof Dialect;
  readonly found: (dialect: Dialect) => boolean;
  readonly expected: string;
}

const within = (part: string | null, whole: string | null): boolean =>
  part !== null && part !== '' && (whole?.includes(part) ?? false);
const share = (one: readonly unknown[] | null, other: readonly unknown[] | null): boolean =>
  one?.some((each) => other?.includes(each)) ?? false;

export const CONTRADICTIONS: readonly Contradiction[] = [
  {
    name: 'quoteChar',
    found: (d) => within(d.quoteChar, d.delimiter),
    expected: 'a character that the delimiter does not contain',
  },
  {
    name: 'escapeChar',
    found: (d) => within(d.escapeChar, d.delimiter),
    expected: 'a character that the delimiter does not contain',
  },
  {
    name: 'lineTerminator',
    found: (d) =>
      within(d.lineTerminator, d.delimiter) ||
      [d.delimiter, d.quoteChar, d.escapeChar].some((each) => within(each, d.lineTerminator)),
    expected: 'a text apart from delimiter, quoteChar and escapeChar',
  },
  {
    name: 'commentChar',
    found: (d) => d.commentChar !== null && [d.delimiter, d.quoteChar, d.escapeChar].includes(d.commentChar),
    expected: 'another text than delimiter, quoteChar and escapeChar',
  },
  {
    name: 'nullSequence',
    found: (d) => within(d.delimiter, d.nullSequence) || /[\r\n]/.test(d.nullSequence ?? ''),
    expected: 'a text that can stand in a field without quotes',
  },
  {
    name: 'headerRows',
    found: (d) => d.header === false && (d.headerRows.length > 1 || d.headerRows[0] !== 1),
    expected: 'none, because dialect.header is false',
  },
  {
    name: 'commentRows',
    found: (d) => share(d.commentRows, d.headerRows),
    expected: 'rows that are not among dialect.headerRows',
  },
  {
    name: 'groupChar',
    found: (d) => d.groupChar === d.decimalChar,
    expected: 'another character than dialect.decimalChar',
  },
  {
    name: 'falseValues',
    found: (d) => share(d.trueValues, d.falseValues),
    expected: 'texts that are not among dialect.trueValues',
  },
];
