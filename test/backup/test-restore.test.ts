import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Backups } from '../../src/backup/backups.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { toTestRestore } from '../../src/backup/test-restore.ts';
import { createLog } from '../../src/log.ts';
import { coded, contentOf, makeHome, only, openLedger, SIGNING_KEY } from './fixture.ts';

const ODD = `PRAGMA encoding = 'UTF-16le';
  CREATE TABLE p (id INTEGER PRIMARY KEY);
  CREATE TABLE "o'dd" (id INTEGER PRIMARY KEY AUTOINCREMENT, any, "a b" TEXT UNIQUE COLLATE NOCASE,
    twice INT GENERATED ALWAYS AS (id * 2) STORED, parent INT REFERENCES p (id) ON DELETE CASCADE);
  CREATE INDEX "by any" ON "o'dd" (any) WHERE any > 1;
  CREATE TRIGGER noisy AFTER INSERT ON "o'dd" BEGIN INSERT INTO p VALUES (NEW.id); END;
  INSERT INTO "o'dd" (any, "a b", parent) VALUES (1, 'ä𝄞', 99), (2.5, NULL, NULL), (x'00ff', '', NULL), ('txt', 'z', 5),
    (CAST(x'41d88004' AS TEXT), 'lone surrogate, though UTF-8', NULL);`;

test('level 3 restores into a table of its own: rows of every class, without parents, triggers, or a trace', async (t) => {
  const home = makeHome(t, ODD);
  const backups = await home.backups();
  const before = contentOf(home.db, "o'dd");
  const { id } = only(await backups.run(["o'dd"]));
  const { state, problem, testRestoredAt } = await backups.verify(id, null, 3);
  assert.deepEqual([state, problem], ['verified', null]);
  assert.ok(testRestoredAt !== null);
  assert.deepEqual(contentOf(home.db, "o'dd"), before);
  assert.deepEqual(
    home.db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'").all()
      .length,
    2,
  );
  assert.deepEqual(
    readdirSync(join(home.path, 'data')).filter((name) => !name.startsWith('x.sqlite')),
    [],
  );
});

test('a writer need not wait for it, nor it for a writer', async (t) => {
  const home = makeHome(t, ODD);
  const backups = await home.backups();
  const { id } = only(await backups.run(['p']));
  home.db.exec('BEGIN IMMEDIATE; INSERT INTO p VALUES (1000)');
  assert.notEqual((await backups.verify(id, null, 3)).testRestoredAt, null);
  home.db.exec('COMMIT');
});

test('a table that would not take its own rows back is found, which no look at the file can', async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE t (a INT, b INT CHECK (b < 2)); PRAGMA ignore_check_constraints = ON;
     INSERT INTO t VALUES (1, 1), (1, 2)`,
  );
  const backups = await home.backups();
  const { id } = only(await backups.run(['t']));
  assert.equal((await backups.verify(id, null, 2)).state, 'verified');
  const { state, problem, testRestoredAt } = await backups.verify(id, null, 3);
  assert.equal(state, 'corrupt');
  assert.match(problem ?? '', /does not take the backup: CHECK constraint failed/);
  assert.equal(testRestoredAt, null);
  assert.match(home.logged.join(''), /a backup is not good any more/);
});

test('the schedule tries the newest good backup of each table, each once', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (a INT); INSERT INTO t VALUES (1); CREATE TABLE u (a INT)');
  const { path, databaseUrl, logged } = home;
  const open = async (backupSchedule: string | null): Promise<Backups> =>
    openBackups({
      config: { home: path, databaseUrl, backupSchedule, testRestoreSchedule: '* * * * * *' },
      log: createLog({ destination: { write: (line) => logged.push(line) } }),
      signingKey: SIGNING_KEY,
      ledger: await openLedger(databaseUrl),
    });
  const unscheduled = await open(null);
  await unscheduled.run();
  const newest = await unscheduled.run();
  await unscheduled.close();
  const backups = await open('0 0 1 1 *');
  t.after(() => backups.close());
  const tried = async (): Promise<string[]> => {
    const list = await backups.list();
    return list.flatMap(({ id, testRestoredAt }) => (testRestoredAt === null ? [] : [id])).sort();
  };
  const deadline = Date.now() + 60_000;
  while ((await tried()).length < 2) {
    assert.ok(Date.now() < deadline, 'none was tried within a minute');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.deepEqual(await tried(), newest.map(({ id }) => id).sort());
  const list = await backups.list();
  assert.deepEqual(toTestRestore(list, list[0]?.database ?? null), []);
  assert.deepEqual(toTestRestore(list, 'another'), []);
  assert.ok(existsSync(join(path, 'backups', '.place')));
});

test('a backup of another kind of database is not tried', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (a INT)');
  const { id } = only(await (await home.backups()).run(['t']));
  const other = await openBackups({
    config: { home: home.path, databaseUrl: 'postgres://nobody@127.0.0.1:1/none', backupSchedule: null },
    log: createLog({ destination: { write: () => undefined } }),
    signingKey: SIGNING_KEY,
  });
  t.after(() => other.close());
  await assert.rejects(other.verify(id, null, 3), coded('restore-engine-mismatch'));
  assert.equal((await other.find(id)).state, 'verified');
});
