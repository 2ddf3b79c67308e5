import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { ServerHome } from './home.ts';
import type { Tested } from './references.ts';

/** Processes that die (kill -9) while they back up or restore, each on the home and the database of a test. */

const ROWS = 8000;
const CHANGE = "UPDATE t SET a = 'changed' WHERE id % 2 = 0; DELETE FROM t WHERE id % 7 = 0";

function tableOfRows(): string {
  const rows = Array.from({ length: ROWS }, (_, i) => `(${i}, '${'a'.repeat(100)}${i}')`);
  return `CREATE TABLE t (id integer PRIMARY KEY, a varchar(200)); INSERT INTO t VALUES ${rows.join(', ')};`;
}

/** Starts a victim, waits until it says how far it is and `delayMs` more, and kills it. */
async function kill(mode: string, home: ServerHome, file = '', delayMs = 0): Promise<void> {
  const script = join(import.meta.dirname, 'victim.ts');
  const victim = spawn(process.execPath, [script, mode, home.path, home.url, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(victim, 'exit');
  await Promise.race([once(victim.stdout, 'data'), ended]);
  await Promise.race([wait(delayMs), ended]);
  victim.kill('SIGKILL');
  await ended;
}

function names(home: ServerHome): string[] {
  const folder = join(home.path, 'backups');
  if (!existsSync(folder)) return [];
  const all = readdirSync(folder, { recursive: true }).map(String);
  return all.filter((name) => /\.avro|\.json/.test(name));
}

type Setup = Pick<Tested, 'who' | 'contentOf'> & {
  /** With a home folder that no other test has. */
  openAlone(t: TestContext, sql: string): Promise<ServerHome>;
};

export function runKills({ who, openAlone, contentOf }: Setup): void {
  test(`${who}: kill -9 during a backup: no final name, and the next run is fine`, async (t) => {
    const home = await openAlone(t, tableOfRows());
    await kill('backUpHalf', home);
    const [left = '', ...more] = names(home);
    assert.deepEqual(more, []);
    assert.match(left, /\.avro\.partial$/);
    assert.equal((await home.backUp('t')).rows, ROWS);
    assert.equal((await home.backups.list()).length, 1);
  });

  test(`${who}: kill -9 in the middle of a restore: the table is as before, and the next restore is fine`, async (t) => {
    const home = await openAlone(t, tableOfRows());
    const saved = await contentOf(home, 't');
    const { id, file } = await home.backUp('t');
    await home.run(CHANGE);
    const changed = await contentOf(home, 't');
    await kill('restoreHalf', home, file);
    assert.deepEqual(await contentOf(home, 't'), changed);
    await home.restore('t', id);
    assert.deepEqual(await contentOf(home, 't'), saved);
  });

  test(`${who}: kill -9 at any moment of a restore: the table is one or the other`, async (t) => {
    const home = await openAlone(t, tableOfRows());
    const saved = await contentOf(home, 't');
    const { id, file } = await home.backUp('t');
    await home.run(CHANGE);
    const changed = await contentOf(home, 't');
    for (const delayMs of [100, 300, 500]) {
      await kill('restoreWhole', home, file, delayMs);
      const found = await contentOf(home, 't');
      assert.deepEqual(found, found.length === saved.length ? saved : changed);
      if (found.length === saved.length) await home.run(CHANGE);
    }
    await home.restore('t', id);
    assert.deepEqual(await contentOf(home, 't'), saved);
  });
}
