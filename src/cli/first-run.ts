import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { writeAtomic } from '../lib/atomic-file.ts';
import { databaseFile } from './local-server.ts';

/** Packaged with us; two up from src/cli and from dist/cli alike. */
const EXAMPLES = new URL('../../examples/hr/', import.meta.url);
const FILES = ['departments.csv', 'jobs.csv', 'hired_employees.csv'];

/** Nothing was configured and there is no database yet. */
export function isFirstRun(config: Config): boolean {
  const file = databaseFile(config);
  return config.databaseIsDefault && file !== null && !existsSync(file);
}

/**
 * Makes the embedded database with the three tables of the example, and drops their files into data/incoming. The
 * database comes last: a start cut short in between is a first start again.
 */
export async function firstRun(config: Config): Promise<void> {
  for (const name of FILES) await dropExample(config, name);
  const ddl = await readFile(new URL('ddl/sqlite.sql', EXAMPLES), 'utf8');
  const connection = await openDatabase(config.databaseUrl);
  try {
    await connection.transaction(
      async () => {
        for (const statement of statementsOf(ddl)) await connection.execute(statement);
      },
      { write: true },
    );
  } finally {
    await connection.close();
  }
}

async function dropExample(config: Config, name: string): Promise<void> {
  const content = await readFile(new URL(name, EXAMPLES));
  await writeAtomic(join(config.home, 'data', 'incoming', name), (file) => file.writeFile(content));
}

/** Enough for our own file: whole-line comments, and no semicolon but at the end of a statement. */
function statementsOf(ddl: string): string[] {
  return ddl
    .replace(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}
