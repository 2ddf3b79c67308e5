import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Engine } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { type Outcome, runHere } from '../cli/command.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { type Files, makeFolder } from './folder.ts';

/** The URL of an empty database; of SQLite a file in the folder. */
export async function freshDatabase(engine: Engine['name'], folder: string): Promise<string> {
  if (engine === 'sqlite') return `sqlite:${join(folder, 'x.sqlite')}`;
  return (await (engine === 'postgres' ? testPostgres() : testMysql())).freshDatabase();
}

export interface Filled {
  readonly plan: Record<string, unknown>[];
  readonly loads: Record<string, unknown>[];
  readonly tables: Record<string, unknown>[];
}

/** Plans the files, creates the tables, and runs the commands that the plan says: as a person would. */
export async function planApplyLoad(
  engine: Engine['name'],
  files: Files,
  flags: readonly string[] = [],
): Promise<Filled> {
  await using folder = await makeFolder({});
  for (const [name, content] of Object.entries(files)) await writeFile(join(folder.path, name), content);
  const url = await freshDatabase(engine, folder.path);
  const rowferry = async (...args: string[]): Promise<Outcome> =>
    runHere(folder.path, [...args, '--database-url', url, '--json']);
  const planned = await rowferry('plan', ...Object.keys(files), '--apply', ...flags);
  assert.equal(planned.code, 0, planned.stderr);
  const loads: Record<string, unknown>[] = [];
  const commands = new Map(
    planned.json
      .flatMap(({ load }) => (Array.isArray(load) ? load : []))
      .map((each) => [JSON.stringify(each), each]),
  );
  for (const command of commands.values()) {
    const words = [...command.files];
    if (command.table !== null) words.push('--table', command.table);
    if (command.dialect !== null) words.push('--dialect', JSON.stringify(command.dialect));
    const loaded = await rowferry('load', ...words, '--max-rejects', '100%');
    loads.push(...loaded.json);
    assert.ok(loaded.code === 0 || loaded.code === 3, `${words.join(' ')}: ${loaded.stderr}${loaded.stdout}`);
  }
  const tables = (await rowferry('tables')).json;
  return { plan: planned.json, loads, tables };
}

/** Rejects of all loads, and what they read. */
export function counts({ loads }: Filled): { read: number; rejected: number; reasons: string } {
  const sum = (name: string) => loads.reduce((total, load) => total + Number(load[name]), 0);
  return {
    read: sum('read'),
    rejected: sum('rejected'),
    reasons: JSON.stringify(loads.map(({ reasons }) => reasons)),
  };
}

/** Runs statements of another program. */
export async function execute(url: string, ...statements: string[]): Promise<void> {
  const connection = await openDatabase(url);
  try {
    for (const sql of statements) await connection.execute(sql);
  } finally {
    await connection.close();
  }
}
