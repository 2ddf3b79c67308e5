import assert from 'node:assert/strict';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBackups } from '../../src/backup/open-backups.ts';
import type { RetentionRules } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { makeKeys } from '../age/fixture.ts';
import { skip, smallDisk } from '../faults/small-disk.ts';
import { coded, makeHome, only, openLedger, SIGNING_KEY } from './fixture.ts';

const LAST_ONE = { keepLast: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };

test('no room for a backup, encrypted or not: the job failed and is recorded so, nothing is deleted, the old files are whole', {
  skip,
}, async (t) => {
  const home = makeHome(
    t,
    "CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES (1, x'00')",
  );
  const folder = join(home.path, 'backups');
  const disk = smallDisk(t, 3);
  symlinkSync(disk.path, folder);
  const { path, databaseUrl, logged } = home;
  const open = async (
    backupSchedule: string | null,
    backupRetention: RetentionRules | null,
    backupRecipients: readonly string[] = [],
  ) => {
    const opened = await openBackups({
      config: { home: path, databaseUrl, backupSchedule, backupRetention, backupRecipients },
      log: createLog({ destination: { write: (line) => logged.push(line) } }),
      signingKey: SIGNING_KEY,
      ledger: await openLedger(databaseUrl),
    });
    t.after(() => opened.close());
    return opened;
  };
  const recipients = [(await makeKeys()).recipient];
  const [unpruned, plain] = [await open(null, null, recipients), await open(null, LAST_ONE)];
  const kept = [only(await unpruned.run(['t'])).id, only(await unpruned.run(['t'])).id];
  home.db.exec(`WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
    INSERT INTO t SELECT i, randomblob(2000) FROM n`);
  const backups = await open('* * * * * *', LAST_ONE, recipients);
  const until = async (state: string): Promise<void> => {
    const deadline = Date.now() + 60_000;
    while ((await backups.lastRun())?.state !== state) {
      assert.ok(Date.now() < deadline, `the last run was not ${state} within a minute`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  await until('failed');
  assert.match((await backups.lastRun())?.detail ?? '', /no room to back t up/);
  await assert.rejects(backups.run(['t']), coded('disk-full'));
  await assert.rejects(plain.run(['t']), coded('disk-full', 'no room to back t up'));
  const list = await backups.list();
  assert.deepEqual(list.map(({ id }) => id).sort(), kept.toSorted());
  for (const id of kept) assert.equal((await backups.verify(id, null, 1)).state, 'verified');
  const names = readdirSync(join(folder, 't'));
  assert.deepEqual(
    names.filter((name) => /partial|removed|tmp/.test(name)),
    [],
  );
  disk.grow();
  await until('done');
  const after = await backups.list({ table: 't' });
  assert.ok(
    after.every(({ rows, encryption }) => rows === 3000 && encryption !== null),
    'with room again it is made, and the rules go on',
  );
});
