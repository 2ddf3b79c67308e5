import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDatabase } from '../../src/database/open.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { Pool } from '../../src/ingest/pool.ts';
import { warmUp } from '../../src/ingest/warm-up.ts';
import { testPostgres } from '../servers/postgres.ts';
import { openGate } from './gate.ts';

const DDL = `CREATE TABLE hires (id INTEGER PRIMARY KEY, name VARCHAR(60) NOT NULL, hired TIMESTAMP NOT NULL,
  born DATE, pay NUMERIC(10, 2), ratio REAL, active BOOLEAN, badge UUID, shift TIME)`;

/** Notes what is prepared. */
class NotedPool extends Pool {
  readonly prepared: { readonly table: string; readonly records: number; readonly rejects: number }[] = [];

  override async prepare(...[part, transfer]: Parameters<Pool['prepare']>): ReturnType<Pool['prepare']> {
    const prepared = await super.prepare(part, transfer);
    const { records, errors } = prepared;
    this.prepared.push({ table: part.table.name, records, rejects: errors.length });
    return prepared;
  }
}

/** A pool whose lanes come to their database through a gate. */
async function opened(t: TestContext) {
  const url = await (await testPostgres()).freshDatabase();
  const connection = await openDatabase(url);
  t.after(() => connection.close());
  await connection.execute(DDL);
  const gate = await openGate(t, url);
  gate.close();
  const options = { lanes: 2, onAgain: () => {}, mayAnswer: () => {} };
  const pool = new NotedPool(gate.url, connection.engine, options);
  t.after(() => {
    gate.open();
    return pool.close();
  });
  return { gate, pool, dictionary: new Dictionary(connection) };
}

test('rows that fit the tables are prepared, and none is written', { timeout: 60_000 }, async (t) => {
  const { gate, pool, dictionary } = await opened(t);
  gate.open();
  await warmUp(pool, dictionary);
  while (pool.prepared.length === 0) await sleep(5);
  for (const { table, records, rejects } of pool.prepared) {
    assert.deepEqual([table, records > 0, rejects], ['hires', true, 0]);
  }
  assert.equal(await dictionary.rowCount('hires'), 0);
});

test('a database that takes no connections is not waited for until it gives up', async (t) => {
  const { pool, dictionary } = await opened(t);
  const warm = warmUp(pool, dictionary).then(() => 'goes on');
  assert.equal(await Promise.race([warm, pool.opened]), 'goes on');
});
