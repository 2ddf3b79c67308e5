import type { SchemaObject, Sequence, StoredColumn, TableFacts } from '../../model/stored-table.ts';
import type { ForeignKey, Table } from '../../model/table.ts';
import type { SqlRow } from '../database.ts';
import { readForeignKeys } from './introspect.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/** What a backup keeps of a MySQL or MariaDB table besides its rows. */
export async function tableFacts(
  session: Session,
  table: Table,
  columns: readonly StoredColumn[],
): Promise<TableFacts> {
  const createTable = await createTableSql(session, table.name);
  return {
    table: table.name,
    columns,
    primaryKey: table.primaryKey,
    uniques: table.uniqueKeys.filter((key) => !key.primary),
    checks: table.checks.map((clause) => `CHECK (${clause})`),
    indexes: indexes(table.name, createTable),
    foreignKeys: table.foreignKeys,
    referencedBy: await referencedBy(session, table.name),
    triggers: await triggers(session, table.name),
    sequences: await sequences(session, table),
    createTable,
    encoding: await characterSet(session),
  };
}

async function createTableSql(session: Session, table: string): Promise<string> {
  const [row] = await session.rows(`SHOW CREATE TABLE ${quoteName(table)}`);
  return String(row?.['Create Table']);
}

/** Each key has a line of its own. */
function indexes(table: string, createTable: string): SchemaObject[] {
  return [...createTable.matchAll(/^ {2}((?:[A-Z]+ )?KEY `((?:[^`]|``)+)` .*?),?$/gm)].map(
    ([, line = '', name = '']) => ({
      name: name.replaceAll('``', '`'),
      sql: `ALTER TABLE ${quoteName(table)} ADD ${line}`,
    }),
  );
}

/** A foreign key of another table; `childSchema` where that is in another database. */
export type ChildKey = ForeignKey & { readonly table: string; readonly childSchema?: string };

/** Of the tables that the user sees. */
export async function referencedBy(session: Session, table: string): Promise<ChildKey[]> {
  const rows = await session.rows(
    `SELECT k.TABLE_NAME AS tableName, k.TABLE_SCHEMA AS childSchema, k.TABLE_SCHEMA = DATABASE() AS childHere,
      k.CONSTRAINT_NAME AS name, k.COLUMN_NAME AS columnName, k.REFERENCED_TABLE_SCHEMA AS parentSchema,
      k.REFERENCED_TABLE_NAME AS parentTable, k.REFERENCED_COLUMN_NAME AS parentColumn,
      r.DELETE_RULE AS onDelete, r.UPDATE_RULE AS onUpdate, 1 AS here
    FROM information_schema.KEY_COLUMN_USAGE k
    JOIN information_schema.REFERENTIAL_CONSTRAINTS r ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA
      AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME AND r.TABLE_NAME = k.TABLE_NAME
    WHERE k.REFERENCED_TABLE_SCHEMA = DATABASE() AND k.REFERENCED_TABLE_NAME = ?
      AND NOT (k.TABLE_SCHEMA = DATABASE() AND k.TABLE_NAME = ?)
    ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION`,
    [table, table],
  );
  const byChild = Map.groupBy(rows, ({ childSchema, tableName }) => JSON.stringify([childSchema, tableName]));
  return [...byChild.values()].flatMap((list) => {
    const [first] = list;
    const schema = Number(first?.childHere) === 1 ? {} : { childSchema: String(first?.childSchema) };
    return readForeignKeys(list).map((key) => ({ ...key, table: String(first?.tableName), ...schema }));
  });
}

/** As a statement that makes them; information_schema shows those that the user may change. */
export async function triggers(session: Session, table: string): Promise<SchemaObject[]> {
  const rows = await triggerRows(session, table);
  return rows.map((row) => ({ name: String(row.name), sql: triggerSql(row, table) }));
}

/** The names of the triggers that DELETE and INSERT set off. */
export async function firingTriggers(session: Session, table: string): Promise<string[]> {
  const rows = await triggerRows(session, table);
  return rows.filter(({ event }) => event !== 'UPDATE').map(({ name }) => String(name));
}

function triggerRows(session: Session, table: string): Promise<SqlRow[]> {
  return session.rows(
    `SELECT TRIGGER_NAME AS name, ACTION_TIMING AS timing, EVENT_MANIPULATION AS event,
      ACTION_STATEMENT AS statement, DEFINER AS definer
    FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = DATABASE() AND EVENT_OBJECT_TABLE = ?
    ORDER BY EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER`,
    [table],
  );
}

function triggerSql({ name, timing, event, statement, definer }: SqlRow, table: string): string {
  const [, user = '', host = ''] = /^(.*)@([^@]*)$/.exec(String(definer)) ?? [];
  return `CREATE DEFINER=${quoteName(user)}@${quoteName(host)} TRIGGER ${quoteName(String(name))} ${timing} ${event}${onTable(table)}${statement}`;
}

const onTable = (table: string): string => `\n  ON ${quoteName(table)} FOR EACH ROW\n`;

/** The statement for another table; a table that is given another name takes its triggers along. */
export const triggerOn = (table: string, sql: string, before: string): string =>
  sql.replace(onTable(before), () => onTable(table));

/** What AUTO_INCREMENT gave last. It is no part of any snapshot: it may be ahead. */
async function sequences(session: Session, table: Table): Promise<Sequence[]> {
  const column = table.columns.find((each) => each.identity)?.name;
  if (column === undefined) return [];
  const [row] = await session.rows(
    'SELECT AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [table.name],
  );
  const next = row?.next ?? null;
  return next === null ? [] : [{ column, value: String(BigInt(String(next)) - 1n) }];
}

async function characterSet(session: Session): Promise<string> {
  const [row] = await session.rows('SELECT @@character_set_database AS name');
  return String(row?.name);
}
