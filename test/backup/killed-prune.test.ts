import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openBackups } from '../../src/backup/open-backups.ts';
import { lastRunOf } from '../../src/ledger/schedules.ts';
import { createLog } from '../../src/log.ts';
import { eventually } from '../server/harness.ts';
import { LAST_ONE, makeHome, only, openLedger, SIGNING_KEY } from './fixture.ts';
import { kill } from './shared/kills.ts';

/** Two minutes without a sign of life pass in one second. */
const HASTE = 200;

test('kill -9 while a scheduled run deletes what is old: the ledger knows, the next server makes up for it, no good one is lost', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (id INTEGER PRIMARY KEY); INSERT INTO t VALUES (1)');
  const ledger = await openLedger(home.databaseUrl);
  t.after(() => ledger.close());
  const options = {
    log: createLog({ destination: { write: (line: string) => home.logged.push(line) } }),
    signingKey: SIGNING_KEY,
  };
  const config = { home: home.path, databaseUrl: home.databaseUrl, backupRetention: LAST_ONE };
  const open = async (backupSchedule: string | null) =>
    openBackups({
      ...options,
      config: { ...config, backupSchedule },
      ledger: await openLedger(home.databaseUrl),
      clock: { now: () => new Date(), elapsed: () => performance.now() * HASTE },
    });
  const before = await open(null);
  const old = only(await before.run(['t'])).id;
  await before.close();

  await kill('pruneHalf', { path: home.path, url: home.databaseUrl });
  const folder = join(home.path, 'backups', 't');
  assert.ok(
    readdirSync(folder).includes(`${old}.manifest.json`),
    'its file is on its way, its manifest there',
  );
  const killed = await lastRunOf(ledger, 'backup');
  assert.deepEqual([killed?.state, killed?.attempts], ['running', 1]);

  const next = await open('* * * * * *');
  t.after(() => next.close());
  const list = await next.list();
  assert.deepEqual([list.length, list.some(({ id }) => id === old)], [1, false], 'the one of the killed run');
  await eventually(
    async () => {
      const last = await lastRunOf(ledger, 'backup');
      return last !== null && last.due > (killed?.due ?? '') && last.state === 'done';
    },
    'the next run is done',
    60_000,
  );
  await next.close();
  // One that was just begun may have been cut when it was made, and before what is old was deleted.
  const last = await open(null);
  t.after(() => last.close());
  await last.prune(null, false);
  const left = await last.list();
  assert.deepEqual(
    left.map(({ state }) => state),
    ['verified'],
  );
  const { id } = left[0] ?? assert.fail();
  assert.deepEqual(readdirSync(folder).sort(), [`${id}.avro`, `${id}.manifest.json`]);
});
