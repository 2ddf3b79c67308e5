import { arrayOf } from './array-meaning.ts';
import { arraySpellings, arrays } from './array-values.ts';
import type { ColumnType } from './column-type.ts';
import { canonicalBy, type Meanings } from './meaning.ts';
import { cidr, hardwareAddress, inet } from './network-meaning.ts';
import { cidrs, hardwareAddresses, inets } from './network-values.ts';
import {
  anySpelling,
  decimalNumber,
  floatBits,
  floatNumber,
  orAsk,
  plainDecimal,
  wholeNumber,
  writtenDecimal,
} from './number-meaning.ts';
import { decimals, floats, integers } from './number-values.ts';
import * as texts from './text-meaning.ts';
import {
  binaries,
  bits,
  booleans,
  documents,
  jsons,
  labels,
  ranges,
  texts as textValues,
  uuids,
} from './text-values.ts';
import { date, duration, instant, timeOfDay } from './time-meaning.ts';
import { dates, datetimes, durations, namedDuration, times } from './time-values.ts';
import type { Spellings, Values } from './values.ts';

const AS_TEXT = 'v::text';
const AS_HEX = "encode(convert_to(v::text, 'UTF8'), 'hex')";

const integer = (declared: string, minimum: bigint, maximum: bigint): ColumnType => ({
  declared,
  values: integers(minimum, maximum),
  meaning: wholeNumber(minimum, maximum),
  select: AS_TEXT,
});

const signed = (declared: string, bits: bigint): ColumnType =>
  integer(declared, -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n);

const numeric = (declared: string, whole: number, scale: number): ColumnType => ({
  declared,
  values: decimals(Math.min(whole, 60), Math.min(scale, 40)),
  meaning: decimalNumber({ whole, scale }),
  select: 'v::numeric::text',
  canonical: (value) => plainDecimal(String(value)),
});

const float = (declared: string, size: 32 | 64): ColumnType => ({
  declared,
  values: floats(size),
  meaning: floatNumber(size, { signedZero: true }),
  select: `encode(float${size / 8}send(v), 'hex')`,
  canonical: (value) => (size === 64 ? String(value) : floatBits(singleOf(String(value)))),
});

const singleOf = (hex: string): number => Buffer.from(hex, 'hex').readFloatBE();

const word = (declared: string, rules: texts.TextRules): ColumnType => ({
  declared,
  values: textValues(rules.length),
  meaning: texts.text(rules),
  select: AS_HEX,
});

const time = (declared: string, digits: number): ColumnType => ({
  declared,
  values: times(digits),
  meaning: timeOfDay(digits),
  select: AS_TEXT,
  canonical: canonicalBy(timeOfDay(6)),
});

const timetz = (declared: string, digits: number): ColumnType => ({
  declared,
  values: times(digits, true),
  meaning: timeOfDay(digits, true),
  select: AS_TEXT,
  canonical: canonicalBy(timeOfDay(6, true)),
});

const timestamp = (declared: string, digits: number, zoned: boolean): ColumnType => ({
  declared,
  values: datetimes({ digits, zoned }),
  meaning: instant({ digits, zoned }),
  select: 'extract(epoch FROM v)::text',
  canonical: (value) => plainDecimal(String(value)),
});

const leftToDatabase = (
  declared: string,
  values: Values,
  meaning: Meanings,
  ask: string,
  binary?: Spellings,
): ColumnType => ({
  declared,
  values,
  meaning: orAsk(meaning),
  select: AS_TEXT,
  canonical: canonicalBy(meaning),
  leftToDatabase: true,
  ask,
  ...(binary === undefined ? {} : { binary }),
});

/** Elements in the spellings of columns of their own are among those that the database reads as well. */
const arrayType = (declared: string, elements: Values, meaning: Meanings): ColumnType =>
  leftToDatabase(declared, arrays(elements), arrayOf(meaning), declared, arraySpellings(elements.valid));

const LABELS = ['new', 'old', 'NEW', '', ' spaced ', "it's", 'a,b', '"quoted"', '\\', 'ü', '😀', '1', 'NULL'];
const quoted = (label: string): string => `'${label.replaceAll("'", "''")}'`;

/** What the columns are of. */
export const POSTGRES_MADE = `
  CREATE TYPE mood AS ENUM (${LABELS.map(quoted).join(', ')});
  CREATE DOMAIN price AS numeric(6,2);
  CREATE DOMAIN code AS varchar(4);
  CREATE DOMAIN level AS smallint CHECK (VALUE BETWEEN 1 AND 1000);`;

const oneOf = wholeNumber(1n, 1000n);
const short = texts.text({ length: 3 });
const instants = datetimes({ digits: 6, zoned: true });
const cents = decimalNumber({ whole: 3, scale: 2 });

export const POSTGRES_TYPES: readonly ColumnType[] = [
  signed('smallint', 16n),
  signed('integer', 32n),
  signed('bigint', 64n),
  integer('oid', 0n, 2n ** 32n - 1n),
  { ...integer('level', 1n, 1000n), meaning: oneOf },
  numeric('numeric(10,2)', 8, 2),
  numeric('numeric(5,0)', 5, 0),
  numeric('numeric(38,10)', 28, 10),
  numeric('numeric(2,4)', -2, 4),
  numeric('numeric(3,-2)', 5, -2),
  numeric('price', 4, 2),
  numeric('money', 16, 2),
  { ...numeric('numeric', 60, 40), meaning: writtenDecimal, select: AS_TEXT, canonical: String },
  float('real', 32),
  float('double precision', 64),
  {
    declared: 'boolean',
    values: booleans,
    meaning: texts.boolean,
    select: AS_TEXT,
    canonical: (value) => texts.canonicalBoolean(String(value)),
  },
  word('text', {}),
  word('varchar', {}),
  word('varchar(5)', { length: 5 }),
  word('code', { length: 4 }),
  word('char(3)', { length: 3, padded: true }),
  word('name', { bytes: 63, length: 63 }),
  { declared: 'date', values: dates(), meaning: date, select: AS_TEXT },
  time('time', 6),
  time('time(3)', 3),
  time('time(0)', 0),
  timetz('time with time zone', 6),
  timetz('time(2) with time zone', 2),
  timestamp('timestamp', 6, false),
  timestamp('timestamp(3)', 3, false),
  timestamp('timestamp(0)', 0, false),
  timestamp('timestamp with time zone', 6, true),
  timestamp('timestamp(3) with time zone', 3, true),
  { declared: 'uuid', values: uuids, meaning: texts.uuid, select: AS_TEXT },
  { declared: 'bytea', values: binaries(), meaning: texts.binary(), select: "encode(v, 'hex')" },
  { declared: 'json', values: jsons, meaning: texts.jsonText(), select: AS_HEX },
  {
    declared: 'jsonb',
    values: jsons,
    meaning: texts.jsonValue,
    select: AS_TEXT,
    canonical: (value) => texts.canonicalJson(String(value)),
  },
  { declared: 'mood', values: labels(LABELS), meaning: texts.label(LABELS), select: AS_TEXT },
  leftToDatabase('bit(3)', bits(3, true), texts.bitString({ exactly: 3 }), '"bit"'),
  leftToDatabase('bit varying(5)', bits(5), texts.bitString({ most: 5 }), 'varbit'),
  leftToDatabase('macaddr', hardwareAddresses, hardwareAddress, 'macaddr', hardwareAddresses.valid),
  leftToDatabase('int4range', ranges, anySpelling, 'int4range'),
  leftToDatabase('xml', documents, anySpelling, 'xml'),
  word('"char"', { bytes: 1, length: 1 }),
  leftToDatabase('inet', inets, inet, 'inet', inets.valid),
  leftToDatabase('cidr', cidrs, cidr, 'cidr', cidrs.valid),
  leftToDatabase('interval', durations(6), duration(6), 'interval', (random) =>
    random.oneIn(2) ? durations(6).valid(random) : namedDuration(random),
  ),
  leftToDatabase('interval(2)', durations(2), duration(2), 'interval'),
  leftToDatabase('interval day to minute', durations(0), duration(0, { wholeMinutes: true }), 'interval'),
  arrayType('integer[]', integers(-(2n ** 31n), 2n ** 31n - 1n), signed('integer', 32n).meaning),
  arrayType('bigint[]', integers(-(2n ** 63n), 2n ** 63n - 1n), signed('bigint', 64n).meaning),
  arrayType('numeric[]', decimals(60, 40), writtenDecimal),
  arrayType('double precision[]', floats(64), floatNumber(64, { signedZero: true })),
  arrayType('text[]', textValues(), texts.text()),
  arrayType('boolean[]', booleans, texts.boolean),
  arrayType('uuid[]', uuids, texts.uuid),
  arrayType('date[]', dates(), date),
  leftToDatabase(
    'timestamp with time zone[]',
    arrays(instants),
    // Some are in years that only the database writes: BC, or of five digits.
    anySpelling,
    'timestamptz[]',
    arraySpellings(instants.valid),
  ),
  arrayType('inet[]', inets, inet),
  arrayType('interval[]', durations(6), duration(6)),
  leftToDatabase('varchar(3)[]', arrays(textValues(3)), arrayOf(short), 'varchar[]'),
  leftToDatabase('numeric(5,2)[]', arrays(decimals(3, 2)), arrayOf(cents), 'numeric[]'),
  leftToDatabase(
    'timestamp(0)[]',
    arrays(datetimes({ digits: 0, zoned: false })),
    arrayOf(instant({ digits: 0, zoned: false })),
    'timestamp[]',
  ),
];
