import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackupInfo, Backups } from '../../src/backup/backups.ts';
import { openBackups } from '../../src/backup/open-backups.ts';
import { removeBackup } from '../../src/backup/removal.ts';
import type { RetentionRules } from '../../src/config/retention.ts';
import { createLog } from '../../src/log.ts';
import { coded, type Home, makeHome, only, openLedger, SIGNING_KEY } from './fixture.ts';

const LAST_TWO: RetentionRules = { keepLast: 2, daily: 0, weekly: 0, monthly: 0, yearly: 0, keepWithinMs: 0 };
const TWO = `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x'), (2, 'y');
  CREATE TABLE u (id INTEGER PRIMARY KEY);`;

/** Backups with these rules; closed by the caller. */
async function open(home: Home, backupRetention: RetentionRules | null): Promise<Backups> {
  const { path, databaseUrl, logged } = home;
  return openBackups({
    config: { home: path, databaseUrl, backupSchedule: null, backupRetention },
    log: createLog({ destination: { write: (line) => logged.push(line) } }),
    signingKey: SIGNING_KEY,
    ledger: await openLedger(databaseUrl),
  });
}

const ids = (backups: readonly BackupInfo[]): string[] => backups.map(({ id }) => id);
const filesOf = (home: Home, table: string): string[] =>
  readdirSync(join(home.path, 'backups', table)).sort();

test('a run that succeeds deletes what no rule keeps of its tables, file and manifest; held ones stay', async (t) => {
  const home = makeHome(t, TWO);
  await using stack = new AsyncDisposableStack();
  const backups = await open(home, LAST_TWO);
  stack.defer(() => backups.close());
  const first = only(await backups.run(['t'])).id;
  const other = only(await backups.run(['u'])).id;
  assert.equal((await backups.hold(first, true)).held, true);
  const made = [first];
  for (let i = 0; i < 3; i++) made.push(only(await backups.run(['t'])).id);
  assert.deepEqual(ids(await backups.list({ table: 't' })), [made[3], made[2], first]);
  assert.deepEqual(ids(await backups.list({ table: 'u' })), [other]);
  assert.deepEqual(
    filesOf(home, 't'),
    [first, made[2], made[3]].flatMap((id) => [`${id}.avro`, `${id}.manifest.json`]).sort(),
  );
  assert.match(home.logged.join(''), /backup deleted/);
  await backups.hold(first, false);
  const judged = await backups.prune(null, true);
  assert.deepEqual(
    judged.filter(({ keep }) => !keep).map(({ backup, reasons }) => [backup.id, reasons]),
    [[first, ['no rule keeps it']]],
  );
  assert.equal((await backups.list({ table: 't' })).length, 3, 'a dry run deletes nothing');
  await backups.prune(null, false);
  assert.deepEqual(ids(await backups.list({ table: 't' })), [made[3], made[2]]);
  await assert.rejects(backups.hold('none', true), coded('backup-not-found', 'Nothing was changed.'));
});

test('nothing is deleted that was not told of before: neither what was held nor what became old meanwhile', async (t) => {
  const home = makeHome(t, TWO);
  await using stack = new AsyncDisposableStack();
  const all = await open(home, null);
  stack.defer(() => all.close());
  const made: string[] = [];
  for (let i = 0; i < 4; i++) made.push(only(await all.run(['t'])).id);
  const [first = '', second = '', third = '', fourth = ''] = made;
  const two = await open(home, LAST_TWO);
  stack.defer(() => two.close());
  const refused = two.prune(null, false, () => Promise.reject(new Error('it cannot be told')));
  await assert.rejects(refused, /it cannot be told/);
  assert.deepEqual(ids(await all.list()), [fourth, third, second, first]);
  const told: string[] = [];
  let fifth = '';
  const judged = await two.prune(null, false, async (going) => {
    told.push(...ids(going));
    await all.hold(first, true);
    fifth = only(await all.run(['t'])).id;
  });
  assert.deepEqual(told, [second, first]);
  assert.deepEqual(ids(await all.list()), [fifth, fourth, third, first]);
  const why = judged.map(({ backup, keep, reasons }) => [backup.id, keep, reasons.at(-1)]);
  assert.deepEqual(why.slice(2), [
    [third, true, 'no rule keeps it any more: the next prune deletes it'],
    [second, false, 'no rule keeps it'],
    [first, true, 'held'],
  ]);
});

test('a run that fails deletes nothing; without rules, or without the name of the database, nothing goes', async (t) => {
  const home = makeHome(t, TWO);
  await using stack = new AsyncDisposableStack();
  const unnamed = await home.backups();
  for (let i = 0; i < 3; i++) await unnamed.run(['t']);
  const all = await open(home, null);
  stack.defer(() => all.close());
  for (let i = 0; i < 3; i++) await all.run(['t']);
  assert.equal((await all.list()).length, 6);
  await assert.rejects(all.prune(null, true), coded('config-invalid', 'backupRetention'));
  const two = await open(home, LAST_TWO);
  stack.defer(() => two.close());
  home.db.exec(`CREATE TABLE wide (${Array.from({ length: 1001 }, (_, i) => `c${i}`).join(', ')})`);
  await assert.rejects(two.run());
  assert.equal((await two.list({ table: 't' })).length, 7, 't itself was backed up');
  home.db.exec('DROP TABLE wide');
  await two.run();
  const left = await two.list({ table: 't' });
  assert.deepEqual([left.length, left.filter(({ database }) => database === null).length], [5, 3]);
});

test('before anything goes, what stays is read; one that is bad then does not count', async (t) => {
  const home = makeHome(t, TWO);
  await using stack = new AsyncDisposableStack();
  const all = await open(home, null);
  stack.defer(() => all.close());
  const made = [];
  for (let i = 0; i < 4; i++) made.push(only(await all.run(['t'])));
  const backups = await open(home, LAST_TWO);
  stack.defer(() => backups.close());
  truncateSync(join(home.path, made[3]?.file ?? ''), 100);
  const judged = await backups.prune(['t'], false);
  assert.deepEqual(
    judged.map(({ backup, keep }) => [backup.id, backup.state, keep]),
    [
      [made[3]?.id, 'corrupt', true],
      [made[2]?.id, 'verified', true],
      [made[1]?.id, 'verified', true],
      [made[0]?.id, 'verified', false],
    ],
  );
});

test('a deletion that was cut short is finished by the next job, wherever it stopped', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const [a, b, c] = [
    only(await backups.run(['t'])),
    only(await backups.run(['t'])),
    only(await backups.run(['t'])),
  ];
  const path = (file: string): string => join(home.path, file);
  renameSync(path(a.file), `${path(a.file)}.removed`);
  renameSync(path(b.file), `${path(b.file)}.removed`);
  rmSync(path(b.file).replace('.avro', '.manifest.json'));
  assert.deepEqual(ids(await backups.list()), [c.id], 'from the first step on it is not there');
  await backups.verify(c.id);
  assert.deepEqual(filesOf(home, 't'), [`${c.id}.avro`, `${c.id}.manifest.json`]);
  assert.ok(existsSync(path(c.file)));
});

test('a download that began goes on to its end, though the backup is deleted meanwhile', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const { id, file } = only(await backups.run(['t']));
  const whole = readFileSync(join(home.path, file));
  const { stream } = await backups.content(id);
  await removeBackup(join(home.path, file));
  assert.deepEqual(Buffer.concat(await stream.toArray()), whole);
  await assert.rejects(backups.content(id), coded('backup-not-found'));
});

test('levels: each finds what is its own to find, and says so in the list', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const { id, file } = only(await backups.run(['t']));
  for (const level of [0, 1, 2] as const) {
    const { state, testRestoredAt } = await backups.verify(id, null, level);
    assert.deepEqual([state, testRestoredAt], ['verified', null]);
  }
  const restored = await backups.verify(id, null, 3);
  assert.equal(restored.state, 'verified');
  assert.ok(Date.parse(restored.testRestoredAt ?? '') >= Date.parse(restored.verifiedAt ?? ''));
  assert.deepEqual(await backups.find(id), restored);
  truncateSync(join(home.path, file), 50);
  const bad = await backups.verify(id, null, 0);
  assert.deepEqual(
    [bad.state, bad.problem],
    ['corrupt', `the backup has 50 bytes and should have ${bad.bytes}`],
  );
});
