import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BackupJob, Rowferry, type WatchOptions } from '../../src/client/client.ts';
import { loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningServer, startServer } from '../../src/server/listen.ts';
import { type KeyPair, makeKeys } from '../age/fixture.ts';
import { runHere } from '../cli/command.ts';
import * as mysql from '../database/mysql/fixture.ts';
import * as postgres from '../database/postgres/fixture.ts';
import { coded } from './fixture.ts';

/**
 * Encrypted backups of PostgreSQL and MariaDB, through their servers: all ways to restore them, what is refused, and jobs
 * that are watched and stopped.
 */

const ENGINES = { postgres, mysql } as const;
type Name = keyof typeof ENGINES;

const ROWS = `CREATE TABLE jobs (id INTEGER PRIMARY KEY, job VARCHAR(60) NOT NULL, pay DECIMAL(10,2));
  INSERT INTO jobs VALUES (1, 'Ann ü😀', 10.50), (2, 'Bob''s', NULL), (3, '', -0.01);`;
const SAVED = [
  ['1', 'Ann ü😀', '10.50'],
  ['2', "Bob's", null],
  ['3', '', '-0.01'],
];
const CHANGE = "UPDATE jobs SET job = 'changed'; DELETE FROM jobs WHERE id = 3;";
const CHANGED = [
  ['1', 'changed', '10.50'],
  ['2', 'changed', null],
];

interface Place {
  readonly home: string;
  readonly client: Rowferry;
  readonly server: RunningServer;
  run(sql: string): Promise<void>;
  rowsOf(table: string): Promise<unknown[][]>;
  valuesIn(sql: string): Promise<unknown[][]>;
}

let keys: KeyPair;
let stranger: KeyPair;
const places = new Map<Name, Place>();

before(async () => {
  [keys, stranger] = [await makeKeys(), await makeKeys()];
  for (const name of ['postgres', 'mysql'] as const) places.set(name, await open(name));
});

after(async () => {
  for (const { client, server, home } of places.values()) {
    client.close();
    await server.close();
    rmSync(home, { recursive: true });
  }
});

/** A server with a home of its own; the second one has the key of the first, as another machine would. */
async function open(name: Name): Promise<Place> {
  const { databaseOf, run, valuesIn } = ENGINES[name];
  const databaseUrl = await databaseOf(ROWS);
  const home = mkdtempSync(join(tmpdir(), 'rowferry-encrypted-'));
  const [first] = places.values();
  if (first !== undefined) copyFileSync(join(first.home, 'rowferry.key'), join(home, 'rowferry.key'));
  const settings = { databaseUrl, backupSchedule: null, backupRecipients: [keys.recipient] };
  writeFileSync(join(home, 'rowferry.config.json'), JSON.stringify(settings), { mode: 0o600 });
  writeFileSync(join(home, 'key.txt'), keys.identity);
  const log = createLog({ destination: { write: () => undefined } });
  const server = await startServer({ config: loadConfig({ home, ...settings }, {}), log, port: 0 });
  const { token } = server.keys.createEphemeral(['tables:*:*', 'keys:admin']);
  const text =
    name === 'postgres'
      ? (column: string) => `${column}::text`
      : (column: string) => `CAST(${column} AS CHAR)`;
  return {
    home,
    server,
    client: new Rowferry({ url: server.url, key: token }),
    run: (sql) => run(databaseUrl, sql),
    valuesIn: (sql) => valuesIn(databaseUrl, sql),
    rowsOf: (table) =>
      valuesIn(databaseUrl, `SELECT ${text('id')}, job, ${text('pay')} FROM ${table} ORDER BY id`),
  };
}

const BIG_ROWS = 100_000;
const DIGITS = Array.from({ length: 10 }, (_, digit) => `SELECT ${digit} AS n`).join(' UNION ALL ');
const BIG = `CREATE TABLE big (id INTEGER PRIMARY KEY, v VARCHAR(200) NOT NULL);
  INSERT INTO big WITH d AS (${DIGITS})
    SELECT a.n + 10 * b.n + 100 * c.n + 1000 * e.n + 10000 * f.n, 'a text of some length' FROM d a, d b, d c, d e, d f;`;
const SUMMARY = "SELECT concat(count(*), ''), min(v), max(v) FROM big";

/** Starts the work, stops it in this phase through the API, and gives what the API said of it then. */
async function stopIn(
  client: Rowferry,
  phase: BackupJob['phase'],
  work: (watch: WatchOptions) => Promise<unknown>,
): Promise<BackupJob> {
  const stop = new AbortController();
  const result = work({ signal: stop.signal });
  let isOver = false;
  const end = () => {
    isOver = true;
  };
  result.then(end, end);
  while (!isOver) {
    const job = (await client.backupJobs()).find((each) => each.phase === phase && each.table === 'big');
    if (job === undefined) {
      await sleep(2);
      continue;
    }
    stop.abort();
    await assert.rejects(result, coded('job-stopped', 'stopped'));
    return job;
  }
  return assert.fail(`${phase} was not seen`);
}

const placeOf = (name: Name): Place => places.get(name) ?? assert.fail();

for (const name of ['postgres', 'mysql'] as const) {
  test(`${name}: an encrypted backup is restored by its id, by its file, into another table and tried first; never without its key`, async () => {
    const { home, client, run, rowsOf } = placeOf(name);
    const [made] = await client.backup(['jobs']);
    assert.ok(made !== undefined && /\.avro\.age$/.test(made.file));
    const file = join(home, 'copy.avro.age');
    await client.download(made.id, file);
    await run(CHANGE);
    const [identities, wrong] = [[keys.identity], [stranger.identity]];
    for (const from of [{ backup: made.id }, { file }]) {
      const keyless = client.restore({ table: 'jobs', from });
      await assert.rejects(keyless, coded('backup-no-key', 'no key for it', 'Nothing was changed.'));
      const refused = client.restore({ table: 'jobs', from, identities: wrong });
      await assert.rejects(refused, coded('backup-no-key', 'not for this identity'));
      const dry = await client.restore({ table: 'jobs', from, identities, dryRun: true });
      assert.deepEqual([dry.rows, dry.replaced, dry.safetyBackup], [3, 2, null]);
      const beside = await client.restore({ table: 'jobs_before', from, identities });
      assert.deepEqual([beside.table, beside.backupTable, beside.rows], ['jobs_before', 'jobs', 3]);
      assert.deepEqual(await rowsOf('jobs_before'), SAVED);
      assert.deepEqual(await rowsOf('jobs'), CHANGED);
      const { safetyBackup } = await client.restore({ table: 'jobs', from, identities });
      assert.deepEqual(await rowsOf('jobs'), SAVED);
      await run('DROP TABLE jobs_before');
      const safety = (await client.backups()).find(({ id }) => id === safetyBackup) ?? assert.fail();
      assert.ok(safety.encryption !== null, 'no row reaches the disk in the clear');
      await client.restore({ table: 'jobs', from: { backup: safety.id }, identities });
      assert.deepEqual(await rowsOf('jobs'), CHANGED);
    }
    const mine = await runHere(home, ['restore', made.id, '--identity', 'key.txt', '--yes', '--json']);
    assert.equal(mine.code, 0, mine.stderr);
    assert.deepEqual(await rowsOf('jobs'), SAVED, 'the server of the command itself');
  });

  test(`${name}: what is proven of an encrypted backup goes by whether its key is given`, async () => {
    const { client } = placeOf(name);
    const [made] = await client.backup(['jobs']);
    const info = (await client.backups()).find(({ id }) => id === made?.id) ?? assert.fail();
    const identities = [keys.identity];
    for (const level of ['0', '1', '2'] as const) {
      assert.equal((await client.verify(info.id, { level })).state, 'verified');
    }
    const keyless = client.verify(info.id, { level: '3' });
    await assert.rejects(keyless, coded('backup-no-key', 'no key for it'));
    assert.equal((await client.verify(info.id, { level: '2', identities })).testRestoredAt, null);
    const tried = await client.verify(info.id, { level: '3', identities });
    assert.deepEqual([tried.state, tried.testRestoredAt !== null], ['verified', true]);
    const mistaken = client.verify(info.id, { level: '2', fileKey: Buffer.alloc(16) });
    await assert.rejects(mistaken, coded('backup-no-key', 'not that of this backup'));
    const [listed] = (await client.backups()).filter(({ id }) => id === info.id);
    assert.equal(listed?.state, 'verified', 'a wrong key says nothing of the backup');
  });

  test(`${name}: a backup and a restore are watched and stopped through the API: nothing changed, no file is left over, the next ones work`, async () => {
    const { home, client, run, valuesIn } = placeOf(name);
    await run(BIG);
    const filesOf = () => readdirSync(join(home, 'backups', 'big'));
    const here = name === 'postgres' ? 'current_schema()' : 'DATABASE()';
    const tables = () =>
      valuesIn(`SELECT table_name FROM information_schema.tables WHERE table_schema = ${here} ORDER BY 1`);
    const before = await tables();
    const writing = await stopIn(client, 'writing', (watch) => client.backup(['big'], watch));
    assert.deepEqual([writing.kind, writing.total, writing.tables], ['backup', BIG_ROWS, 1]);
    assert.deepEqual(filesOf(), []);
    const [made] = await client.backup(['big']);
    assert.equal(made?.rows, BIG_ROWS);
    await run("DELETE FROM big WHERE id > 2; UPDATE big SET v = 'changed'");
    const changed = [['3', 'changed', 'changed']];
    const asked = { table: 'big', from: { backup: made.id }, identities: [keys.identity] };
    const restoring = await stopIn(client, 'restoring', (watch) => client.restore({ ...asked, ...watch }));
    assert.deepEqual([restoring.kind, restoring.total], ['restore', BIG_ROWS]);
    assert.deepEqual(await valuesIn(SUMMARY), changed);
    assert.deepEqual(
      filesOf().filter((file) => !/\.(avro\.age|manifest\.json)$/.test(file)),
      [],
    );
    assert.deepEqual(await tables(), before);
    assert.deepEqual(await client.backupJobs(), []);
    const { rows, replaced } = await client.restore(asked);
    assert.deepEqual([rows, replaced], [BIG_ROWS, 3]);
    assert.deepEqual(await valuesIn(SUMMARY), [
      [String(BIG_ROWS), 'a text of some length', 'a text of some length'],
    ]);
    await run('DROP TABLE big');
  });

  const other = name === 'postgres' ? 'mysql' : 'postgres';
  test(`${name}: an encrypted backup of ${other} is converted with its key, and looked at first`, async () => {
    const source = placeOf(other);
    const { home, client, run, rowsOf } = placeOf(name);
    const [made] = await source.client.backup(['jobs']);
    const file = join(home, `of-${other}.avro.age`);
    await source.client.download(made?.id ?? '', file);
    assert.ok(existsSync(file));
    await run('DROP TABLE jobs');
    const asked = { table: 'jobs', from: { file }, identities: [keys.identity] };
    await assert.rejects(client.restore(asked), coded('restore-engine-mismatch', `comes from ${other}`));
    const keyless = client.restore({ ...asked, identities: [], convert: true });
    await assert.rejects(keyless, coded('backup-no-key', 'Nothing was changed.'));
    const dry = await client.restore({ ...asked, convert: true, dryRun: true });
    assert.match(dry.createTable ?? '', /CREATE TABLE/);
    await assert.rejects(rowsOf('jobs'), 'a dry run makes nothing');
    const done = await client.restore({ ...asked, convert: true });
    assert.equal(done.compared, 'rows, and what each value means');
    assert.deepEqual(await rowsOf('jobs'), await source.rowsOf('jobs'));
  });
}
