import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from '../../../src/database/database.ts';
import { sqliteEngine } from '../../../src/database/sqlite/engine.ts';
import { databaseOf, rowsIn, temporaryFolder } from './fixture.ts';

const folder = temporaryFolder();

async function within(sql: string, work: (connection: Connection, url: string) => Promise<void>) {
  const url = databaseOf(folder, `x${Math.random()}`, sql);
  const connection = await sqliteEngine.connect(url);
  try {
    await work(connection, url);
  } finally {
    await connection.close();
  }
}

test('values come and go as they are, whole numbers beyond 2^53 as bigint', () =>
  within('CREATE TABLE t (v)', async (connection) => {
    const values = [7, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n, -(2n ** 53n), 0.1, 'it\'s "?" 😀', null];
    const bytes = Uint8Array.of(0, 39, 255);
    const selected = [...values, bytes].map((_, i) => `? AS v${i}`).join(', ');
    const [row] = await connection.query(`SELECT ${selected}`, [...values, bytes]);
    assert.deepEqual(Object.values(row ?? {}), [...values, bytes]);
    const edges = [9_007_199_254_740_991n, -9_007_199_254_740_991n, 5n];
    const [safe] = await connection.query('SELECT ? AS a, ? AS b, ? AS c', edges);
    assert.deepEqual(Object.values(safe ?? {}), [9_007_199_254_740_991, -9_007_199_254_740_991, 5]);
  }));

test('a statement that was executed before gives large numbers too', () =>
  within('CREATE TABLE t (v); INSERT INTO t VALUES (9223372036854775807)', async (connection) => {
    const sql = 'SELECT v FROM t';
    for (const _ of [1, 2]) {
      await connection.execute(sql);
      assert.deepEqual(
        (await connection.query(sql)).map(({ v }) => v),
        [2n ** 63n - 1n],
      );
    }
  }));

test('a statement that writes and answers writes once', () =>
  within('CREATE TABLE t (v)', async (connection, url) => {
    const insert = 'INSERT INTO t VALUES (?), (?) RETURNING v';
    const rows = await connection.query(insert, [1, 2n ** 60n]);
    assert.deepEqual(
      rows.map(({ v }) => v),
      [1, 2n ** 60n],
    );
    assert.deepEqual(rowsIn(url, 'SELECT count(*) AS n FROM t'), [{ n: 2 }]);
  }));
