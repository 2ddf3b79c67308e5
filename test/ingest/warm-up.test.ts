import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { Preparer } from '../../src/ingest/prepare.ts';
import { type SamplePart, sampleOf, warmUp } from '../../src/ingest/warm-up.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import type { Table } from '../../src/model/table.ts';
import { loadContent, openHome, summary, utf8 } from './fixture.ts';

const DDL = `CREATE TABLE every_kind (
    id INTEGER PRIMARY KEY, n INTEGER, price DECIMAL(4,1), rate DOUBLE, yes BOOLEAN, day DATE, at TIME, moment DATETIME,
    who UUID, doc JSON, bytes BLOB, code VARCHAR(5), name VARCHAR(100), story TEXT, twice INTEGER GENERATED ALWAYS AS (n * 2));
  CREATE TABLE pair (a INTEGER, b TEXT)`;

test('made-up records of every kind are good ones, of a part in size', async () => {
  const { ingest } = await openHome(DDL);
  const table = await ingest.table('every_kind');
  const { bytes, columns } = sampleOf(table);
  assert.equal(columns.length, 14);
  const dialect = { ...DEFAULT_DIALECT, header: false };
  const prepared = new Preparer(sqliteEngine).csv({ bytes, table, columns, last: true, dialect });
  assert.deepEqual(prepared.errors.slice(0, 3), []);
  assert.ok(prepared.records > 100 && prepared.consumed >= 1 << 18, `${prepared.records} records`);
});

test('the tables with the most columns, each several times, until it is no longer wanted', async () => {
  const { ingest } = await openHome(DDL);
  const tables = await ingest.tables();
  const prepared: string[] = [];
  const prepare = async ({ table }: SamplePart) => void prepared.push(table.name);
  await warmUp(tables, prepare, () => true);
  assert.deepEqual(prepared, [...Array(8).fill('every_kind'), ...Array(8).fill('pair')]);
  prepared.length = 0;
  await warmUp(tables, prepare, () => prepared.length < 2);
  assert.deepEqual(prepared, ['every_kind', 'every_kind']);
  const none: Table[] = [];
  await warmUp(none, prepare, () => true);
});

test('nothing of it comes into the database, and loads go on as ever', async () => {
  const { ingest, values } = await openHome(DDL);
  await ingest.warmUp();
  assert.deepEqual(values('SELECT (SELECT count(*) FROM every_kind), (SELECT count(*) FROM pair)'), [[0, 0]]);
  assert.deepEqual(values('SELECT count(*) FROM rowferry_loads'), [[0]]);
  const content = utf8('1,x\n2,y\n');
  assert.equal(summary(await loadContent(ingest, content, { table: 'pair' })), '2 = 2 + 0 + 0 + 0');
});

test('a server that stops does not wait for it', async () => {
  const { ingest, reopen } = await openHome(DDL);
  const warming = ingest.warmUp();
  await (await reopen()).tables();
  await warming;
});
