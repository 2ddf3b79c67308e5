import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';

/** A folder of its own that goes away when the file's tests have ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-sqlite-'));
  after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));
  return folder;
}

/** A real database file made by these statements; its URL. */
export function databaseOf(folder: string, name: string, sql: string): string {
  const path = join(folder, `${name}.sqlite`);
  const db = new DatabaseSync(path);
  db.exec(`PRAGMA journal_mode=WAL; ${sql}`);
  db.close();
  return `sqlite:${path}`;
}

/** Rows of a query, as plain objects. */
export function rowsIn(url: string, sql: string): Record<string, unknown>[] {
  const db = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true });
  try {
    return db
      .prepare(sql)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    db.close();
  }
}
