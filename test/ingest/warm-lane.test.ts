import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Connection } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { warmLane } from '../../src/ingest/warm-lane.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { databaseOf, temporaryFolder } from '../database/sqlite/fixture.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';

const folder = temporaryFolder();
const LEDGER = ['loads', 'batches', 'rejects'] as const;

/** A connection that notes what it is asked, to a database with or without a ledger. */
async function open(t: TestContext, url: string, hasLedger = true) {
  const connection = await openDatabase(url);
  t.after(() => connection.close());
  if (hasLedger) await migrate(connection);
  const asked: string[] = [];
  const query = connection.query.bind(connection);
  connection.query = (sql, parameters) => {
    asked.push(sql);
    return query(sql, parameters);
  };
  return { connection, asked };
}

const tableOf = ({ engine }: Connection, name: (typeof LEDGER)[number]): string =>
  engine.name === 'postgres' ? `rowferry.${name}` : `rowferry_${name}`;

for (const [name, server] of [
  ['PostgreSQL', testPostgres],
  ['MySQL', testMysql],
] as const) {
  test(`${name}: the tables of the ledger are asked, and nothing is written or left open`, async (t) => {
    const { connection, asked } = await open(t, await (await server()).freshDatabase());
    await warmLane(connection);
    for (const table of LEDGER) {
      const named = tableOf(connection, table).replace(/[."]/g, '');
      const all = asked.map((sql) => sql.replace(/[."`]/g, ''));
      assert.ok(
        all.some((sql) => sql.includes(named)),
        `${table} was not asked`,
      );
      assert.deepEqual(await connection.query(`SELECT * FROM ${tableOf(connection, table)}`), []);
    }
    // A transaction that was left open would make this one fail or be part of it.
    await connection.transaction(async () => {}, { write: true });
  });

  test(`${name}: a database without a ledger is none of its business`, async (t) => {
    const { connection } = await open(t, await (await server()).freshDatabase(), false);
    await warmLane(connection);
    assert.equal((await connection.query('SELECT 1 AS one')).length, 1);
  });
}

test('SQLite, whose write lock others may wait for, is asked nothing', async (t) => {
  const { connection, asked } = await open(t, databaseOf(folder, 'warm', 'CREATE TABLE t (id INTEGER)'));
  await warmLane(connection);
  assert.deepEqual(asked, []);
});
