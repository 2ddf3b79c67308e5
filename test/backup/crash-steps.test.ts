import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Backups } from '../../src/backup/backups.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { manifestPath } from '../../src/backup/paths.ts';
import type { RetentionRules } from '../../src/config/retention.ts';
import { createLog } from '../../src/log.ts';
import { makeKeys } from '../age/fixture.ts';
import { type Home, makeHome, only, openLedger, SIGNING_KEY } from './fixture.ts';
import { everyStep, jobsHere } from './steps.ts';

/** Killed at any step of a backup or of the deletion of others: what the next process finds, and makes of it. */

const LAST_TWO: RetentionRules = { keepLast: 2, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
/** Several chunks of age for t. */
const TABLES = `CREATE TABLE t (id INTEGER PRIMARY KEY, a BLOB);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100) INSERT INTO t SELECT i, randomblob(2000) FROM n;
  CREATE TABLE u (id INTEGER PRIMARY KEY); INSERT INTO u VALUES (1)`;

interface Setting {
  readonly backupRecipients?: readonly string[];
  readonly backupRetention?: RetentionRules;
}

async function open(t: TestContext, { path, databaseUrl, logged }: Home, setting: Setting): Promise<Backups> {
  const backups = await openBackups({
    config: { home: path, databaseUrl, backupSchedule: null, ...setting },
    log: createLog({ destination: { write: (line) => logged.push(line) } }),
    signingKey: SIGNING_KEY,
    ledger: await openLedger(databaseUrl),
    runJobs: jobsHere,
  });
  t.after(() => backups.close());
  return backups;
}

/** The steps of some work on the backups of a home, each as a folder of backups. */
async function stepsOf(home: Home, work: () => Promise<unknown>): Promise<string[]> {
  const into = join(home.path, 'steps');
  mkdirSync(into);
  return everyStep(join(home.path, 'backups'), into, work);
}

/** A process that starts where another was killed. */
async function startAt(t: TestContext, home: Home, step: string, setting: Setting): Promise<Backups> {
  const folder = join(home.path, 'backups');
  rmSync(folder, { recursive: true });
  cpSync(step, folder, { recursive: true });
  return open(t, home, setting);
}

/** Every file of the folder of backups; each of the list is there, good, with its manifest, and nothing else is. */
async function assertClean(home: Home, backups: Backups): Promise<string[]> {
  const list = await backups.list();
  const expected: string[] = [];
  for (const { id, file } of list) {
    const path = join(home.path, file);
    assert.ok(existsSync(path), `${file} is listed and not there`);
    assert.equal((await backups.verify(id, null, 1)).state, 'verified');
    expected.push(path, manifestPath(path));
  }
  const found = readdirSync(join(home.path, 'backups'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/^\.(lock|place)/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  assert.deepEqual(found.sort(), expected.sort());
  return list.map(({ id }) => id).sort();
}

for (const encrypted of [false, true]) {
  const what = encrypted ? 'an encrypted backup' : 'a backup';
  test(`killed at any step of ${what}: each table has the old one or both, nothing else is left, the next run is fine`, async (t) => {
    const home = makeHome(t, TABLES);
    const setting = encrypted ? { backupRecipients: [(await makeKeys()).recipient] } : {};
    const backups = await open(t, home, setting);
    const before = (await backups.run()).map(({ id }) => id).sort();
    let after: string[] = [];
    const steps = await stepsOf(home, async () => {
      after = [...before, ...(await backups.run()).map(({ id }) => id)].sort();
    });
    assert.ok(steps.length >= 12, `${steps.length} steps`);
    const seen = new Set<number>();
    for (const step of steps) {
      const next = await startAt(t, home, step, setting);
      const left = await assertClean(home, next);
      assert.ok(before.every((id) => left.includes(id)) && left.every((id) => after.includes(id)));
      seen.add(left.length);
      const made = (await next.run()).map(({ id }) => id);
      assert.deepEqual(await assertClean(home, next), [...left, ...made].sort());
    }
    assert.deepEqual([...seen], [2, 3, 4]);
  });
}

test('killed at any step of a deletion: nothing is listed that is not there, no good one is lost, the next run is right', async (t) => {
  const home = makeHome(t, TABLES);
  const { recipient } = await makeKeys();
  const all = await open(t, home, {});
  const sealed = await open(t, home, { backupRecipients: [recipient] });
  const made: string[] = [];
  for (const backups of [all, sealed, all, sealed]) {
    for (const { id, table } of await backups.run()) if (table === 't') made.push(id);
  }
  const everything = (await all.list()).map(({ id }) => id).sort();
  const pruning = await open(t, home, { backupRetention: LAST_TWO });
  const steps = await stepsOf(home, () => pruning.prune(null, false));
  const kept = await assertClean(home, pruning);
  assert.deepEqual([everything.length, kept.length], [8, 4]);
  assert.deepEqual(
    kept.filter((id) => id.startsWith('t.')),
    made.slice(2).sort(),
  );
  assert.ok(steps.length >= 12, `${steps.length} steps`);
  const counts: number[] = [];
  for (const step of steps) {
    const next = await startAt(t, home, step, { backupRetention: LAST_TWO });
    const left = await assertClean(home, next);
    assert.ok(kept.every((id) => left.includes(id)) && left.every((id) => everything.includes(id)));
    counts.push(left.length);
    const deleted = (await next.prune(null, false)).filter(({ keep }) => !keep);
    assert.equal(deleted.length, left.length - kept.length);
    assert.deepEqual(await assertClean(home, next), kept);
  }
  assert.deepEqual(new Set(counts), new Set([8, 7, 6, 5, 4]));
  assert.deepEqual(
    counts,
    counts.toSorted((a, b) => b - a),
    'what is gone once stays gone',
  );
});

test('a manifest whose file is gone is not listed, a file whose manifest is gone neither: and both are left alone', async (t) => {
  const home = makeHome(t, TABLES);
  const backups = await open(t, home, { backupRetention: LAST_TWO });
  const files: string[] = [];
  for (let run = 0; run < 2; run++) {
    for (const { file } of await backups.run(['t'])) files.push(join(home.path, file));
  }
  const [noFile = '', noManifest = ''] = files;
  rmSync(noFile);
  rmSync(manifestPath(noManifest));
  assert.deepEqual(await backups.list(), []);
  const made: string[] = [];
  for (let run = 0; run < 3; run++) made.unshift(only(await backups.run(['t'])).id);
  assert.deepEqual(
    (await backups.list()).map(({ id }) => id),
    made.slice(0, 2),
  );
  assert.ok(existsSync(manifestPath(noFile)) && existsSync(noManifest));
  const restored = await backups.restore({ table: 't', source: { file: noManifest }, dryRun: false });
  assert.equal(restored.rows, 100, 'the file alone is enough');
});
