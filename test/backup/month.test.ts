import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { BackupInfo, Backups } from '../../src/backup/backups.ts';
import { runJob } from '../../src/backup/jobs.ts';
import { type BackupsOptions, openBackups } from '../../src/backup/open-backups.ts';
import type { RetentionRules } from '../../src/config/retention.ts';
import { createLog } from '../../src/log.ts';
import { type Home, makeHome, openLedger, SIGNING_KEY } from './fixture.ts';

/** A month of a server with a clock of the test's: real files, a real database, and what may happen in a month. */

const HOUR = 3_600_000;
const START = Date.UTC(2026, 9, 18, 12);
const RULES: RetentionRules = { keepLast: 2, daily: 4, weekly: 3, monthly: 2, yearly: 0, keepWithinMs: 0 };
const TABLES = `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); CREATE TABLE u (id INTEGER PRIMARY KEY);
  INSERT INTO t VALUES (1, 'x'); INSERT INTO u VALUES (7);`;
/** A table that no backup can hold: the run fails, though the others were backed up. */
const TOO_WIDE = `CREATE TABLE wide (${Array.from({ length: 1001 }, (_, i) => `c${i}`).join(', ')})`;

/** Days of the month, by what happens at 03:00: the rest are good. */
const FAILS = new Set([3, 4, 11, 20, 21, 22]);
const NOT_RUNNING = new Set([8, 9, 27]);
const RESTARTED_AFTER = new Set([2, 11, 14, 15, 27]);

async function settled(backups: Backups | null): Promise<void> {
  do {
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  } while ((await backups?.lastRun())?.state === 'running');
}

/** A server on the home, its jobs in this thread, which has the clock. */
async function start(home: Home): Promise<Backups> {
  const { path, databaseUrl, logged } = home;
  const options: BackupsOptions = {
    config: { home: path, databaseUrl, backupSchedule: '0 3 * * *', backupRetention: RULES },
    log: createLog({ destination: { write: (line) => logged.push(line) } }),
    signingKey: SIGNING_KEY,
    ledger: await openLedger(databaseUrl),
    clock: { now: () => new Date(), elapsed: () => Date.now() },
    runJobs: (place) => ({
      run: async (job) => (await runJob(place, job)) as never,
      stop: async () => undefined,
    }),
  };
  return openBackups(options);
}

const filesIn = (home: Home): string[] =>
  readdirSync(join(home.path, 'backups'), { recursive: true })
    .map(String)
    .filter((name) => /\.(avro|json|partial|removed)$/.test(name))
    .sort();

/** What must lie there after the good runs at these times, told by hand: no rule's code is asked. */
function expected(good: readonly number[]): Set<string> {
  const left = new Set(good.slice(-2));
  const newestOf = (period: (time: Date) => string, most: number): void => {
    const found = new Map(good.map((time) => [period(new Date(time)), time]));
    for (const time of [...found.values()].slice(-most)) left.add(time);
  };
  newestOf((time) => time.toISOString().slice(0, 10), 4);
  // 2026-10-19 was a Monday.
  newestOf((time) => String(Math.floor((time.getTime() - Date.UTC(2026, 9, 19)) / (7 * 24 * HOUR))), 3);
  newestOf((time) => time.toISOString().slice(0, 7), 2);
  return new Set([...left].map((time) => new Date(time).toISOString().slice(0, 13)));
}

const hours = (backups: readonly BackupInfo[], table: string): Set<string> =>
  new Set(backups.filter((each) => each.table === table).map(({ snapshotAt }) => snapshotAt.slice(0, 13)));

test('a month: daily backups, failures, restarts, a night off; what the rules keep and never the newest gone', async (t: TestContext) => {
  const zone = process.env.TZ;
  t.after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  process.env.TZ = 'UTC';
  const home = makeHome(t, TABLES);
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: START });
  let backups: Backups | null = await start(home);
  t.after(() => backups?.close());
  const pass = async (ms: number, step = HOUR / 2): Promise<void> => {
    for (let passed = 0; passed < ms; passed += step) {
      t.mock.timers.tick(step);
      await settled(backups);
    }
  };
  const good: number[] = [];
  let before = new Set<string>();
  const look = async (isGood: boolean, day: number): Promise<void> => {
    const list = (await backups?.list()) ?? [];
    const newestGood = good.at(-1);
    for (const table of ['t', 'u']) {
      const newest = list.find((each) => each.table === table && each.state === 'verified');
      assert.ok(newest !== undefined && newestGood !== undefined, `day ${day}`);
      assert.ok(Date.parse(newest.snapshotAt) >= newestGood, `day ${day}: the newest verified one is there`);
    }
    if (isGood) assert.deepEqual(hours(list, 't'), expected(good), `day ${day}`);
    else assert.ok(before.isSubsetOf(hours(list, 't')), `day ${day}: nothing is deleted after a failed run`);
    before = hours(list, 't');
  };
  await pass(HOUR);
  good.push(Date.UTC(2026, 9, 18, 12));
  await look(true, 0);
  await pass(11 * HOUR);
  for (let day = 1; day <= 31; day++) {
    // It is midnight.
    const at = Date.now() + 3 * HOUR;
    if (NOT_RUNNING.has(day)) {
      await backups?.close();
      backups = null;
      await pass(24 * HOUR);
      continue;
    }
    backups ??= await start(home);
    if (NOT_RUNNING.has(day - 1)) {
      await pass(HOUR);
      good.push(at - 3 * HOUR);
      await look(true, day);
    } else await pass(HOUR);
    if (FAILS.has(day)) home.db.exec(TOO_WIDE);
    await pass(3 * HOUR);
    if (FAILS.has(day)) home.db.exec('DROP TABLE wide');
    // What a failed run did back up is good; it counts as a backup of its table from the next good run on.
    good.push(at);
    await look(!FAILS.has(day), day);
    if (RESTARTED_AFTER.has(day)) {
      await backups.close();
      backups = await start(home);
    }
    if (day === 30) writeFileSync(join(home.path, 'backups', 't', 'notes.txt'), 'not a backup');
    await pass(20 * HOUR, 10 * HOUR);
  }
  const list = await backups?.list();
  assert.deepEqual(hours(list ?? [], 'u'), hours(list ?? [], 't'), 'each table by itself');
  assert.ok(existsSync(join(home.path, 'backups', 't', 'notes.txt')), 'what is no backup is left alone');
  assert.equal(
    filesIn(home).length,
    2 * (list?.length ?? 0),
    'each file has its manifest, and nothing else is there',
  );
  const started = home.logged.filter((line) => line.includes('"backed up"') && line.includes('"table":"t"'));
  const failed = home.logged.filter((line) => line.includes('the scheduled backup failed'));
  assert.deepEqual([started.length, failed.length], [good.length - FAILS.size, FAILS.size], 'never twice');
});
