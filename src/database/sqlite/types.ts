import type { Column, ColumnKind } from '../../model/table.ts';

/** What a declared type asks for. SQLite enforces little of it, so the dictionary does. */
export type TypeFacts = Pick<
  Column,
  | 'kind'
  | 'maxLength'
  | 'precision'
  | 'scale'
  | 'significantDigits'
  | 'minimum'
  | 'maximum'
  | 'withZone'
  | 'fractionDigits'
>;

const INTEGERS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  TINYINT: [-128n, 127n],
  SMALLINT: [-32_768n, 32_767n],
  INT2: [-32_768n, 32_767n],
  MEDIUMINT: [-8_388_608n, 8_388_607n],
  INT4: [-2_147_483_648n, 2_147_483_647n],
};

const BIGGEST: readonly [bigint, bigint] = [-(2n ** 63n), 2n ** 63n - 1n];

const KINDS: Readonly<Record<string, ColumnKind>> = {
  BOOLEAN: 'boolean',
  BOOL: 'boolean',
  DATE: 'date',
  TIME: 'time',
  DATETIME: 'datetime',
  TIMESTAMP: 'datetime',
  TIMESTAMPTZ: 'datetime',
  UUID: 'uuid',
  JSON: 'json',
  JSONB: 'json',
  DECIMAL: 'decimal',
  DEC: 'decimal',
  NUMERIC: 'decimal',
  NUMBER: 'decimal',
  REAL: 'float',
  FLOAT: 'float',
  DOUBLE: 'float',
};

/** Text converted to a number by NUMERIC affinity keeps 15 significant digits (sqlite.org/datatype3.html, 3). */
const NUMERIC_DIGITS = 15;

/** Declared type → kind and limits; unknown names go by SQLite's affinity rules (sqlite.org/datatype3.html, 3.1). */
export function typeFacts(declared: string): TypeFacts {
  const match = /^\s*([A-Za-z_]\w*(?: +\w+)*)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?/.exec(declared);
  const words = (match?.[1] ?? '').toUpperCase();
  const name = words.split(' ')[0] ?? '';
  const first = match?.[2] === undefined ? undefined : Number(match[2]);
  const second = match?.[3] === undefined ? undefined : Number(match[3]);
  const zoned = name.endsWith('TZ') || /WITH TIME ZONE/.test(declared.toUpperCase());
  const kind = KINDS[name];
  switch (kind) {
    case 'decimal':
      return {
        kind,
        significantDigits: NUMERIC_DIGITS,
        ...(first === undefined ? {} : { precision: first, scale: second ?? 0 }),
      };
    case 'datetime':
    case 'time':
      return { kind, withZone: zoned, ...(first === undefined ? {} : { fractionDigits: first }) };
    case undefined:
      return byAffinity(words, name, first);
    default:
      return { kind };
  }
}

function byAffinity(words: string, name: string, length: number | undefined): TypeFacts {
  if (words.includes('INT')) {
    const [minimum, maximum] = (words.includes('UNSIGNED') ? undefined : INTEGERS[name]) ?? BIGGEST;
    return { kind: 'integer', minimum: words.includes('UNSIGNED') ? 0n : minimum, maximum };
  }
  if (/CHAR|CLOB|TEXT/.test(words))
    return { kind: 'text', ...(length === undefined ? {} : { maxLength: length }) };
  if (/BLOB|BINARY|BYTEA/.test(words)) return { kind: 'binary' };
  if (/REAL|FLOA|DOUB/.test(words)) return { kind: 'float' };
  return { kind: 'text' };
}

/** sqlite.org/datatype3.html, 3.1; of a column of a table that is not STRICT. */
export function affinity(sqlType: string): string {
  const type = sqlType.toUpperCase();
  if (type.includes('INT')) return 'INTEGER';
  if (/CHAR|CLOB|TEXT/.test(type)) return 'TEXT';
  if (type === '' || type.includes('BLOB')) return 'BLOB';
  return /REAL|FLOA|DOUB/.test(type) ? 'REAL' : 'NUMERIC';
}
