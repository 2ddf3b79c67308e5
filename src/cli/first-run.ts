import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { link, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open.ts';
import { syncFolder, writeAtomic } from '../lib/atomic-file.ts';
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
 * database comes last, and whole: a start cut short in between is a first start again.
 */
export async function firstRun(config: Config): Promise<void> {
  for (const name of FILES) await dropExample(config, name);
  const path = databaseFile(config);
  if (path !== null) await makeDatabase(path);
}

/** Made beside its place and linked into it, which one that is there already stays in. */
async function makeDatabase(path: string): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  const temporary = join(folder, `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  try {
    await makeTables(`sqlite:${temporary}`);
    await link(temporary, path);
    await syncFolder(folder);
  } finally {
    for (const end of ['', '-wal', '-shm']) await rm(temporary + end, { force: true });
  }
}

async function makeTables(url: string): Promise<void> {
  const ddl = await readFile(new URL('ddl/sqlite.sql', EXAMPLES), 'utf8');
  const connection = await openDatabase(url);
  try {
    await connection.transaction(
      async () => {
        for (const statement of statementsOf(ddl)) await connection.execute(statement);
      },
      { write: true },
    );
    // What a close finds no room for stays in the WAL, without a word; this fails then, and leaves one file.
    await connection.execute('PRAGMA journal_mode=DELETE');
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
