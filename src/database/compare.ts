import type { InsertPlan } from '../model/plan.ts';
import type { DatabaseReject, SqlRow } from './database.ts';

/** The rows of a staged batch held against its table, whatever the engine. */

/** What became of the rows of a batch. */
export interface Comparison {
  /** Rows that stand in the table as they are staged. */
  readonly found: number;
  /** Rows that do not stand there: none with this key, or too few alike where the table has no key. */
  readonly missing: number;
  /** Rows whose key is there with other values. */
  readonly changed: number;
  /** In the order of the rows, as many as were asked for. */
  readonly differences: readonly RowDifference[];
  /** Rows with values that their columns do not take any more; in none of the counts. */
  readonly unfit: readonly DatabaseReject[];
}

export interface CompareOptions {
  /** Differences that are told one by one. */
  readonly limit: number;
  /** Columns whose values are texts in the plan, and compared with the texts of those in the table. */
  readonly asText?: ReadonlySet<string>;
}

export interface RowDifference {
  /** Ordinal of the tape's record. */
  readonly record: number;
  /** Null: the row is missing. */
  readonly columns: readonly ColumnDifference[] | null;
}

/** A value as the database writes it; null is NULL. */
export interface ColumnDifference {
  readonly column: string;
  readonly file: string | null;
  readonly table: string | null;
}

/** How an engine writes what is asked. */
export interface CompareSql {
  /** The staged rows as s, and their number. */
  readonly source: string;
  readonly rows: number;
  /** The table as t. */
  readonly table: string;
  /** The ordinal of the record of row s. */
  readonly ordinal: string;
  /** Of planned column c, in row s and in row t. */
  readonly staged: (c: number) => string;
  readonly stored: (c: number) => string;
  /** Both are the same key, as the index of the table compares them. */
  readonly sameKey: (c: number) => string;
  /** Both are the same value; NULL is NULL, and letters are told by their case. */
  readonly same: (staged: string, stored: string, c: number) => string;
  /** A value by which rows alike are put together; as `same` tells them apart. */
  readonly alike: (value: string, c: number) => string;
  readonly text: (value: string, c: number) => string;
  /** A number that is the same for rows that are. */
  readonly hash: (values: readonly string[]) => string;
}

type Compared = Omit<Comparison, 'unfit'>;
type Ask = (sql: string) => Promise<readonly SqlRow[]>;

/** `limit`: differences that are told one by one. */
export function compareRows(ask: Ask, plan: InsertPlan, sql: CompareSql, limit: number): Promise<Compared> {
  const key = keyOf(plan);
  return key === null ? byCounts(ask, plan, sql, limit) : byKey(ask, plan, { sql, key, limit });
}

/** The primary key, else another one, of which every column is planned and never NULL: as indexes of the plan. */
function keyOf({ table, columns }: InsertPlan): readonly number[] | null {
  const keys = table.uniqueKeys.toSorted((a, b) => Number(b.primary) - Number(a.primary));
  for (const key of keys) {
    const indexes = key.columns.map((name) => columns.findIndex((column) => column.name === name));
    const sure = indexes.every(
      (c) => c >= 0 && (columns[c]?.nullable === false || columns[c]?.identity === true),
    );
    if (sure && indexes.length > 0) return indexes;
  }
  return null;
}

const numberIn = (rows: readonly SqlRow[]): number => Number(rows[0]?.n ?? 0);

async function byKey(
  ask: Ask,
  { columns }: InsertPlan,
  { sql, key, limit }: { readonly sql: CompareSql; readonly key: readonly number[]; readonly limit: number },
): Promise<Compared> {
  const match = key.map(sql.sameKey).join(' AND ');
  const each = columns.map((_, c) => sql.same(sql.staged(c), sql.stored(c), c));
  const same = each.join(' AND ');
  const without = (condition: string) =>
    `SELECT count(*) AS n FROM ${sql.source} WHERE NOT EXISTS (SELECT 1 FROM ${sql.table} WHERE ${condition})`;
  const different = numberIn(await ask(without(`${match} AND ${same}`)));
  if (different === 0) return { found: sql.rows, missing: 0, changed: 0, differences: [] };
  const missing = numberIn(await ask(without(match)));
  const values = columns.map(
    (_, c) =>
      `CASE WHEN ${each[c]} THEN 1 ELSE 0 END AS s${c}, ` +
      `${sql.text(sql.staged(c), c)} AS f${c}, ${sql.text(sql.stored(c), c)} AS t${c}`,
  );
  const here = `CASE WHEN ${sql.stored(key[0] ?? 0)} IS NULL THEN 0 ELSE 1 END`;
  const listed = await ask(
    `SELECT ${sql.ordinal} AS record, ${here} AS here, ${values.join(', ')}
     FROM ${sql.source} LEFT JOIN ${sql.table} ON ${match} WHERE NOT (${same}) ORDER BY 1 LIMIT ${limit}`,
  );
  const differences = listed.map((row) => ({
    record: Number(row.record),
    columns: row.here === 1 ? columns.flatMap(({ name }, c) => differenceIn(row, name, c)) : null,
  }));
  return { found: sql.rows - different, missing, changed: different - missing, differences };
}

function differenceIn(row: SqlRow, column: string, c: number): ColumnDifference[] {
  if (row[`s${c}`] === 1) return [];
  return [{ column, file: textOf(row[`f${c}`]), table: textOf(row[`t${c}`]) }];
}

const textOf = (value: unknown): string | null =>
  value === null || value === undefined ? null : String(value);

/** As many rows of the table are alike as of the batch, or more. */
async function byCounts(
  ask: Ask,
  { columns }: InsertPlan,
  sql: CompareSql,
  limit: number,
): Promise<Compared> {
  const numbered = (alias: string, value: (c: number) => string, from: string, record?: string) => {
    const more = record === undefined ? '' : `${record} AS record, `;
    const order = record === undefined ? '' : ` ORDER BY ${record}`;
    const values = columns.map((_, c) => value(c));
    const list = values.map((each, c) => `${each} AS v${c}`).join(', ');
    return `(SELECT ${more}${list}, ${sql.hash(values)} AS h,
      row_number() OVER (PARTITION BY ${values.map(sql.alike).join(', ')}${order}) AS rn FROM ${from}) ${alias}`;
  };
  const file = numbered('x', sql.staged, sql.source, sql.ordinal);
  const table = numbered('y', sql.stored, sql.table);
  const same = columns.map((_, c) => sql.same(`x.v${c}`, `y.v${c}`, c)).join(' AND ');
  const lacking = `FROM ${file} LEFT JOIN ${table} ON x.h = y.h AND x.rn = y.rn AND ${same} WHERE y.rn IS NULL`;
  const missing = numberIn(await ask(`SELECT count(*) AS n ${lacking}`));
  const listed =
    missing === 0 ? [] : await ask(`SELECT x.record AS record ${lacking} ORDER BY 1 LIMIT ${limit}`);
  const differences = listed.map(({ record }) => ({ record: Number(record), columns: null }));
  return { found: sql.rows - missing, missing, changed: 0, differences };
}
