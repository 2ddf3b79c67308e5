import { plainNumber } from '../../src/lib/plain-number.ts';
import type { ColumnType } from './column-type.ts';
import { canonicalBy, kept, type Meanings, REFUSED } from './meaning.ts';
import { inet } from './network-meaning.ts';
import { addresses } from './network-values.ts';
import {
  type DecimalLimits,
  decimalNumber,
  type FloatRules,
  floatBits,
  floatNumber,
  plainDecimal,
  wholeNumber,
} from './number-meaning.ts';
import { decimals, floats, integers } from './number-values.ts';
import * as texts from './text-meaning.ts';
import { binaries, booleans, jsons, labels, memberLists, texts as textValues, uuids } from './text-values.ts';
import { date, instant, span } from './time-meaning.ts';
import { dates, datetimes, spans } from './time-values.ts';

const AS_TEXT = 'CAST(v AS CHAR)';
const AS_HEX = 'LOWER(HEX(CONVERT(v USING utf8mb4)))';
const BYTES = 'LOWER(HEX(v))';

const integer = (declared: string, minimum: bigint, maximum: bigint, select = AS_TEXT): ColumnType => ({
  declared,
  values: integers(minimum, maximum),
  // Into bits not even 0 may have a sign.
  meaning: sometimes(
    wholeNumber(minimum, maximum),
    (text) => declared.startsWith('bit') && text.startsWith('-'),
  ),
  select,
});

const signed = (declared: string, bits: bigint): ColumnType =>
  integer(declared, -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);

const unsigned = (declared: string, bits: bigint, select?: string): ColumnType =>
  integer(declared, 0n, 2n ** bits - 1n, select);

const decimal = (declared: string, limits: DecimalLimits): ColumnType => ({
  declared,
  values: decimals(limits.whole, limits.scale),
  meaning: decimalNumber(limits),
  select: AS_TEXT,
  canonical: (value) => plainDecimal(String(value)),
});

/** Of what rounds to the largest single, MariaDB takes only what is not larger itself. */
const beyondSingles = (text: string): boolean => Math.abs(Number(text)) > 2 ** 128 - 2 ** 104;

/** As a double with all its digits; the server reads a single by way of a double. */
const float = (declared: string, size: 32 | 64, rules: FloatRules = {}): ColumnType => ({
  declared,
  values: floats(size),
  meaning: sometimes(
    floatNumber(size, { twice: true, ...rules }),
    (text) => size === 32 && beyondSingles(text),
  ),
  select: 'CAST(v + 0e0 AS CHAR)',
  canonical: (value) => floatBits(Number(value) + 0),
});

/** The digits that such a type shows are those that came; its bits may be those of a neighbour. */
const shownFloat = (declared: string, limits: DecimalLimits): ColumnType => ({
  ...decimal(declared, limits),
  meaning: sometimes(
    (text) => decimalNumber(limits)(/^[+-]?\d.*e/i.test(text) ? plainNumber(text) : text),
    (text) => text.length > 400,
  ),
});

const boolean = (declared: string): ColumnType => ({
  declared,
  values: booleans,
  meaning: texts.boolean,
  select: 'CAST(v + 0 AS CHAR)',
  canonical: (value) => texts.canonicalBoolean(String(value)),
});

const word = (declared: string, rules: texts.TextRules, part = 1): ColumnType => ({
  declared,
  values: textValues(rules.length ?? rules.bytes),
  meaning: texts.text(rules),
  select: AS_HEX,
  part,
});

/** Most texts of such characters only: what a column cannot hold the server finds. */
const inCharacterSet = (name: string, characters: RegExp): ColumnType => ({
  ...word(`varchar(20) CHARACTER SET ${name}`, { length: 20, characters }),
  values: textValues(
    20,
    [...`aZ7 .,'"\\\n\té߀ÿ漢\u0301`].filter((each) => characters.test(each)),
  ),
  leftToDatabase: true,
});

const binary = (declared: string, rules: { most?: number; exactly?: number }): ColumnType => ({
  declared,
  values: binaries(Math.min(300, rules.most ?? rules.exactly ?? 40), rules.exactly !== undefined),
  meaning: texts.binary(rules),
  select: BYTES,
});

const time = (declared: string, digits: number): ColumnType => ({
  declared,
  values: spans(digits),
  meaning: span(digits),
  select: AS_TEXT,
  canonical: canonicalBy(span(6)),
});

const datetime = (declared: string, digits: number): ColumnType => ({
  declared,
  values: datetimes({ digits, zoned: false }),
  meaning: instant({ digits, zoned: false }),
  select: AS_TEXT,
  canonical: canonicalBy(instant({ digits: 6, zoned: false })),
});

const timestamp = (declared: string, digits: number): ColumnType => ({
  declared,
  values: datetimes({ digits, zoned: true, years: [1969, 2039] }),
  meaning: instant({ digits, zoned: true, first: 1, last: 2 ** 31 - 1 }),
  select: AS_TEXT,
  canonical: canonicalBy(instant({ digits: 6, zoned: false })),
});

const LABELS = [
  'new',
  'old',
  'ü',
  'NO',
  ' front',
  "it's",
  'a"b',
  'back\\slash',
  '1',
  '007',
  'NULL',
  'two\nlines',
];
const MEMBERS = ['red', 'green', 'blue', "it's", 'ö', '1', 'a\\b'];
const list = (labels: readonly string[]): string =>
  labels.map((label) => `'${label.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`).join(', ');

/** latin1 of MySQL is Windows-1252. */
const LATIN1 = /^[\0-\x7f\x81\x8d\x8f\x90\x9d\xa0-\xff€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]*$/;
/** Of the Basic Multilingual Plane. */
const PLANE0 = /^[\0-\uffff]*$/u;

/** What the server may refuse although it is right. */
const sometimes =
  (meanings: Meanings, refused: (text: string) => boolean): Meanings =>
  (text) => {
    const meaning = meanings(text);
    return meaning.is === 'kept' && refused(text) ? kept(meaning.canonical, false) : meaning;
  };

/** Spellings beyond the usual ones may be refused. */
const address: Meanings = (text) => {
  const meaning = inet(text);
  return meaning.is === 'kept' &&
    meaning.canonical.endsWith('/128') &&
    text.includes(':') &&
    !text.includes('/')
    ? meaning
    : REFUSED;
};

export const MYSQL_TYPES: readonly ColumnType[] = [
  signed('tinyint', 8n),
  unsigned('tinyint unsigned', 8n),
  signed('smallint', 16n),
  unsigned('mediumint unsigned', 24n),
  signed('mediumint', 24n),
  signed('int', 32n),
  unsigned('int unsigned', 32n),
  signed('bigint', 64n),
  unsigned('bigint unsigned', 64n),
  unsigned('int(5) unsigned zerofill', 32n, 'CAST(v + 0 AS CHAR)'),
  integer('year', 1901n, 2155n),
  unsigned('bit(8)', 8n, 'CAST(v + 0 AS CHAR)'),
  unsigned('bit(64)', 64n, 'CAST(v + 0 AS CHAR)'),
  boolean('boolean'),
  boolean('bit(1)'),
  decimal('decimal(10,2)', { whole: 8, scale: 2 }),
  decimal('decimal(5,0)', { whole: 5, scale: 0 }),
  decimal('decimal(65,30)', { whole: 35, scale: 30 }),
  decimal('decimal(65,0)', { whole: 65, scale: 0 }),
  decimal('decimal(4,4)', { whole: 0, scale: 4 }),
  decimal('decimal(10,2) unsigned', { whole: 8, scale: 2, unsigned: true }),
  float('float', 32),
  float('double', 64),
  float('double unsigned', 64, { unsigned: true }),
  shownFloat('double(10,2)', { whole: 8, scale: 2 }),
  shownFloat('float(7,3)', { whole: 4, scale: 3 }),
  word('char(5)', { length: 5, noSpacesAtEnd: true }),
  word('varchar(5)', { length: 5 }),
  word('tinytext', { bytes: 255 }),
  word('text', { bytes: 65_535 }, 50),
  word('longtext', {}),
  inCharacterSet('latin1', LATIN1),
  inCharacterSet('utf8mb3', PLANE0),
  inCharacterSet('ucs2', PLANE0),
  inCharacterSet('ascii', /^[\0-\x7f]*$/),
  word('varchar(20) COLLATE utf8mb4_bin', { length: 20 }),
  binary('binary(8)', { exactly: 8 }),
  binary('varbinary(8)', { most: 8 }),
  binary('tinyblob', { most: 255 }),
  binary('longblob', {}),
  { declared: 'date', values: dates(), meaning: date, select: AS_TEXT },
  time('time', 0),
  time('time(3)', 3),
  time('time(6)', 6),
  datetime('datetime', 0),
  datetime('datetime(3)', 3),
  datetime('datetime(6)', 6),
  timestamp('timestamp NULL', 0),
  timestamp('timestamp(6) NULL', 6),
  {
    declared: `enum(${list(LABELS)})`,
    values: labels(LABELS),
    meaning: texts.label(LABELS),
    select: AS_TEXT,
  },
  {
    declared: `set(${list(MEMBERS)})`,
    values: memberLists(MEMBERS),
    meaning: texts.memberList(MEMBERS),
    select: AS_TEXT,
  },
  {
    declared: 'json',
    values: jsons, // Half of a surrogate pair is no character.
    meaning: sometimes(texts.jsonText(30), (text) => /\\ud[89a-f]/i.test(text)),
    select: AS_HEX,
  },
];

/** Types that MariaDB has and MySQL has not. */
export const MARIADB_TYPES: readonly ColumnType[] = [
  {
    declared: 'uuid',
    values: uuids,
    // Of other versions and variants than those of RFC 4122 some are refused.
    meaning: sometimes(texts.uuid, (text) => /^.{14}[^1-5]|^.{19}[^89ab]/i.test(text)),
    select: AS_TEXT,
  },
  {
    declared: 'inet6',
    values: addresses,
    meaning: address,
    leftToDatabase: true,
    select: AS_TEXT,
    canonical: canonicalBy(inet),
  },
];
