import type { ForeignKey } from '../../model/table.ts';
import type { SqlRow } from '../database.ts';
import { orphansError } from '../restore-failures.ts';
import { isServerFailure } from './failures.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';
import { type ChildKey, referencedBy } from './table-facts.ts';

/** Rows that a restore would leave without their parents. */

/** A foreign key whose child or parent is the table that is restored. */
interface Held {
  readonly key: ForeignKey;
  readonly child: string;
  /** As SQL names them. */
  readonly childSql: string;
  readonly parentSql: string;
}

interface Restored {
  readonly table: string;
  /** What it stands under for now. */
  readonly standIn: string;
  readonly foreignKeys: readonly ForeignKey[];
}

const NO_SUCH_TABLE = 1146;

/**
 * `restore-orphans` for rows without their parents, in the table and in those that point at it, which were not there
 * before: with foreign_key_checks = 0 nobody else looks. What was before, a session of its own still sees. The
 * reads lock what they find, so that it stays true until the COMMIT.
 */
export async function refuseOrphans(
  session: Session,
  restored: Restored,
  beside: () => Promise<Session>,
): Promise<void> {
  const { table } = restored;
  for (const held of await heldKeys(session, restored)) {
    const now = await orphansByKey(session, held, 'LOCK IN SHARE MODE');
    if (now.length === 0) continue;
    const before = await beforeByKey(beside, held);
    const fresh = now.filter(({ id, n }) => Number(n) > (before.get(String(id)) ?? 0));
    const count = fresh.reduce((sum, { id, n }) => sum + Number(n) - (before.get(String(id)) ?? 0), 0);
    const { key, child } = held;
    if (count === 0) continue;
    throw orphansError({
      table,
      child,
      columns: key.columns,
      parent: key.parentTable,
      parentColumns: key.parentColumns,
      count,
      example: String(fresh[0]?.example),
    });
  }
}

async function heldKeys(session: Session, { table, standIn, foreignKeys }: Restored): Promise<Held[]> {
  const nameOf = (name: string, schema?: string): string =>
    schema === undefined
      ? quoteName(name === table ? standIn : name)
      : `${quoteName(schema)}.${quoteName(name)}`;
  const own = foreignKeys.map((key) => ({
    key,
    child: table,
    childSql: quoteName(standIn),
    parentSql: nameOf(key.parentTable, key.parentSchema),
  }));
  const children = (await referencedBy(session, table)).map((key: ChildKey) => ({
    key,
    child: key.table,
    childSql: nameOf(key.table, key.childSchema),
    parentSql: quoteName(standIn),
  }));
  return [...own, ...children];
}

/** Each key without a parent: its bytes as `id`, how many rows have it, and as a person would write it. */
async function orphansByKey(session: Session, held: Held, lock: string): Promise<SqlRow[]> {
  const { key, childSql, parentSql } = held;
  const columns = key.columns.map((column) => `c.${quoteName(column)}`);
  const parents = key.parentColumns.map((column) => `p.${quoteName(column)}`);
  const same = columns.map((column, index) => `${parents[index]} = ${column}`).join(' AND ');
  const join = `LEFT JOIN ${parentSql} p ON ${same}`;
  const select = (from: string, lacking: string): string =>
    `SELECT ${together(columns.map((column) => `HEX(CAST(${column} AS BINARY))`))} AS id, count(*) AS n,
      min(${together(columns.map(shown))}) AS example
    FROM ${childSql} c ${from} WHERE ${[...columns.map((column) => `${column} IS NOT NULL`), lacking].join(' AND ')}
    GROUP BY id ORDER BY example ${lock}`;
  try {
    return await session.rows(select(join, `${parents[0]} IS NULL`));
  } catch (error) {
    if (!isServerFailure(error) || error.errno !== NO_SUCH_TABLE) throw error;
    return session.rows(select('', 'TRUE'));
  }
}

const together = (values: readonly string[]): string => `CONCAT_WS(', ', ${values.join(', ')})`;

const shown = (column: string): string =>
  `IF(CAST(${column} AS CHAR) REGEXP '^-?[0-9.]+$', CAST(${column} AS CHAR), QUOTE(${column}))`;

async function beforeByKey(beside: () => Promise<Session>, held: Held): Promise<ReadonlyMap<string, number>> {
  const session = await beside();
  try {
    const rows = await orphansByKey(session, held, '');
    return new Map(rows.map(({ id, n }) => [String(id), Number(n)]));
  } catch (error) {
    // The child is a table that was not there.
    if (isServerFailure(error) && error.errno === NO_SUCH_TABLE) return new Map();
    throw error;
  } finally {
    await session.close();
  }
}
