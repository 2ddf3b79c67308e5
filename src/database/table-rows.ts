import type { Table } from '../model/table.ts';
import type { Connection, SqlValue } from './database.ts';

/** What stands in a table of the dictionary, in SQL that all engines know: no builder of queries has to be loaded. */

/** Numbers named in one statement. */
const AT_ONCE = 5000;

export async function countRows(connection: Connection, table: Table): Promise<number> {
  const [row] = await connection.query(`SELECT count(*) AS n FROM ${tableName(connection, table)}`);
  return Number(row?.n ?? 0);
}

/** Of these numbers, those that a column holds. */
export async function numbersIn(
  connection: Connection,
  table: Table,
  column: string,
  numbers: readonly number[],
): Promise<Set<number>> {
  const from = tableName(connection, table);
  const name = connection.engine.ddl.quoteName(column);
  const found = new Set<number>();
  for (let at = 0; at < numbers.length; at += AT_ONCE) {
    const list = numbers.slice(at, at + AT_ONCE).join(', ');
    const rows = await connection.query(`SELECT ${name} AS n FROM ${from} WHERE ${name} IN (${list})`);
    for (const { n } of rows) found.add(Number(n));
  }
  return found;
}

/** The smallest and the largest number of a column; null where there is none. */
export async function rangeIn(
  connection: Connection,
  table: Table,
  column: string,
): Promise<{ least: number; most: number } | null> {
  const from = tableName(connection, table);
  const name = connection.engine.ddl.quoteName(column);
  // Apart, so that SQLite takes each of them from an end of the index.
  const ends = `(SELECT min(${name}) FROM ${from}) AS least, (SELECT max(${name}) FROM ${from}) AS most`;
  const [row] = await connection.query(`SELECT ${ends}`);
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

function tableName({ engine }: Connection, { schema, name }: Table): string {
  const { quoteName } = engine.ddl;
  return schema === undefined ? quoteName(name) : `${quoteName(schema)}.${quoteName(name)}`;
}
