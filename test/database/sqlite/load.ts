import { sqliteEngine } from '../../../src/database/sqlite/engine.ts';
import { type Loaded, type LoadOptions, loadBy } from '../shared/load.ts';
import { databaseOf, rowsIn } from './fixture.ts';

export async function load(url: string, csv: string, options: LoadOptions = {}): Promise<Loaded> {
  const connection = await sqliteEngine.connect(url);
  try {
    return await loadBy(connection, csv, options);
  } finally {
    await connection.close();
  }
}

/** Orphans of any table, as SQLite itself finds them. */
export const orphansIn = (url: string): readonly unknown[] => rowsIn(url, 'PRAGMA foreign_key_check');

let made = 0;
export function newDatabase(folder: string, sql: string): string {
  made += 1;
  return databaseOf(folder, `db${made}`, sql);
}
