import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { fileNameOf } from '../../src/backup/paths.ts';
import { lockProcesses } from '../../src/database/sqlite/process-lock.ts';
import { coded, makeHome, only } from './fixture.ts';

const TWO = `CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (a <> ')' AND length(a) < 9) UNIQUE, b INT DEFAULT 7 REFERENCES u (id));
  CREATE TABLE u (id INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE rowferry_loads (id TEXT); CREATE INDEX by_b ON t (b);
  CREATE VIEW v AS SELECT 1; CREATE VIRTUAL TABLE f USING fts5 (body); INSERT INTO u VALUES (5); INSERT INTO t VALUES (1, 'x', 5);`;

async function until(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!(await what())) {
    assert.ok(Date.now() < deadline, 'it did not happen within a minute');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('a run backs up every table but the ledger and what SQLite keeps for itself, from one snapshot', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const results = await backups.run();
  assert.deepEqual(
    results.map(({ table, rows, state }) => [table, rows, state]),
    [
      ['t', 1, 'verified'],
      ['u', 1, 'verified'],
    ],
  );
  const list = await backups.list();
  assert.equal(new Set(list.map(({ run, snapshotAt }) => run + snapshotAt)).size, 1);
  for (const { id, table, file, bytes } of list) {
    assert.match(file, new RegExp(`^backups/${table}/${table}\\.\\d{8}T\\d{6}Z\\.[0-9a-f]{8}\\.avro$`));
    assert.equal(file, `backups/${table}/${id}.avro`);
    assert.equal(readFileSync(join(home.path, file)).length, bytes);
  }
  await backups.run(['T']);
  assert.deepEqual((await backups.list({ table: 'T' })).length, 2);
  assert.deepEqual((await backups.list({ table: 'u' })).length, 1);
  await assert.rejects(backups.run(['none']), coded('table-not-found', 'none'));
});

test('the newest backup stands first', async (t) => {
  const backups = await makeHome(t, 'CREATE TABLE t (a INT)').backups();
  const ids = [only(await backups.run()).id, only(await backups.run()).id, only(await backups.run()).id];
  assert.deepEqual(
    (await backups.list()).map(({ id }) => id),
    ids.toReversed(),
  );
});

test('the manifest says what the table was', async (t) => {
  const home = makeHome(t, TWO);
  const [ofT, ofU] = await (await home.backups()).run();
  const read = (file = ''): Record<string, unknown> =>
    JSON.parse(readFileSync(join(home.path, file.replace(/avro$/, 'manifest.json')), 'utf8'));
  const manifest = read(ofT?.file);
  const { formatVersion, engine, codec, primaryKey, checks, indexes, foreignKeys, plaintextSha256, sha256 } =
    manifest;
  assert.deepEqual(
    { formatVersion, engine, codec, primaryKey, checks, indexes },
    {
      formatVersion: 1,
      engine: 'sqlite',
      codec: 'deflate',
      primaryKey: ['id'],
      checks: ["CHECK (a <> ')' AND length(a) < 9)"],
      indexes: [{ name: 'by_b', sql: 'CREATE INDEX by_b ON t (b)' }],
    },
  );
  assert.deepEqual([sha256, plaintextSha256], [ofT?.sha256, ofT?.sha256]);
  assert.match(JSON.stringify(foreignKeys), /"parentTable":"u"/);
  const parent = read(ofU?.file);
  assert.match(JSON.stringify(parent.referencedBy), /"table":"t"/);
  assert.deepEqual(parent.sequences, [{ column: 'id', value: '5' }]);
  assert.ok(!JSON.stringify(manifest).includes(home.path), 'no path of this machine');
});

test('content streams the file', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const { id, file } = only(await backups.run(['t']));
  const { info, stream } = await backups.content(id);
  assert.equal(info.id, id);
  assert.deepEqual(await buffer(stream), readFileSync(join(home.path, file)));
  await assert.rejects(backups.content('none'), coded('backup-not-found'));
});

test('no name leaves its folder, and long ones are cut', () => {
  assert.equal(fileNameOf('hired_employees'), 'hired_employees');
  assert.equal(fileNameOf('../..\\a b\0'), '%2E%2E%2F%2E%2E%5Ca%20b%00');
  assert.equal(fileNameOf('ü'), '%C3%BC');
  assert.notEqual(fileNameOf('a%20b'), fileNameOf('a b'));
  const long = [fileNameOf(`${'x'.repeat(300)}1`), fileNameOf(`${'x'.repeat(300)}2`)];
  assert.deepEqual(
    long.map((name) => name.length),
    [120, 120],
  );
  assert.notEqual(long[0], long[1]);
});

test('jobs asked for at once run one after the other', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  const [first, second, third] = await Promise.all([
    backups.run(['t']),
    backups.run(['t']),
    backups.run(['u']),
  ]);
  assert.equal(new Set([first, second, third].map((results) => only(results).id)).size, 3);
  assert.equal((await backups.list()).length, 3);
});

test('the event loop answers while a backup runs', async (t) => {
  const home = makeHome(
    t,
    'CREATE TABLE t (a INT, b TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000) INSERT INTO t SELECT i, hex(randomblob(20)) FROM n',
  );
  let ticks = 0;
  const timer = setInterval(() => {
    ticks += 1;
  }, 5);
  t.after(() => clearInterval(timer));
  const { seconds } = only(await (await home.backups()).run());
  assert.ok(ticks >= 5, `${ticks} ticks in ${seconds} s`);
});

function writePartial(home: string): string {
  const partial = join(home, 'backups', 't', 't.20200101T000000Z.00000000.avro.partial');
  mkdirSync(dirname(partial), { recursive: true });
  writeFileSync(partial, 'Obj');
  writeFileSync(partial.replace('.avro.partial', '.manifest.json'), '{}');
  return partial;
}

test('what a killed run left is swept at the start, unless another process is at work', async (t: TestContext) => {
  const home = makeHome(t, TWO);
  const partial = writePartial(home.path);
  const lock = lockProcesses(join(home.path, 'backups', '.lock'), 0, 'test');
  const backups = await home.backups();
  assert.ok(existsSync(partial));
  lock.release();
  await home.open(null);
  assert.ok(!existsSync(partial));
  writePartial(home.path);
  await backups.run(['t']);
  assert.deepEqual(
    readdirSync(dirname(partial)).filter((name) => name.includes('20200101')),
    [],
  );
});

test('a run waits for the backups of another process', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.backups();
  mkdirSync(join(home.path, 'backups'));
  const lock = lockProcesses(join(home.path, 'backups', '.lock'), 0, 'test');
  let released = false;
  const run = backups.run(['t']).then(() => assert.ok(released));
  await new Promise((resolve) => setTimeout(resolve, 300));
  released = true;
  lock.release();
  await run;
});

test('close ends what is running and leaves nothing half done', async (t) => {
  const home = makeHome(t, TWO);
  const backups = await home.open(null);
  const run = backups.run().then(
    () => 'done',
    (error) => error.code,
  );
  await backups.close();
  assert.ok(['done', 'shutting-down'].includes(await run));
  await assert.rejects(backups.run(), coded('shutting-down'));
  const left = existsSync(join(home.path, 'backups'))
    ? readdirSync(join(home.path, 'backups'), { recursive: true })
    : [];
  assert.deepEqual(
    left.filter((name) => String(name).endsWith('.partial')),
    [],
  );
});

test('the schedule runs the backups, and goes on after one that fails', async (t) => {
  const home = makeHome(t, TWO.replace('CREATE TABLE rowferry_loads (id TEXT);', ''));
  const backups = await home.open('* * * * * *');
  assert.ok((backups.nextRun()?.getTime() ?? 0) > Date.now() - 1000);
  await until(async () => (await backups.list()).length >= 2);
  home.db.exec(`CREATE TABLE wide (${Array.from({ length: 1001 }, (_, i) => `c${i}`).join(', ')})`);
  await until(() => home.logged.some((line) => line.includes('the scheduled backup failed')));
  home.db.exec('DROP TABLE wide');
  const before = (await backups.list({ table: 't' })).length;
  await until(async () => (await backups.list({ table: 't' })).length > before);
});

test('a schedule that is none is named; without one nothing runs', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (a INT)');
  await assert.rejects(home.open('every day'), coded('config-invalid', 'every day'));
  assert.equal((await home.backups()).nextRun(), null);
});

test('a database that is not there is said so and not created', async (t) => {
  const home = makeHome(t, TWO);
  const { openBackups } = await import('../../src/backup/open-backups.ts');
  const { createLog } = await import('../../src/log.ts');
  const backups = await openBackups({
    config: { home: home.path, databaseUrl: `sqlite:${home.path}/none.sqlite`, backupSchedule: null },
    log: createLog({ destination: { write: () => undefined } }),
    signingKey: Buffer.alloc(32),
  });
  await assert.rejects(backups.run(), coded('database-unavailable', 'none.sqlite'));
  assert.ok(!existsSync(join(home.path, 'none.sqlite')));
  await backups.close();
});
