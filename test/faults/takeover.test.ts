import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { Rowferry } from '../../src/client/client.ts';
import { targetOf } from '../../src/database/mysql/address.ts';
import { type Database, type EngineName, openDatabases, type Row } from './harness/databases.ts';
import { makeHome, start, type Up, until } from './up-process.ts';

/**
 * Two servers on one database. One is stopped (SIGSTOP) in the middle of a transaction; the other takes its load over
 * once the database has ended that transaction. Woken again, the first one writes nothing.
 */

const LINES = 1000;
const LEASE_SECONDS = 2;
const DDL = `CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL);
  CREATE TABLE parents (id INTEGER PRIMARY KEY); INSERT INTO parents VALUES (1);
  CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER NOT NULL REFERENCES parents (id))`;

interface Locker {
  /** Locks the parent. */
  lock(): Promise<void>;
  /** How many others wait. */
  waiting(): Promise<number>;
  end(): Promise<void>;
}

for (const engine of ['postgres', 'mysql'] as const) {
  const databases = await openDatabases(engine);
  after(() => databases.stop());

  test(`${engine}: a server that stands still loses its load to another, and writes nothing when it wakes`, async (t) => {
    const database = await databases.fresh();
    await database.run(
      DDL.replace('REFERENCES parents (id)', ', FOREIGN KEY (parent) REFERENCES parents (id)'),
    );
    await shortenLease(engine, database);
    const home = makeHome(t, 'SELECT 1', { databaseUrl: database.url });
    const file = join(home.path, 'children.csv');
    const content = Array.from({ length: LINES }, (_, line) => `${line},1\n`).join('');
    writeFileSync(file, content);
    const first = start(t, home, ['serve', '--port', '0', '--log', 'text']);
    await until(first, 'it listens', () => /API key[^\n]*\n/.test(first.output()));
    const second = start(t, home, ['serve', '--port', '0', '--log', 'text']);
    await until(second, 'it listens', () => urlOf(second) !== undefined);
    const [key = ''] = /rfk_\w+/.exec(first.output()) ?? [];
    const locker = await lockerOf(engine, database);
    t.after(() => locker.end());
    await locker.lock();
    const load = (up: Up) =>
      new Rowferry({ url: urlOf(up) ?? '', key }).load(file, {
        table: 'children',
        sniff: false,
        waitMs: 60_000,
      });
    const stopped = load(first);
    stopped.catch(() => undefined);
    await eventually(async () => (await locker.waiting()) > 0);
    process.kill(first.pid, 'SIGSTOP');
    await locker.end();
    const taken = await load(second);
    assert.deepEqual([taken.state, taken.inserted], ['completed', LINES]);
    process.kill(first.pid, 'SIGCONT');
    assert.equal((await stopped).inserted, LINES);
    const [count] = await rows(database, 'SELECT count(*) AS n FROM children');
    assert.equal(Number(count?.n), LINES);
    const ledger = engine === 'postgres' ? 'rowferry.batches' : 'rowferry_batches';
    const [batches] = await rows(database, `SELECT sum(inserted) AS n FROM ${ledger}`);
    assert.equal(Number(batches?.n), LINES);
    for (const up of [first, second]) assert.equal(await up.stop(), 0, up.output());
  });
}

const urlOf = (up: Up): string | undefined => /http:\/\/127\.0\.0\.1:\d+/.exec(up.output())?.[0];

function rows(database: Database, sql: string): Promise<Row[]> {
  return database.snapshot((query) => query(sql));
}

/** As an administrator would; without it the lease is a minute. */
async function shortenLease(engine: EngineName, { url, run }: Database): Promise<void> {
  const name = new URL(url).pathname.slice(1);
  if (engine === 'mysql') return run(`SET GLOBAL idle_transaction_timeout = ${LEASE_SECONDS}`);
  return run(`ALTER DATABASE ${name} SET idle_in_transaction_session_timeout = '${LEASE_SECONDS}s'`);
}

async function lockerOf(engine: EngineName, { url }: Database): Promise<Locker> {
  const sql = 'SELECT id FROM parents FOR UPDATE';
  if (engine === 'postgres') {
    const client = new Client(url);
    await client.connect();
    client.on('error', () => undefined);
    await client.query("SET idle_in_transaction_session_timeout = '0'");
    // Within a transaction pg_stat_activity stays as it was.
    const count = 'SELECT count(*) AS n FROM pg_locks WHERE NOT granted';
    return {
      lock: async () => void (await client.query(`BEGIN; ${sql}`)),
      waiting: async () => Number((await client.query(count)).rows[0]?.n),
      end: () => client.end(),
    };
  }
  const client = await createConnection(targetOf(url));
  await client.query('SET SESSION idle_transaction_timeout = 0');
  const count = "SELECT count(*) AS n FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
  return {
    lock: async () => {
      await client.query('START TRANSACTION');
      await client.query(sql);
    },
    waiting: async () => {
      const [found] = await client.query(count);
      return Array.isArray(found) ? Number(Object.values(found[0] ?? {})[0]) : 0;
    },
    end: () => client.end(),
  };
}

async function eventually(condition: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < 100; look += 1) {
    if (await condition()) return;
    // MariaDB looks at its transactions anew only when nobody has asked for 0.1 s.
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  assert.fail('it did not happen');
}
