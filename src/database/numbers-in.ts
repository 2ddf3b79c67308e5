import type { Table } from '../model/table.ts';
import type { Connection, SqlValue } from './database.ts';

/** Numbers named in one statement. */
const AT_ONCE = 5000;

/** Of these numbers, those that a column of a table of the dictionary holds. */
export async function numbersIn(
  connection: Connection,
  table: Table,
  column: string,
  numbers: readonly number[],
): Promise<Set<number>> {
  const { from, name } = quoted(connection, table, column);
  const found = new Set<number>();
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const list = numbers.slice(at, at + AT_ONCE).join(', ');
    const rows = await connection.query(`SELECT ${name} AS n FROM ${from} WHERE ${name} IN (${list})`);
    for (const { n } of rows) found.add(Number(n));
  }
  return found;
}

/** The smallest and the largest number of a column of a table of the dictionary; null where there is none. */
export async function rangeIn(
  connection: Connection,
  table: Table,
  column: string,
): Promise<{ least: number; most: number } | null> {
  const { from, name } = quoted(connection, table, column);
  const least = `(SELECT min(${name}) FROM ${from})`;
  const [row] = await connection.query(
    `SELECT ${least} AS least, (SELECT max(${name}) FROM ${from}) AS most`,
  );
  if (row === undefined || row.least === null) return null;
  return {
    least: numberOr(row.least, Number.NEGATIVE_INFINITY),
    most: numberOr(row.most, Number.POSITIVE_INFINITY),
  };
}

/** A column of whole numbers of SQLite may hold texts all the same. */
function numberOr(value: SqlValue | undefined, otherwise: number): number {
  return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : otherwise;
}

function quoted({ engine }: Connection, { schema, name }: Table, column: string) {
  const { quoteName } = engine.ddl;
  const from = schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
  return { from, name: quoteName(column) };
}
