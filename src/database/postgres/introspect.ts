import type { Column, ForeignKey, Table, UniqueKey } from '../../model/table.ts';
import type { SqlRow, SqlValue } from '../database.ts';
import {
  CHECKS_SQL,
  COLUMNS_SQL,
  FOREIGN_KEYS_SQL,
  KEYS_SQL,
  TABLES_SQL,
  TRIGGERS_SQL,
} from './catalog-sql.ts';
import type { Session } from './session.ts';
import { typeFacts } from './types.ts';

/** The dictionary of a PostgreSQL database. */
export async function introspect(session: Session): Promise<Table[]> {
  const columns = byTable(await session.rows(COLUMNS_SQL));
  const keys = byTable(await session.rows(KEYS_SQL));
  const foreignKeys = byTable(await session.rows(FOREIGN_KEYS_SQL));
  const checks = byTable(await session.rows(CHECKS_SQL));
  const triggers = byTable(await session.rows(TRIGGERS_SQL));
  const tables = await session.rows(TABLES_SQL);
  return tables.map((row) => {
    const name = String(row.name);
    const uniqueKeys = (keys.get(name) ?? []).map(readKey);
    return {
      schema: String(row.schema),
      name,
      columns: (columns.get(name) ?? []).map(readColumn),
      primaryKey: uniqueKeys.find((key) => key.primary)?.columns ?? [],
      uniqueKeys,
      foreignKeys: (foreignKeys.get(name) ?? []).map(readForeignKey),
      checks: (checks.get(name) ?? []).map(({ sql }) => String(sql)),
      triggers: (triggers.get(name) ?? []).map((trigger) => String(trigger.name)),
    };
  });
}

function byTable(rows: readonly SqlRow[]): Map<string, SqlRow[]> {
  return Map.groupBy(rows, (row) => String(row.table));
}

const isTrue = (value: SqlValue | undefined): boolean => value === 1;

/** A list of names that came as JSON. */
export function nameList(value: SqlValue | undefined): string[] {
  const list: unknown = JSON.parse(String(value ?? '[]'));
  return Array.isArray(list) ? list.map(String) : [];
}

export function readColumn(row: SqlRow): Column {
  return {
    name: String(row.name),
    sqlType: String(row.sql_type),
    ...typeFacts(String(row.base_type), Number(row.modifier)),
    nullable: !isTrue(row.required),
    default: row.fallback === null ? null : String(row.fallback),
    generated: isTrue(row.generated),
    identity: isTrue(row.identity),
    ...(row.collation === null ? {} : { collation: String(row.collation) }),
    ...(row.labels === null ? {} : { enum: nameList(row.labels) }),
  };
}

function readKey(row: SqlRow): UniqueKey {
  return {
    name: String(row.name),
    columns: nameList(row.columns),
    primary: isTrue(row.primary),
    ...(isTrue(row.deferrable) ? { deferrable: true } : {}),
  };
}

/** pg_constraint.confdeltype and confupdtype. */
const ACTIONS: Readonly<Record<string, string>> = {
  a: 'NO ACTION',
  r: 'RESTRICT',
  c: 'CASCADE',
  n: 'SET NULL',
  d: 'SET DEFAULT',
};

export const keyAction = (code: SqlValue | undefined): string => ACTIONS[String(code)] ?? String(code);

function readForeignKey(row: SqlRow): ForeignKey {
  return {
    name: String(row.name),
    columns: nameList(row.columns),
    ...(isTrue(row.visible) ? {} : { parentSchema: String(row.parent_schema) }),
    parentTable: String(row.parent),
    parentColumns: nameList(row.parent_columns),
    onDelete: keyAction(row.on_delete),
    onUpdate: keyAction(row.on_update),
    ...(isTrue(row.match_full) ? { matchFull: true } : {}),
  };
}
