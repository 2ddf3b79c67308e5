import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { makeKeys } from '../../age/fixture.ts';
import type { ServerHome } from './home.ts';
import type { Tested } from './references.ts';

/** Processes that die (kill -9) while they back up or restore, each on the home and the database of a test. */

const ROWS = 8000;
const CHANGE = "UPDATE t SET a = 'changed' WHERE id % 2 = 0; DELETE FROM t WHERE id % 7 = 0";

function tableOfRows(): string {
  const rows = Array.from({ length: ROWS }, (_, i) => `(${i}, '${'a'.repeat(150)}${i}')`);
  return `CREATE TABLE t (id integer PRIMARY KEY, a varchar(200)); INSERT INTO t VALUES ${rows.join(', ')};`;
}

interface Killed {
  /** Of the backup that is restored. */
  readonly file?: string;
  readonly recipient?: string;
  /** What the victim has to say before it is killed, and how long it is left alone after that. */
  readonly when?: string;
  readonly delayMs?: number;
}

/** Starts a victim and kills it when it stands still, or a while after it said that it is under way. */
export async function kill(
  mode: string,
  { path, url }: Pick<ServerHome, 'path' | 'url'>,
  { file = '', recipient = '', when = 'still', delayMs = 0 }: Killed = {},
): Promise<void> {
  const script = join(import.meta.dirname, 'victim.ts');
  const victim = spawn(process.execPath, [script, mode, path, url, file || recipient], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(victim, 'exit');
  const [said] = await Promise.race([once(victim.stdout, 'data'), ended]);
  await Promise.race([wait(delayMs), ended]);
  victim.kill('SIGKILL');
  await ended;
  assert.equal(String(said), `${when}\n`);
}

function names(home: ServerHome): string[] {
  const folder = join(home.path, 'backups');
  if (!existsSync(folder)) return [];
  const all = readdirSync(folder, { recursive: true }).map(String);
  return all.filter((name) => /\.avro|\.json/.test(name));
}

/** To tell how so many rows differ takes minutes. */
function same(found: readonly unknown[], expected: readonly unknown[], what: string): void {
  assert.ok(
    isDeepStrictEqual(found, expected),
    `${what}: other rows, ${found.length} for ${expected.length}`,
  );
}

type Setup = Pick<Tested, 'who' | 'contentOf'> & {
  /** With a home folder that no other test has. */
  openAlone(t: TestContext, sql: string): Promise<ServerHome>;
  /** Whether the database itself is whole. */
  check?(home: ServerHome): Promise<void>;
};

export function runKills({ who, openAlone, contentOf, check = async () => undefined }: Setup): void {
  for (const encrypted of [false, true]) {
    const what = encrypted ? 'an encrypted backup' : 'a backup';
    test(`${who}: kill -9 during ${what}: no final name, and the next run is fine`, async (t) => {
      const home = await openAlone(t, tableOfRows());
      await kill('backUpHalf', home, encrypted ? { recipient: (await makeKeys()).recipient } : {});
      const [left = '', ...more] = names(home);
      assert.deepEqual(more, []);
      assert.match(left, encrypted ? /\.avro\.age\.partial$/ : /\.avro\.partial$/);
      assert.deepEqual(await home.backups.list(), []);
      const { id, rows } = await home.backUp('t');
      assert.equal(rows, ROWS);
      assert.deepEqual(
        (await home.backups.list()).map((each) => [each.id, each.state]),
        [[id, 'verified']],
      );
      assert.equal(names(home).length, 2, 'the file and its manifest');
    });
  }

  test(`${who}: kill -9 in the middle of a restore, and when all but the COMMIT is done: the table is as before, and the next restore is fine`, async (t) => {
    const home = await openAlone(t, tableOfRows());
    const saved = await contentOf(home, 't');
    const { id, file } = await home.backUp('t');
    await home.run(CHANGE);
    const changed = await contentOf(home, 't');
    for (const mode of ['restoreHalf', 'restoreApplied']) {
      await kill(mode, home, { file });
      same(await contentOf(home, 't'), changed, mode);
      await check(home);
    }
    await home.restore('t', id);
    same(await contentOf(home, 't'), saved, 'restored');
  });

  test(`${who}: kill -9 at any moment of a restore: the table is one or the other`, async (t) => {
    const home = await openAlone(t, tableOfRows());
    const saved = await contentOf(home, 't');
    const { id, file } = await home.backUp('t');
    await home.run(CHANGE);
    const changed = await contentOf(home, 't');
    for (const delayMs of [100, 300, 500]) {
      await kill('restoreWhole', home, { file, when: 'started', delayMs });
      const found = await contentOf(home, 't');
      same(found, found.length === saved.length ? saved : changed, 'one or the other');
      if (found.length === saved.length) await home.run(CHANGE);
    }
    await home.restore('t', id);
    same(await contentOf(home, 't'), saved, 'restored');
    for (const each of await home.backups.list()) {
      assert.equal((await home.backups.verify(each.id)).state, 'verified');
    }
  });
}
