import type { DatabaseSync } from 'node:sqlite';
import type { SchemaObject, Sequence, StoredColumn, TableFacts } from '../../model/stored-table.ts';
import type { Table } from '../../model/table.ts';
import { quoteName } from './encode.ts';
import { runStatement } from './run-statement.ts';

/** What a backup keeps of a SQLite table besides its rows. */
export function tableFacts(
  db: DatabaseSync,
  table: Table,
  schema: readonly Table[],
  columns: readonly StoredColumn[],
): TableFacts {
  const createTable = table.createSql ?? '';
  return {
    table: table.name,
    columns,
    primaryKey: table.primaryKey,
    uniques: table.uniqueKeys.filter((key) => !key.primary),
    checks: checkClauses(createTable),
    indexes: schemaObjects(db, 'index', table.name),
    foreignKeys: table.foreignKeys,
    referencedBy: schema.flatMap((other) =>
      other.name === table.name
        ? []
        : other.foreignKeys
            .filter((key) => key.parentTable.toLowerCase() === table.name.toLowerCase())
            .map((key) => ({ ...key, table: other.name })),
    ),
    triggers: schemaObjects(db, 'trigger', table.name),
    sequences: sequences(db, table),
    createTable,
    encoding: String(db.prepare('PRAGMA encoding').get()?.encoding),
  };
}

/** In the order they were made. Indexes that keys and UNIQUE bring along have no statement of their own. */
export function schemaObjects(db: DatabaseSync, type: 'index' | 'trigger', table: string): SchemaObject[] {
  const rows = db
    .prepare(
      `SELECT name, sql FROM sqlite_schema
       WHERE type = ? AND tbl_name = ? COLLATE NOCASE AND sql IS NOT NULL ORDER BY rowid`,
    )
    .all(type, table);
  return rows.map((row) => ({ name: String(row.name), sql: String(row.sql) }));
}

/** AUTOINCREMENT keeps the last value given out, which may be larger than any that is left. */
function sequences(db: DatabaseSync, table: Table): Sequence[] {
  const column = table.columns.find((each) => each.identity)?.name;
  if (column === undefined || !hasSequences(db)) return [];
  const statement = db.prepare('SELECT seq FROM sqlite_sequence WHERE name = ? COLLATE NOCASE');
  statement.setReadBigInts(true);
  const row = statement.get(table.name);
  return row === undefined ? [] : [{ column, value: String(row.seq) }];
}

/** sqlite_sequence is made with the first table that has AUTOINCREMENT. */
export function hasSequences(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").get() !== undefined;
}

const TOKEN =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|\/\*[\s\S]*?\*\/|[()]|\bcheck\b/gi;

/** The CHECK clauses of a CREATE TABLE, each with its parentheses. */
function checkClauses(sql: string): string[] {
  const clauses: string[] = [];
  let depth = 0;
  let open: { depth: number; start: number } | null = null;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (open === null && token.toLowerCase() === 'check') open = { depth, start: index };
    if (token === ')' && open !== null && depth === open.depth) {
      clauses.push(sql.slice(open.start, index + 1));
      open = null;
    }
  }
  return clauses;
}

/** The values of sqlite_sequence after a restore: never smaller than one that was given out before. */
export function raiseSequence(db: DatabaseSync, table: string, sequence: Sequence): void {
  const column = quoteName(sequence.column);
  const add = db.prepare(
    `INSERT INTO sqlite_sequence (name, seq) SELECT ?1, 0
     WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)`,
  );
  runStatement(add, table);
  const raise = db.prepare(
    `UPDATE sqlite_sequence
     SET seq = max(seq, ?2, (SELECT coalesce(max(${column}), 0) FROM ${quoteName(table)})) WHERE name = ?1`,
  );
  runStatement(raise, table, BigInt(sequence.value));
}
