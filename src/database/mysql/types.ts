import type { Column, ColumnKind } from '../../model/table.ts';

/** What a column's type asks for, beside its name and its constraints. */
export type TypeFacts = Omit<Column, 'name' | 'sqlType' | 'nullable' | 'default' | 'generated' | 'identity'>;

/** A row of information_schema.COLUMNS. */
export interface TypeRow {
  /** e.g. `bigint`. */
  readonly dataType: string;
  /** e.g. `bigint(20) unsigned`. */
  readonly columnType: string;
  /** Characters of CHAR and VARCHAR, bytes of all others. */
  readonly length: number | null;
  readonly precision: number | null;
  readonly scale: number | null;
  readonly fractionDigits: number | null;
  readonly collation: string | null;
}

const INTEGER_BITS: Readonly<Record<string, bigint>> = {
  tinyint: 8n,
  smallint: 16n,
  mediumint: 24n,
  int: 32n,
  bigint: 64n,
};

const BYTES: Readonly<Record<string, number>> = { tinytext: 255, text: 65_535, tinyblob: 255, blob: 65_535 };

/** TIME holds -838:59:59 to 838:59:59. */
const SPAN_HOURS = 838;
/** TIMESTAMP holds 1970-01-01 00:00:01 to 2038-01-19 03:14:07, whatever the fraction. */
const FIRST_SECOND = 1;
const LAST_SECOND = 2 ** 31 - 1;
/** YEAR takes 0 and 1 to 99 for other years than they say. */
const YEARS = { minimum: 1901n, maximum: 2155n };

const KINDS: Readonly<Record<string, ColumnKind>> = {
  date: 'date',
  uuid: 'uuid',
  json: 'json',
  tinyblob: 'binary',
  blob: 'binary',
  mediumblob: 'binary',
  longblob: 'binary',
  binary: 'binary',
  varbinary: 'binary',
  // As it lies in the table: the SRID and well-known binary. The server refuses what is none.
  geometry: 'binary',
  point: 'binary',
  linestring: 'binary',
  polygon: 'binary',
  multipoint: 'binary',
  multilinestring: 'binary',
  multipolygon: 'binary',
  geometrycollection: 'binary',
  geomcollection: 'binary',
  vector: 'binary',
};

export function typeFacts(row: TypeRow): TypeFacts {
  return { baseType: row.dataType, ...factsOf(row) };
}

function factsOf(row: TypeRow): TypeFacts {
  const { dataType, columnType } = row;
  const unsigned = /\bunsigned\b/i.test(columnType);
  const bits = INTEGER_BITS[dataType];
  // BOOLEAN is another word for TINYINT(1).
  if (/^tinyint\(1\)$/i.test(columnType) || columnType === 'bit(1)') return { kind: 'boolean' };
  if (bits !== undefined) return { kind: 'integer', ...rangeOf(bits, unsigned) };
  switch (dataType) {
    case 'bit':
      return { kind: 'integer', ...rangeOf(BigInt(row.precision ?? 1), true) };
    case 'year':
      return { kind: 'integer', ...YEARS };
    case 'decimal':
      return { kind: 'decimal', precision: row.precision ?? 10, scale: row.scale ?? 0, ...sign(unsigned) };
    case 'float':
    case 'double':
      return { kind: 'float', bits: dataType === 'float' ? 32 : 64, ...digitsOf(row), ...sign(unsigned) };
    case 'time':
      return {
        kind: 'time',
        withZone: false,
        fractionDigits: row.fractionDigits ?? 0,
        spanHours: SPAN_HOURS,
      };
    case 'datetime':
      return { kind: 'datetime', withZone: false, fractionDigits: row.fractionDigits ?? 0 };
    case 'timestamp':
      return {
        kind: 'datetime',
        withZone: true,
        fractionDigits: row.fractionDigits ?? 0,
        firstSecond: FIRST_SECOND,
        lastSecond: LAST_SECOND,
      };
    default:
      return KINDS[dataType] === undefined ? textFacts(row) : { kind: KINDS[dataType], ...bytesOf(row) };
  }
}

function rangeOf(bits: bigint, unsigned: boolean): Pick<Column, 'minimum' | 'maximum'> {
  if (unsigned) return { minimum: 0n, maximum: 2n ** bits - 1n };
  return { minimum: -(2n ** (bits - 1n)), maximum: 2n ** (bits - 1n) - 1n };
}

const sign = (unsigned: boolean): Pick<Column, 'minimum'> => (unsigned ? { minimum: 0n } : {});

/** FLOAT(M,D) rounds to D digits; plain FLOAT has no scale. */
function digitsOf({ precision, scale }: TypeRow): Pick<Column, 'precision' | 'scale'> {
  return scale === null || precision === null ? {} : { precision, scale };
}

function textFacts(row: TypeRow): TypeFacts {
  const { dataType, columnType, length } = row;
  const collation = row.collation === null ? {} : { collation: row.collation };
  switch (dataType) {
    case 'enum':
      return { kind: 'text', enum: quotedList(columnType), ...collation };
    case 'set':
      return { kind: 'text', members: quotedList(columnType), ...collation };
    case 'char':
      return { kind: 'text', maxLength: length ?? 1, padded: true, ...collation };
    case 'varchar':
      return { kind: 'text', ...(length === null ? {} : { maxLength: length }), ...collation };
    default:
      return { kind: 'text', ...bytesOf(row), ...collation };
  }
}

function bytesOf({ dataType, length, collation }: TypeRow): Pick<Column, 'maxBytes' | 'padded'> {
  if (dataType === 'binary') return { maxBytes: length ?? 1, padded: true };
  if (dataType === 'varbinary' && length !== null) return { maxBytes: length };
  const most = BYTES[dataType];
  // In other character sets a text has other bytes than it came with.
  const counted = collation === null || /^utf8/.test(collation);
  return most === undefined || !counted ? {} : { maxBytes: most };
}

/** What follows the backslash of an escape, and what it stands for. */
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', '0': '\0' };

/** `enum('a','b''c','d\\e')` → a, b'c, d\e. */
function quotedList(columnType: string): string[] {
  return [...columnType.matchAll(/'((?:[^']|'')*)'/g)].map(([, text = '']) =>
    text.replace(/''|\\([\s\S])/g, (pair, letter: string | undefined) =>
      letter === undefined ? pair.slice(1) : (ESCAPED[letter] ?? letter),
    ),
  );
}
