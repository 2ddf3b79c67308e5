import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asker, BackupJob, Backups } from '../../src/backup/backups.ts';
import { type JobProgress, type Phase, Progress } from '../../src/backup/job-progress.ts';
import { Signer } from '../../src/backup/manifest.ts';
import { readBackup } from '../../src/backup/read-backup.ts';
import { planConversion } from '../../src/backup/restore-converted.ts';
import { engineOf } from '../../src/database/open.ts';
import { coded, contentOf, type Home, makeHome, SIGNING_KEY } from './fixture.ts';

/** How far a job is, when it will end, and that it can be stopped at any step with nothing changed. */

const SERIES = 'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 60000)';
const TABLES = `
  CREATE TABLE small (id INTEGER PRIMARY KEY, v TEXT);
  INSERT INTO small VALUES (1, 'a'), (2, 'b');
  CREATE TABLE big (id INTEGER PRIMARY KEY, v TEXT);
  INSERT INTO big ${SERIES} SELECT n, 'row ' || n FROM s;`;

const ANN: Asker = { owner: 'ann', request: 'request-of-ann-1' };
const MOST_LOOKS = 30_000;

/** Looks at the running job until `isEnough` says so, or until it is over. */
async function lookAt(backups: Backups, work: Promise<unknown>, isEnough: (job: BackupJob) => boolean) {
  let over = false;
  const end = () => {
    over = true;
  };
  work.then(end, end);
  const seen: BackupJob[] = [];
  for (let looks = 0; !over && looks < MOST_LOOKS; looks++) {
    const [job] = backups.jobs();
    if (job !== undefined) seen.push(job);
    if (job !== undefined && isEnough(job)) break;
    await sleep(1);
  }
  return seen;
}

const phasesOf = (seen: readonly BackupJob[]) => [
  ...new Set(
    seen.flatMap(({ progress }) => (progress === null ? [] : [`${progress.phase} ${progress.table}`])),
  ),
];

test('a backup tells its rows and tables, and its share never goes back', async (t) => {
  const backups = await makeHome(t, TABLES).backups();
  const work = backups.run(undefined, ANN);
  const seen = await lookAt(backups, work, () => false);
  await work;
  const phases = phasesOf(seen);
  for (const phase of ['writing big', 'reading-back big'])
    assert.ok(phases.includes(phase), `${phase}: ${phases}`);
  const told = seen.flatMap(({ progress }) => (progress === null ? [] : [progress]));
  const shares = told.flatMap(({ share }) => (share === null ? [] : [share]));
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  const big = told.find(({ phase, table }) => phase === 'writing' && table === 'big');
  assert.deepEqual([big?.total, big?.tables], [60_000, 2]);
  assert.ok(seen.every(({ kind, asker }) => kind === 'backup' && asker === ANN));
  assert.deepEqual(backups.jobs(), []);
});

const phaseIs =
  (...phases: readonly Phase[]) =>
  ({ progress }: BackupJob) =>
    progress !== null && phases.includes(progress.phase) && progress.table === 'big';

async function withBackup(t: Parameters<typeof makeHome>[0]): Promise<{ home: Home; id: string }> {
  const home = makeHome(t, TABLES);
  const [made] = await (await home.backups()).run(['big']);
  home.db.exec("DELETE FROM big WHERE id % 2 = 0; UPDATE big SET v = 'other'");
  return { home, id: made?.id ?? assert.fail() };
}

for (const phase of ['restoring', 'comparing'] as const) {
  test(`a restore that is stopped while ${phase} changes nothing`, async (t) => {
    const { home, id } = await withBackup(t);
    const before = contentOf(home.db, 'big');
    const backups = await home.backups();
    const work = backups.restore({ table: 'big', source: { backup: id }, dryRun: false, asker: ANN });
    await lookAt(backups, work, phaseIs(phase));
    assert.equal(backups.stopJob({ ...ANN, owner: 'bob' }), false, "another's");
    assert.equal(backups.stopJob(ANN), true);
    await assert.rejects(work, coded('job-stopped', 'stopped on request. Nothing was changed.'));
    assert.deepEqual(contentOf(home.db, 'big'), before);
    const again = await backups.restore({ table: 'big', source: { backup: id }, dryRun: false });
    assert.deepEqual([again.rows, again.replaced], [60_000, 30_000]);
  });
}

test('a restore into another engine is stopped while it measures the values, too', async (t) => {
  const { home, id } = await withBackup(t);
  const path = join(home.path, (await (await home.backups()).find(id)).file);
  const { facts: backup } = await readBackup(path, new Signer(SIGNING_KEY));
  const engine = await engineOf(home.databaseUrl);
  const replacement = await engine.openReplacement(home.databaseUrl, 'other');
  try {
    const progress = new Progress({ tell: () => undefined, isStopped: () => true });
    const source = { backup, path, fileKey: null, table: 'other' };
    const plan = planConversion(engine, replacement, source, progress);
    await assert.rejects(plan, coded('job-stopped'));
  } finally {
    await replacement.close();
  }
});

test('a backup that is stopped leaves whole tables and no file of the others', async (t) => {
  const home = makeHome(t, TABLES.replaceAll('small', 'a_small'));
  const backups = await home.backups();
  const work = backups.run(['a_small', 'big'], ANN);
  await lookAt(backups, work, phaseIs('writing', 'reading-back'));
  assert.equal(backups.stopJob(ANN), true);
  await assert.rejects(work, coded('job-stopped', 'stopped at big; whole are: a_small'));
  assert.deepEqual(
    (await backups.list()).map(({ table }) => table),
    ['a_small'],
  );
});

test('one that waits for its turn is taken out of the line', async (t) => {
  const backups = await makeHome(t, TABLES).backups();
  const first = backups.run(['big']);
  const second = backups.run(['small'], ANN);
  const refused = assert.rejects(second, coded('job-stopped', 'the backup was stopped before it began'));
  assert.deepEqual(
    backups
      .jobs()
      .map(({ kind, startedAt }) => [kind, startedAt === null])
      .at(1),
    ['backup', true],
  );
  assert.equal(backups.stopJob(ANN), true);
  await Promise.all([first, refused]);
  assert.deepEqual(await backups.list({ table: 'small' }), []);
});

test('the end is told by the share of the whole, with each phase at its cost', (t) => {
  t.mock.method(performance, 'now', () => now);
  let now = 0;
  const told: JobProgress[] = [];
  const progress = new Progress({ tell: (each) => told.push(each), isStopped: () => false });
  progress.expect('backup of t', 1000, ['writing', 'reading-back']);
  progress.begin('writing', 't', 1000);
  now = 10_000;
  progress.add(500);
  assert.deepEqual([told.at(-1)?.share, told.at(-1)?.rowsPerSecond], [1 / 3, 50]);
  assert.equal(Math.round(told.at(-1)?.secondsLeft ?? 0), 20);
  now = 20_000;
  progress.add(500);
  progress.begin('reading-back', 't', 1000);
  assert.equal(told.at(-1)?.share, 2 / 3);
  assert.equal(Math.round(told.at(-1)?.secondsLeft ?? 0), 10);
});
