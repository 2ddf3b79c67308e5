import type { Column } from '../../model/table.ts';
import { quoteText } from './names.ts';
import type { Session } from './session.ts';
import { isBits } from './values.ts';

/** A key of the batch, by a number that tells it from the others. */
export type KeyRow = readonly [number, ...(string | null)[]];

/**
 * Keys as a table of one statement: `name.n`, and name.c0, c1, … with the types and collations of these columns, so
 * that the server itself compares them (JSON_TABLE: MySQL 8.0.4, MariaDB 10.6). It takes no right to make a table.
 */
export function keyTable(name: string, columns: readonly Column[], rows: readonly KeyRow[]): string {
  const parts = columns.map((column, i) => `c${i} ${jsonType(column)} PATH '$[${i + 1}]'`);
  const paths = ["n INT PATH '$[0]'", ...parts].join(', ');
  return `JSON_TABLE(${quoteText(JSON.stringify(rows))}, '$[*]' COLUMNS (${paths})) ${name}`;
}

/** The value of `name.c<i>`; bytes are sent as hexadecimal digits. */
export function keyValue(name: string, column: Column, i: number): string {
  return column.kind === 'binary' ? `UNHEX(${name}.c${i})` : `${name}.c${i}`;
}

/** `row.a = name.c0 AND row.b = name.c1`, … or from another of the name's columns on. */
export function sameKey(
  row: string,
  quoted: readonly string[],
  name: string,
  columns: readonly Column[],
  from = 0,
): string {
  const same = columns.map((column, i) => `${row}.${quoted[i]} = ${keyValue(name, column, from + i)}`);
  return same.join(' AND ');
}

/** In portions of which two fit one statement of the session. */
export function* portions({ packetBytes }: Session, rows: readonly KeyRow[]): Generator<KeyRow[]> {
  let portion: KeyRow[] = [];
  let size = 0;
  for (const row of rows) {
    const bytes = row.reduce<number>((sum, part) => sum + bytesOf(part), 0);
    if (portion.length > 0 && size + bytes > packetBytes / 3) {
      yield portion;
      portion = [];
      size = 0;
    }
    portion.push(row);
    size += bytes;
  }
  if (portion.length > 0) yield portion;
}

/** At most, with brackets, commas, quotes and escapes. */
const bytesOf = (part: string | number | null): number =>
  typeof part === 'string' ? 2 * Buffer.byteLength(part) + 4 : 16;

/** Servers know fewer types here than in tables. */
function jsonType(column: Column): string {
  const { kind, baseType, sqlType, maxLength, collation } = column;
  if (kind === 'binary') return 'VARCHAR(8000) CHARACTER SET ascii';
  if (isBits(column)) return 'BIGINT UNSIGNED';
  if (baseType === 'year') return 'INT';
  if (baseType === 'timestamp') return sqlType.replace(/^timestamp/i, 'datetime');
  if (kind === 'text' || kind === 'uuid' || kind === 'json') {
    const named =
      collation === undefined ? '' : ` CHARACTER SET ${charsetOf(collation)} COLLATE ${collation}`;
    const length = collation === undefined ? 100 : maxLength;
    return `${length === undefined ? 'LONGTEXT' : `VARCHAR(${length})`}${named}`;
  }
  return sqlType.replace(/ zerofill/i, '');
}

/** Collations are named after their character set. */
const charsetOf = (collation: string): string => collation.replace(/_.*$/, '');
