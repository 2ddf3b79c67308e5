import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fileKeyOf } from '../../../src/age/header.ts';
import type { Backups } from '../../../src/backup/backups.ts';
import { openBackups } from '../../../src/backup/open-backups.ts';
import type { Config } from '../../../src/config.ts';
import { createLog } from '../../../src/log.ts';
import { makeKeys } from '../../age/fixture.ts';
import { skip, smallDisk } from '../../faults/small-disk.ts';
import { coded, only, openLedger, SIGNING_KEY } from '../fixture.ts';
import type { ServerHome } from './home.ts';

const LAST_ONE = { keepLast: 1, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
const ROWS = 1500;
const DEADLINE_MS = 60_000;

/** Rows that take more than a MiB however they are packed. */
const manyRows = (): string =>
  `INSERT INTO t VALUES ${Array.from({ length: ROWS - 1 }, (_, i) => `(${i + 2}, '${randomBytes(1000).toString('hex')}')`).join(', ')}`;

interface Setup {
  readonly who: string;
  /** With a home folder that no other test has. */
  openAlone(t: TestContext, sql: string): Promise<ServerHome>;
}

export function runFullDisk({ who, openAlone }: Setup): void {
  test(`${who}: no room for a backup, encrypted or not, nor for what a restore keeps: the job failed and is recorded so, nothing is deleted, the old files are whole`, {
    skip,
  }, async (t) => {
    const home = await openAlone(
      t,
      "CREATE TABLE t (id integer PRIMARY KEY, a varchar(2000)); INSERT INTO t VALUES (1, 'x')",
    );
    const disk = smallDisk(t, 1);
    symlinkSync(disk.path, join(home.path, 'backups'));
    const open = async (config: Partial<Config>): Promise<Backups> => {
      const opened = await openBackups({
        config: { home: home.path, databaseUrl: home.url, backupSchedule: null, ...config },
        log: createLog({ destination: { write: () => undefined } }),
        signingKey: SIGNING_KEY,
        ledger: await openLedger(home.url),
      });
      t.after(() => opened.close());
      return opened;
    };
    const { recipient, identity } = await makeKeys();
    const backupRecipients = [recipient];
    const unpruned = await open({ backupRecipients });
    const kept = [only(await unpruned.run(['t'])).id, only(await unpruned.run(['t'])).id].sort();
    await home.run(manyRows());
    const plain = await open({ backupRetention: LAST_ONE });
    const backups = await open({
      backupSchedule: '* * * * * *',
      backupRetention: LAST_ONE,
      backupRecipients,
    });
    const until = async (state: string): Promise<void> => {
      const deadline = Date.now() + DEADLINE_MS;
      while ((await backups.lastRun())?.state !== state) {
        assert.ok(Date.now() < deadline, `the last run was not ${state} within a minute`);
        await wait(20);
      }
    };
    await until('failed');
    assert.match((await backups.lastRun())?.detail ?? '', /no room to back t up/);
    for (const each of [backups, plain]) {
      await assert.rejects(each.run(['t']), coded('disk-full', 'no room to back t up'));
    }
    const { encryption } = await plain.find(kept[0] ?? '');
    const fileKey = await fileKeyOf(Buffer.from(encryption?.header ?? '', 'base64'), [identity]);
    await assert.rejects(
      plain.restore({ table: 't', source: { backup: kept[0] ?? '' }, dryRun: false, fileKey }),
      coded('disk-full', 'no room to back t up', 'Nothing was changed.'),
    );
    assert.equal((await home.rows('SELECT id FROM t')).length, ROWS);
    const list = await backups.list();
    assert.deepEqual(list.map(({ id }) => id).sort(), kept);
    for (const id of kept) assert.equal((await backups.verify(id, null, 1)).state, 'verified');
    const left = readdirSync(join(home.path, 'backups', 't')).filter((name) =>
      /partial|removed|tmp/.test(name),
    );
    assert.deepEqual(left, []);
    disk.grow();
    await until('done');
    const after = await backups.list({ table: 't' });
    assert.ok(
      after.every(({ rows, encryption }) => rows === ROWS && encryption !== null),
      'with room again it is made, and the rules go on',
    );
  });
}
