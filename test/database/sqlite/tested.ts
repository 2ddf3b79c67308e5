import { DatabaseSync } from 'node:sqlite';
import type { TestedEngine } from '../shared/tested-engine.ts';
import { rowsIn, temporaryFolder } from './fixture.ts';
import { load, newDatabase } from './load.ts';

const folder = temporaryFolder();

async function run(url: string, sql: string): Promise<void> {
  const database = new DatabaseSync(url.slice('sqlite:'.length));
  database.exec(sql);
  database.close();
}

export const sqlite: TestedEngine = {
  databaseOf: async (sql) => newDatabase(folder, sql),
  run,
  valuesIn: async (url, sql) => rowsIn(url, sql).map((row) => Object.values(row)),
  load,
  facts: {
    namesForeignKeys: false,
    bulk: 'image',
    wholeNumbers: { type: 'INTEGER', least: -(2n ** 63n - 1n), most: 2n ** 63n - 1n },
    brokenCheck: { message: /^CHECK constraint failed: odd$/, strategy: /by halves/ },
  },
};
