import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const EXAMPLE = join(import.meta.dirname, '../examples/hr');

/** A new SQLite file with the tables of the HR example and the parents of hired_employees. */
export function createDatabase(file: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) rmSync(`${file}${suffix}`, { force: true });
  const database = new DatabaseSync(file);
  database.exec(readFileSync(join(EXAMPLE, 'ddl/sqlite.sql'), 'utf8'));
  for (const table of ['departments', 'jobs']) {
    const insert = database.prepare(`INSERT INTO ${table} VALUES (?, ?)`);
    for (const record of readFileSync(join(EXAMPLE, `${table}.csv`), 'utf8').split('\n')) {
      insert.run(...record.split(','));
    }
  }
  database.close();
}

/** Throws when the table does not hold that many rows. */
export function mustHold(file: string, rows: number): void {
  const database = new DatabaseSync(file, { readOnly: true });
  const found = database.prepare('SELECT count(*) AS rows FROM hired_employees').get()?.rows;
  database.close();
  if (found !== rows) throw new Error(`${file} holds ${found} rows of hired_employees, expected ${rows}`);
}
