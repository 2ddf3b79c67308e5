import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { type Database, type EngineName, openDatabases, type Row } from './harness/databases.ts';
import { type Disk, fill, skip, smallDisk } from './small-disk.ts';
import { makeHome, start, until } from './up-process.ts';

/** A disk of a few MB that fills while rows are on their way: 507, rows = ledger, and on it goes once there is room. */

const LINES = 400_000;
const content = Array.from({ length: LINES }, (_, line) => `${line},${'x'.repeat(40)}\n`).join('');
const DDL = 'CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL)';
for (const engine of ['sqlite', 'postgres', 'mysql'] as const) {
  const databases = await openDatabases(engine);
  after(() => databases.stop());

  test(`${engine}: the disk of the table is full`, { skip }, async (t) => {
    const disk = smallDisk(t, 12);
    const database = await tableOn(disk, engine, await databases.fresh());
    const home = makeHome(t, 'SELECT 1', { databaseUrl: database.url });
    const file = join(home.path, 't.csv');
    writeFileSync(file, content);
    const server = start(t, home, ['serve', '--port', '0', '--log', 'text']);
    await until(server, 'it listens', () => /API key[^\n]*\n/.test(server.output()));
    const [key = ''] = /rfk_\w+/.exec(server.output()) ?? [];
    const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
    const client = new Rowferry({ url, key });
    t.after(() => client.close());
    const given = client.load(file, { table: 't', sniff: false, waitMs: 100 });
    await assert.rejects(given, { code: 'disk-full', status: 507, retryable: true });
    await assertTruthful(database, 'receiving');
    await assertRefused(`${url}/v1/loads`, key);
    // InnoDB puts the same rows where those were that were deleted: it needs no more room for them.
    if (engine !== 'mysql') await assertNotRestored(url, key);
    await assertTruthful(database, 'receiving');
    let told = '';
    const waiting = client.load(file, {
      table: 't',
      sniff: false,
      waitMs: 60_000,
      onWaiting: (each) => {
        told += each === null ? 'on' : `${each.reason.code} `;
        if (each !== null) disk.grow();
      },
    });
    assert.equal((await waiting).state, 'completed');
    assert.equal(told, 'disk-full on');
    assert.equal(await assertTruthful(database, 'completed'), LINES);
    assert.equal(await server.stop(), 0, server.output());
  });

  /** The old rows stand beside the new ones until the COMMIT. What is there is backed up on another disk. */
  async function assertNotRestored(url: string, key: string): Promise<void> {
    const post = async (path: string, body: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(url + path, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
        body: JSON.stringify(body),
      });
      return { status: answer.status, ...JSON.parse(await answer.text()) };
    };
    const made = await post('/v1/backups', { tables: ['t'] });
    const refused = await post('/v1/tables/t/restore', { backup: made.backups?.[0]?.id });
    assert.deepEqual([refused.status, refused.code], [507, 'disk-full'], JSON.stringify([made, refused]));
    assert.match(refused.detail, /Nothing was changed\.$/);
    assert.match(refused.hint, /make room on the disk.*then try again/);
  }

  /** What has no room for a part has none for the rows of a large request either. */
  async function assertRefused(loads: string, key: string): Promise<void> {
    const url = loads.replace('/v1/loads', '/v1/tables/t/rows');
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/csv' };
    const rows = Array.from({ length: 100_000 }, (_, n) => `${LINES + n},${'y'.repeat(60)}\n`).join('');
    const answer = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': 'a-key-of-its-own-0001' },
      body: rows,
    });
    assert.deepEqual([answer.status, answer.headers.get('retry-after')], [507, '5'], await answer.text());
  }
}

test('the disk of the rejects is full: told, and they are written when the same command is typed again', {
  skip,
}, async (t) => {
  const disk = smallDisk(t, 1);
  const home = makeHome(t, `${DDL}; INSERT INTO t VALUES (-1, 'x')`);
  const file = join(home.path, 't.csv');
  writeFileSync(file, Array.from({ length: 60_000 }, (_, n) => `${n},${n % 2 ? '' : 'good'}\n`).join(''));
  const at = { path: disk.path };
  const settings = ['--database-url', `sqlite:${home.database}`];
  const first = start(t, { ...home, ...at }, ['load', file, '--max-rejects', '100%', ...settings]);
  const told = /rowferry: .*no room left for the rejects.*\n.*free some space there/i;
  await until(first, 'it is told', () => told.test(first.output()));
  const folder = join(disk.path, 'data', 'not_added', 't');
  assert.deepEqual(existsSync(folder) ? readdirSync(folder) : [], [], 'nothing half written is left');
  disk.grow();
  const second = start(t, { ...home, ...at }, ['load', file, '--max-rejects', '100%', ...settings]);
  await until(second, 'it is done', () => /next: rowferry/.test(second.output()));
  assert.deepEqual(readdirSync(folder).length, 2);
  using database = new DatabaseSync(home.database);
  assert.equal(database.prepare('SELECT count(*) AS n FROM t').get()?.n, 30_001);
});

test('the disk of log.txt is full: the server goes on, and says so once', { skip }, async (t) => {
  const disk = smallDisk(t, 1);
  const home = makeHome(t, DDL);
  const settings = ['--database-url', `sqlite:${home.database}`];
  const server = start(t, { path: disk.path }, ['serve', '--port', '0', '--log', 'text', ...settings]);
  await until(server, 'it listens', () => /API key[^\n]*\n/.test(server.output()));
  const [key = ''] = /rfk_\w+/.exec(server.output()) ?? [];
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
  fill(disk.path);
  const client = new Rowferry({ url, key });
  t.after(() => client.close());
  const rejected = async (id: number) =>
    (await client.table('t').insert([{ id, name: 'x' }, { id }])).rejected;
  for (const id of [1, 2, 3]) assert.equal(await rejected(id), 1);
  const told = () => server.output().match(/lines for \S+log\.txt are lost: ENOSPC/g)?.length;
  await until(server, 'it is told', () => told() !== undefined);
  assert.equal(told(), 1, server.output());
  disk.grow();
  assert.equal(await rejected(4), 1);
  assert.match(readFileSync(join(disk.path, 'log.txt'), 'utf8'), /WARN/);
  assert.equal(await server.stop(), 0, server.output());
});

test('the disk of an upload is full: 507, nothing left behind, and it is taken when there is room', {
  skip,
}, async (t) => {
  const disk = smallDisk(t, 1);
  const home = makeHome(t, DDL);
  const settings = ['--database-url', `sqlite:${home.database}`];
  const server = start(t, { path: disk.path }, ['serve', '--port', '0', '--log', 'text', ...settings]);
  await until(server, 'it listens', () => /API key[^\n]*\n/.test(server.output()));
  const [key = ''] = /rfk_\w+/.exec(server.output()) ?? [];
  const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(server.output()) ?? [];
  const upload = async () => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/avro' };
    const answer = await fetch(`${url}/v1/tables/t/restore`, {
      method: 'POST',
      headers: { ...headers, 'idempotency-key': crypto.randomUUID() },
      body: new Uint8Array(3 << 20),
    });
    return [answer.status, answer.headers.get('retry-after'), JSON.parse(await answer.text()).code];
  };
  assert.deepEqual(await upload(), [507, '5', 'disk-full']);
  assert.deepEqual(readdirSync(join(disk.path, 'data', 'work', 'uploads')), []);
  disk.grow();
  assert.notEqual((await upload())[0], 507, 'it is read now, and is no Avro file');
  assert.equal(await server.stop(), 0, server.output());
});

/** The table alone where a server's own files lie elsewhere: with no room for its log a server ends. */
async function tableOn(disk: Disk, engine: EngineName, database: Database): Promise<Database> {
  chmodSync(disk.path, 0o777);
  if (engine === 'sqlite') {
    const path = join(disk.path, 't.sqlite');
    const query = (sql: string): Row[] => {
      using db = new DatabaseSync(path);
      return db.prepare(sql).all();
    };
    query(DDL);
    return { ...database, url: `sqlite:${path}`, snapshot: (read) => read(async (sql) => query(sql)) };
  }
  if (engine === 'mysql') await database.run(`${DDL} DATA DIRECTORY = '${disk.path}'`);
  else {
    execFileSync('chown', ['postgres', disk.path]);
    const name = `small_${new URL(database.url).pathname.slice(-8)}`;
    await database.run(`CREATE TABLESPACE ${name} LOCATION '${disk.path}'`);
    await database.run(
      `${DDL.replace('PRIMARY KEY', `PRIMARY KEY USING INDEX TABLESPACE ${name}`)} TABLESPACE ${name}`,
    );
  }
  return database;
}

/** The rows of the table, which are those of the ledger. */
async function assertTruthful({ engine, snapshot }: Database, state: string): Promise<number> {
  const loads = engine === 'postgres' ? 'rowferry.loads' : 'rowferry_loads';
  const one = (sql: string) => snapshot(async (query) => (await query(sql))[0]);
  const load = await one(`SELECT state, inserted, position FROM ${loads} WHERE name = 't.csv'`);
  const rows = Number((await one('SELECT count(*) AS n FROM t'))?.n);
  assert.deepEqual([load?.state, Number(load?.inserted)], [state, rows]);
  return rows;
}
