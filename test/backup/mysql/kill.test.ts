import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../../server/harness.ts';
import type { ServerHome } from '../shared/home.ts';
import { contentOf, mysqlHome } from './fixture.ts';

const ROWS = `CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(80));
  INSERT INTO t SELECT seq, sha2(seq, 256) FROM seq_1_to_16000`;

/** Starts a victim, waits until it is half done, and kills it (-9). */
async function kill(mode: string, home: ServerHome, file = ''): Promise<void> {
  const script = join(import.meta.dirname, 'victim.ts');
  const victim = spawn(process.execPath, [script, mode, home.path, home.url, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(victim, 'exit');
  const [said] = await Promise.race([once(victim.stdout, 'data'), ended]);
  assert.equal(String(said), 'half\n');
  victim.kill('SIGKILL');
  await ended;
}

function names(home: ServerHome): string[] {
  const all = readdirSync(join(home.path, 'backups'), { recursive: true }).map(String);
  return all.filter((name) => /\.avro|\.json/.test(name));
}

test('kill -9 during a backup: no final name, and the next run is fine', async (t) => {
  const home = await mysqlHome(t, ROWS);
  await kill('backUpHalf', home);
  const [left, ...others] = names(home);
  assert.match(left ?? '', /\.avro\.partial$/);
  assert.deepEqual(others, []);
  assert.equal((await home.backUp('t')).rows, 16_000);
});

test('kill -9 in the middle of a restore: the table is as before, and the next restore is fine', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const saved = await contentOf(home, 't');
  const { id, file } = await home.backUp('t');
  await home.run("UPDATE t SET a = 'changed' WHERE id % 2 = 0; DELETE FROM t WHERE id % 7 = 0");
  const changed = await contentOf(home, 't');
  await kill('restoreHalf', home, file);
  assert.deepEqual(await contentOf(home, 't'), changed);
  await home.restore('t', id);
  assert.deepEqual(await contentOf(home, 't'), saved);
});

test('kill -9 in the middle of a restore of a missing table: it is not there, and what was made for it goes', async (t) => {
  const home = await mysqlHome(t, ROWS);
  const saved = await contentOf(home, 't');
  const { id, file } = await home.backUp('t');
  await home.run('DROP TABLE t');
  await kill('restoreHalf', home, file);
  const tables = (): Promise<unknown[][]> => home.rows('SHOW TABLES');
  const [left, ...others] = (await tables()).flat();
  assert.match(String(left), /^rowferry_restore_/);
  assert.deepEqual(others, []);
  await eventually(async () => !(await locked(home, String(left))), 'the server saw that the victim is gone');
  await home.restore('t', id);
  assert.deepEqual(await tables(), [['t']]);
  assert.deepEqual(await contentOf(home, 't'), saved);
});

const locked = async (home: ServerHome, name: string): Promise<boolean> =>
  (await home.rows(`SELECT IS_USED_LOCK('${name}')`))[0]?.[0] !== null;
