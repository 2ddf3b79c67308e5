import type { DatabaseSync } from 'node:sqlite';
import type { Column, ForeignKey, Table, UniqueKey } from '../../model/table.ts';
import { affinity, typeFacts } from './types.ts';

/** The dictionary of a SQLite database: ordinary tables without rowferry's own and SQLite's own. */
export function introspect(db: DatabaseSync): Table[] {
  const tables = db
    .prepare(
      `SELECT l.name, l.wr, l.strict, s.sql FROM pragma_table_list l JOIN sqlite_schema s ON s.type = 'table' AND s.name = l.name
       WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
         AND l.name NOT LIKE 'rowferry\\_%' ESCAPE '\\' ORDER BY l.name`,
    )
    .all();
  return tables.map((row) =>
    readTable(db, String(row.name), String(row.sql), {
      hasRowid: Number(row.wr) === 0,
      strict: Number(row.strict) === 1,
    }),
  );
}

interface TableKind {
  readonly hasRowid: boolean;
  /** Types are enforced, and there is no affinity but theirs (sqlite.org/stricttables.html). */
  readonly strict: boolean;
}

function readTable(db: DatabaseSync, name: string, createSql: string, kind: TableKind): Table {
  const info = db.prepare('SELECT * FROM pragma_table_xinfo(?) ORDER BY cid').all(name);
  const keyed = info.filter((row) => Number(row.pk) > 0).sort((a, b) => Number(a.pk) - Number(b.pk));
  const primaryKey = keyed.map((row) => String(row.name));
  const columns = info
    .filter((row) => Number(row.hidden) !== 1)
    .map((row) => readColumn(row, primaryKey, kind));
  const triggers = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = ? COLLATE NOCASE")
    .all(name);
  return {
    name,
    columns,
    primaryKey,
    uniqueKeys: uniqueKeys(db, name, primaryKey),
    foreignKeys: foreignKeys(db, name),
    checks: /\bcheck\s*\(/i.test(createSql) ? [createSql] : [],
    triggers: triggers.map((row) => String(row.name)),
    createSql,
  };
}

function readColumn(row: Record<string, unknown>, primaryKey: readonly string[], table: TableKind): Column {
  const name = String(row.name);
  const sqlType = String(row.type ?? '');
  const inKey = primaryKey.includes(name);
  // The rowid itself (sqlite.org/lang_createtable.html, 5).
  const identity = table.hasRowid && inKey && primaryKey.length === 1 && sqlType.toUpperCase() === 'INTEGER';
  const facts = typeFacts(sqlType);
  const isText = facts.kind === 'text' || facts.kind === 'json';
  const makesNumbers = isText && !table.strict && affinity(sqlType) === 'NUMERIC';
  return {
    name,
    sqlType,
    ...facts,
    ...(makesNumbers ? { makesNumbers } : {}),
    // A primary key of SQLite may hold NULL by a historical accident; no other engine allows it, nor do we.
    nullable: Number(row.notnull) === 0 && !inKey,
    default: row.dflt_value === null ? null : String(row.dflt_value),
    generated: Number(row.hidden) >= 2,
    identity,
  };
}

function uniqueKeys(db: DatabaseSync, table: string, primaryKey: readonly string[]): UniqueKey[] {
  const keys: UniqueKey[] =
    primaryKey.length === 0 ? [] : [{ name: 'primary key', columns: primaryKey, primary: true }];
  const indexes = db
    .prepare('SELECT name, origin, partial FROM pragma_index_list(?) WHERE "unique" = 1')
    .all(table);
  for (const index of indexes) {
    if (index.origin === 'pk' || Number(index.partial) === 1) continue;
    const parts = db.prepare('SELECT name FROM pragma_index_info(?) ORDER BY seqno').all(String(index.name));
    if (parts.some((part) => part.name === null)) continue;
    keys.push({ name: String(index.name), columns: parts.map((part) => String(part.name)), primary: false });
  }
  return keys;
}

function foreignKeys(db: DatabaseSync, table: string): ForeignKey[] {
  const rows = db.prepare('SELECT * FROM pragma_foreign_key_list(?) ORDER BY id, seq').all(table);
  const byId = new Map<number, ForeignKey & { columns: string[]; parentColumns: string[] }>();
  for (const row of rows) {
    const id = Number(row.id);
    const parentTable = asInSchema(db, String(row.table));
    const key = byId.get(id) ?? {
      name: `${table}_fk${id}`,
      columns: [],
      parentTable,
      parentColumns: [],
      onDelete: String(row.on_delete),
      onUpdate: String(row.on_update),
    };
    key.columns.push(String(row.from));
    key.parentColumns.push(
      row.to === null
        ? (parentKey(db, parentTable)[Number(row.seq)] ?? '')
        : columnInSchema(db, parentTable, String(row.to)),
    );
    byId.set(id, key);
  }
  return [...byId.values()];
}

/** Names are compared without case by SQLite, but not by us. */
function asInSchema(db: DatabaseSync, table: string): string {
  const row = db
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name = ? COLLATE NOCASE")
    .get(table);
  return row === undefined ? table : String(row.name);
}

function columnInSchema(db: DatabaseSync, table: string, column: string): string {
  const row = db
    .prepare('SELECT name FROM pragma_table_xinfo(?) WHERE name = ? COLLATE NOCASE')
    .get(table, column);
  return row === undefined ? column : String(row.name);
}

/** REFERENCES without columns means the parent's primary key. */
function parentKey(db: DatabaseSync, table: string): string[] {
  const rows = db.prepare('SELECT name FROM pragma_table_xinfo(?) WHERE pk > 0 ORDER BY pk').all(table);
  return rows.map((row) => String(row.name));
}
