import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeKeys } from '../age/fixture.ts';
import { contentOf, makeHome, only } from './fixture.ts';

const ROWS = `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) INSERT INTO t SELECT i, hex(randomblob(30)) FROM n`;
const CHANGE = "UPDATE t SET a = 'changed' WHERE id % 2 = 0; DELETE FROM t WHERE id % 7 = 0";

/** Starts a victim, waits until it says how far it is and `delayMs` more, and kills it (-9). */
async function kill(mode: string, home: string, file: string, delayMs = 0): Promise<void> {
  const script = join(import.meta.dirname, 'victim.ts');
  const victim = spawn(process.execPath, [script, mode, home, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(victim, 'exit');
  await Promise.race([once(victim.stdout, 'data'), ended]);
  await Promise.race([new Promise((resolve) => setTimeout(resolve, delayMs)), ended]);
  victim.kill('SIGKILL');
  await ended;
}

function names(home: string): string[] {
  const all = readdirSync(join(home, 'backups'), { recursive: true }).map(String);
  return all.filter((name) => /\.avro|\.json/.test(name));
}

for (const encrypted of [false, true]) {
  const what = encrypted ? 'an encrypted backup' : 'a backup';
  test(`kill -9 during ${what}: no final name, and the next run is fine`, async (t) => {
    const home = makeHome(t, ROWS);
    await kill('backUpHalf', home.path, encrypted ? (await makeKeys()).recipient : '');
    const left = names(home.path);
    assert.equal(left.length, 1);
    assert.match(left[0] ?? '', encrypted ? /\.avro\.age\.partial$/ : /\.avro\.partial$/);
    const backups = await home.backups();
    assert.deepEqual(names(home.path), []);
    assert.deepEqual(await backups.list(), []);
    assert.equal(only(await backups.run()).rows, 8000);
  });
}

test('kill -9 in the middle of a restore: the table is as before, and the next restore is fine', async (t) => {
  const home = makeHome(t, ROWS);
  const backups = await home.backups();
  const saved = contentOf(home.db, 't');
  const { id, file } = only(await backups.run());
  home.db.exec(CHANGE);
  const changed = contentOf(home.db, 't');
  await kill('restoreHalf', home.path, file);
  assert.deepEqual(contentOf(home.db, 't'), changed);
  assert.deepEqual({ ...home.db.prepare('PRAGMA integrity_check').get() }, { integrity_check: 'ok' });
  await backups.restore({ table: 't', source: { backup: id }, dryRun: false });
  assert.deepEqual(contentOf(home.db, 't'), saved);
});

test('kill -9 at any moment of a restore: the table is one or the other', async (t) => {
  const home = makeHome(t, ROWS);
  const backups = await home.backups();
  const saved = contentOf(home.db, 't');
  const { file } = only(await backups.run());
  home.db.exec(CHANGE);
  const changed = contentOf(home.db, 't');
  for (const delayMs of [50, 150, 250, 350, 500]) {
    await kill('restoreWhole', home.path, file, delayMs);
    const found = contentOf(home.db, 't');
    assert.deepEqual(found, found.length === saved.length ? saved : changed);
    if (found.length === saved.length) home.db.exec(CHANGE);
  }
  assert.equal((await backups.run()).length, 1);
  for (const { id } of await backups.list()) assert.equal((await backups.verify(id)).state, 'verified');
});
