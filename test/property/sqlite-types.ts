import type { SqlValue } from '../../src/database/database.ts';
import type { ColumnType } from './column-type.ts';
import { kept, type Meaning, type Meanings, REFUSED } from './meaning.ts';
import { decimalNumber, floatBits, floatNumber, plainDecimal, wholeNumber } from './number-meaning.ts';
import { decimals, floats, integers } from './number-values.ts';
import * as texts from './text-meaning.ts';
import { binaries, booleans, jsons, texts as textValues, uuids } from './text-values.ts';
import { date, instant, timeOfDay } from './time-meaning.ts';
import { dates, datetimes, times } from './time-values.ts';

const BIGGEST = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const SMALL = [-(2n ** 15n), 2n ** 15n - 1n] as const;

/** The storage class and the value (sqlite.org/datatype3.html, 2); a real as the double it is. */
const STORED = `CASE typeof(v) WHEN 'integer' THEN 'integer ' || v WHEN 'text' THEN 'text ' || lower(hex(v))
  WHEN 'blob' THEN 'blob ' || lower(hex(v)) ELSE v END`;

const without =
  (storageClass: string) =>
  (value: SqlValue): string =>
    String(value).replace(`${storageClass} `, '');

const asText = (meaning: Meaning, text: string): Meaning =>
  meaning.is === 'kept' ? { ...meaning, canonical: `text ${texts.hexOf(text)}` } : meaning;

/** What is checked by its meaning and kept as the text it came as. */
const sameText =
  (meanings: Meanings): Meanings =>
  (text) =>
    asText(meanings(text), text);

const integer = (
  declared: string,
  [minimum, maximum]: readonly [bigint, bigint],
  table = '',
): ColumnType => ({
  declared,
  table,
  values: integers(minimum, maximum),
  meaning: wholeNumber(minimum, maximum),
  select: STORED,
  canonical: without('integer'),
});

const real = (declared: string, table = ''): ColumnType => ({
  declared,
  table,
  values: floats(64),
  meaning: floatNumber(64),
  select: STORED,
  canonical: (value) => (typeof value === 'number' ? floatBits(value) : String(value)),
});

/** 15 significant digits as a double, 18 of whole numbers. */
const decimal = (declared: string, whole: number, scale: number): ColumnType => ({
  declared,
  values: decimals(Math.min(whole, 20), Math.min(scale, 20)),
  meaning: decimalNumber({ whole, scale, digits: [15, 18] }),
  select: STORED,
  canonical: (value) => (typeof value === 'number' ? plainNumber(value) : without('integer')(value)),
});

function plainNumber(value: number): string {
  const [digits = '', power = '0'] = String(value).split('e');
  if (power === '0') return plainDecimal(digits);
  const shift = Number(power);
  const plain = digits.replace(/^-|\./g, '');
  const sign = value < 0 ? '-' : '';
  return shift < 0
    ? plainDecimal(`${sign}0.${'0'.repeat(-shift - 1)}${plain}`)
    : plainDecimal(sign + plain.padEnd(shift + 1, '0'));
}

const word = (declared: string, rules: texts.TextRules, table = ''): ColumnType => ({
  declared,
  table,
  values: textValues(rules.length),
  meaning: sameText(texts.text(rules)),
  select: STORED,
});

const time = (declared: string, digits: number): ColumnType => ({
  declared,
  values: times(digits),
  meaning: sameText(timeOfDay(digits)),
  select: STORED,
});

const datetime = (declared: string, digits: number, zoned = false): ColumnType => ({
  declared,
  values: datetimes({ digits, zoned }),
  meaning: sameText(instant({ digits, zoned })),
  select: STORED,
});

const blob = (declared: string, table = ''): ColumnType => ({
  declared,
  table,
  values: binaries(),
  meaning: texts.binary(),
  select: STORED,
  canonical: without('blob'),
});

/** A column of a type that SQLite does not know makes numbers of texts: what would not come back as it was is refused. */
const numberLike: Meanings = (text) => {
  const number = /^[ \t\n\v\f\r]*[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[ \t\n\v\f\r]*$/i;
  const surely = !number.test(text) || /^(?:0|-?[1-9]\d{0,14}|-?[1-9]\d{0,6}\.\d{0,6}[1-9])$/.test(text);
  return kept(texts.hexOf(text), surely);
};

export const SQLITE_TYPES: readonly ColumnType[] = [
  integer('INTEGER', BIGGEST),
  integer('BIGINT', BIGGEST),
  integer('SMALLINT', SMALL),
  integer('UNSIGNED BIG INT', [0n, BIGGEST[1]]),
  integer('INT', BIGGEST, 'STRICT'),
  real('REAL'),
  real('DOUBLE PRECISION'),
  real('REAL', 'STRICT'),
  decimal('DECIMAL(10,2)', 8, 2),
  decimal('DECIMAL(18,0)', 18, 0),
  decimal('DECIMAL(4,4)', 0, 4),
  decimal('NUMERIC', Infinity, Infinity),
  {
    declared: 'BOOLEAN',
    values: booleans,
    meaning: texts.boolean,
    select: STORED,
    canonical: (value) => texts.canonicalBoolean(without('integer')(value)),
  },
  word('TEXT', {}),
  word('', {}),
  word('VARCHAR(5)', { length: 5 }),
  word('CHAR(3)', { length: 3 }),
  word('TEXT', {}, 'STRICT'),
  word('ANY', {}, 'STRICT'),
  {
    declared: 'STRING',
    values: textValues(),
    meaning: numberLike,
    select: STORED,
    canonical: numberOrText,
  },
  blob('BLOB'),
  blob('VARBINARY(8)'),
  blob('BLOB', 'STRICT'),
  { declared: 'DATE', values: dates(), meaning: sameText(date), select: STORED },
  time('TIME', 9),
  time('TIME(3)', 3),
  datetime('DATETIME', 9),
  datetime('TIMESTAMP(3)', 3),
  datetime('TIMESTAMPTZ', 9, true),
  {
    declared: 'UUID',
    values: uuids,
    meaning: sameText(texts.uuid),
    select: STORED,
  },
  {
    declared: 'JSON',
    values: jsons,
    meaning: (text) => (texts.jsonText()(text) === REFUSED ? REFUSED : jsonMeaning(text)),
    select: STORED,
    canonical: storedJson,
  },
];

/** Numbers as SQL shows them. */
function numberOrText(value: SqlValue): string {
  if (typeof value === 'number') return texts.hexOf(String(value));
  const [storageClass, text = ''] = String(value).split(' ');
  return storageClass === 'integer' ? texts.hexOf(text) : text;
}

function storedJson(value: SqlValue): string {
  if (typeof value === 'number') return plainNumber(value);
  const [storageClass, text = ''] = String(value).split(' ');
  return storageClass === 'text' ? texts.canonicalJson(Buffer.from(text, 'hex').toString()) : text;
}

/** A number alone becomes a number of SQLite, which may not hold it. */
function jsonMeaning(text: string): Meaning {
  return kept(
    texts.canonicalJson(text),
    !/^\s*-?\d/.test(text) || /^-?\d{1,15}$|^-?\d{1,6}\.\d{1,8}$/.test(text),
  );
}
