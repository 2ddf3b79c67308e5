import type { DatabaseSync } from 'node:sqlite';

/**
 * By which collations the columns of a unique key are compared: those of its index. A rowid has no index and needs
 * none. In the order of `columns`.
 */
export function keyCollations(db: DatabaseSync, table: string, columns: readonly string[]): string[] {
  const indexes = db
    .prepare('SELECT name FROM pragma_index_list(?) WHERE "unique" = 1 AND partial = 0')
    .all(table);
  for (const { name } of indexes) {
    const parts = db
      .prepare('SELECT name, coll FROM pragma_index_xinfo(?) WHERE "key" = 1')
      .all(String(name));
    const byColumn = new Map(parts.map((part) => [String(part.name), String(part.coll)]));
    const found = columns.flatMap((column) => byColumn.get(column) ?? []);
    if (parts.length === columns.length && found.length === columns.length) return found;
  }
  return columns.map(() => 'BINARY');
}
