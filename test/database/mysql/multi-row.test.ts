import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startMysql } from '../../../scripts/servers/mysql.ts';
import type { Connection } from '../../../src/database/database.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { ALL_TYPES } from '../../backup/mysql/all-types.ts';
import { contentOf } from '../../backup/mysql/fixture.ts';
import { databaseUrl } from '../../servers/server.ts';
import { type Loaded, type LoadOptions, loadBy, summary } from '../shared/load.ts';
import { driverTo, listIn, run, valuesIn } from './fixture.ts';

/** A server that takes no LOAD DATA LOCAL, and small packets only. */

const PACKET = 1 << 20;

let stop: () => Promise<void>;
let url: string;
let connection: Connection;

before(async () => {
  const server = await startMysql(['--local-infile=0', `--max-allowed-packet=${PACKET}`]);
  stop = () => server.stop();
  await run(databaseUrl(server.url, 'mysql'), 'CREATE DATABASE x CHARACTER SET utf8mb4');
  url = databaseUrl(server.url, 'x');
  connection = await mysqlEngine.connect(url);
});

after(async () => {
  await connection.close();
  await (await driverTo(url)).end();
  await stop();
});

let tables = 0;

/** A table of its own with these columns. */
async function tableWith(columns: string): Promise<string> {
  const name = `t${++tables}`;
  await run(url, `CREATE TABLE ${name} (${columns})`);
  return name;
}

const load = (csv: string, options: LoadOptions): Promise<Loaded> => loadBy(connection, csv, options);

test('many rows in one statement instead, and the receipt says so', async () => {
  const table = await tableWith('n INT PRIMARY KEY, v VARCHAR(20)');
  const csv = Array.from({ length: 60_000 }, (_, i) => `${i},row ${i}\n`).join('');
  const loaded = await load(csv, { table });
  assert.equal(loaded.strategy, 'multi-row insert');
  assert.equal(summary(loaded), '60000 = 60000 + 0 + 0 + 0');
  assert.deepEqual(await valuesIn(url, `SELECT COUNT(*), SUM(n), MAX(v) FROM ${table}`), [
    [60_000, '1799970000', 'row 9999'],
  ]);
});

test('values are what they are: quotes, escapes, NULL, bytes, bits', async () => {
  const table = await tableWith('n INT, v TEXT, b VARBINARY(9), f BIT(8), d DECIMAL(5,2), at DATETIME');
  const csv =
    '1,"it\'s ""\\""\n\t?:x",0x27005c,200,+1.5,2021-11-07T02:48:42Z\n2,,,,,\n3,"\\N","",0,-1,2021-01-01 00:00\n';
  assert.deepEqual((await load(csv, { table })).errors, []);
  assert.deepEqual(await valuesIn(url, `SELECT v, HEX(b), f + 0, d, at FROM ${table} ORDER BY n`), [
    ['it\'s "\\"\n\t?:x', '27005C', 200, '1.50', '2021-11-07 02:48:42'],
    [null, null, null, null, null],
    ['\\N', '', 0, '-1.00', '2021-01-01 00:00:00'],
  ]);
});

test('refused rows are told as with LOAD DATA', async () => {
  const table = await tableWith('id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(9) CHARACTER SET latin1');
  await run(url, `INSERT INTO ${table} VALUES (1, 1, 'old')`);
  const loaded = await load('1,1,a\n2,1,b\n2,1,c\n3,0,d\n4,1,日\n5,5,e\n', { table });
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id', '3 check', '4 database v']);
  assert.deepEqual(await listIn(url, `SELECT id FROM ${table} ORDER BY id`), [1, 2, 5]);
});

test('skip and upsert', async () => {
  const table = await tableWith('id INT PRIMARY KEY, v VARCHAR(9)');
  await run(url, `INSERT INTO ${table} VALUES (1, 'old'), (2, 'old')`);
  assert.equal(summary(await load('1,a\n3,b\n3,c\n', { table, mode: 'skip' })), '3 = 1 + 0 + 2 + 0');
  const upserted = await load('1,new\n4,new\n2,old\n', { table, mode: 'upsert' });
  assert.equal(upserted.strategy, 'multi-row insert, multi-row update');
  assert.equal(summary(upserted), '3 = 1 + 2 + 0 + 0');
  assert.deepEqual(await listIn(url, `SELECT CONCAT(id, v) FROM ${table} ORDER BY id`), [
    '1new',
    '2old',
    '3b',
    '4new',
  ]);
});

test('a row that is larger than a packet is a reject; the others go in, and the connection stays', async () => {
  const table = await tableWith('n INT, v LONGTEXT');
  const large = 'é'.repeat(400_000);
  const loaded = await load(`1,a\n2,"${'\\'.repeat(600_000)}"\n3,${large}\n4,b\n`, { table });
  assert.deepEqual(loaded.errors, ['1 database']);
  assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', /larger than max_allowed_packet, 1048576 bytes/);
  assert.deepEqual(await listIn(url, `SELECT n FROM ${table} ORDER BY n`), [1, 3, 4]);
});

test('keys that do not fit one packet are looked up in portions', async () => {
  const parents = await tableWith('id INT PRIMARY KEY, parent INT, name VARCHAR(200) UNIQUE');
  await run(url, `ALTER TABLE ${parents} ADD FOREIGN KEY (parent) REFERENCES ${parents} (id)`);
  const count = 20_000;
  const name = (i: number): string => `${'n'.repeat(60)}${i}`;
  const rows = Array.from({ length: count }, (_, i) => `${i + 1},${i === 7 ? 999_999 : i + 2},${name(i)}\n`);
  const loaded = await load(`${rows.join('')}${count + 1},,end\n`, { table: parents });
  assert.equal(summary(loaded), `${count + 1} = ${count - 7} + 0 + 0 + 8`);
  assert.deepEqual(
    loaded.errors,
    [0, 1, 2, 3, 4, 5, 6, 7].map((i) => `${i} foreign_key parent`),
  );
  const again = rows.slice(8).map((row) => row.replace(/,\d*,/, ',,'));
  const updated = await load(again.join(''), { table: parents, mode: 'upsert' });
  assert.equal(summary(updated), `${count - 8} = 0 + ${count - 8} + 0 + 0`);
});

test('a restore has its rows by INSERT, every type as it was', async () => {
  await run(url, ALL_TYPES);
  const database = { rows: (query: string) => valuesIn(url, query) };
  const before = await contentOf(database, 't');
  const snapshot = await mysqlEngine.openSnapshot(url);
  const { facts } = await snapshot.table('t', false);
  const replacement = await mysqlEngine.openReplacement(url, 't');
  const target = await replacement.clear(facts);
  const columns = facts.columns.filter((column) => !column.generated);
  for await (const _ of snapshot.read('t', columns, false)(target)) await target.flush();
  await target.flush();
  await replacement.finish(facts);
  await replacement.commit();
  await Promise.all([replacement.close(), snapshot.close()]);
  assert.deepEqual(await contentOf(database, 't'), before);
});
