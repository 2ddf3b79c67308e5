import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, InsertOutcome } from '../../../src/database/database.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { namedPlan } from '../../../src/ingest/columns.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import type { InsertPlan } from '../../../src/model/plan.ts';
import type { Mode } from '../../../src/model/table.ts';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';

const LOAD = '01JD0000000000000000000000';

interface Stage {
  readonly url: string;
  readonly connection: Connection;
  readonly plan: InsertPlan;
  insert(csv: string, mode?: Mode): Promise<InsertOutcome>;
}

/** A staging table for t, made in a transaction of its own. */
async function stageOf(sql: string): Promise<Stage> {
  const url = await databaseOf(sql);
  const connection = await connectionTo(url);
  const table = (await connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const plan = namedPlan(table, columns);
  await connection.transaction(() => connection.staging.create(LOAD, table), { write: true });
  const insert = async (csv: string, mode: Mode = 'insert'): Promise<InsertOutcome> => {
    const bytes = new TextEncoder().encode(csv);
    const prepared = new Preparer(mysqlEngine).csv({ bytes, table, last: true, columns, dialect: {} });
    const [staged] = await connection.stage([prepared.encoded]);
    assert.ok(staged);
    return connection.transaction(() => connection.staging.insert(LOAD, staged, plan, mode), { write: true });
  };
  return { url, connection, plan, insert };
}

const move = ({ connection, plan }: Stage, mode: Mode = 'insert') =>
  connection.transaction(() => connection.staging.move(LOAD, plan, mode), {
    write: true,
    foreignKeys: 'row',
  });

const reasons = ({ rejects }: InsertOutcome): string[] =>
  rejects.flatMap(({ index, errors }) => errors.map(({ code, message }) => `${index} ${code}: ${message}`));

test('making a staging table commits nothing of the open transaction, dropping one waits for its commit', async () => {
  const { url, connection, plan } = await stageOf(
    'CREATE TABLE t (id INT PRIMARY KEY); CREATE TABLE log (id INT)',
  );
  const failing = (work: () => Promise<void>) =>
    assert.rejects(
      connection.transaction(async () => {
        await connection.execute('INSERT INTO log VALUES (1)');
        await work();
        throw new TypeError('on purpose');
      }),
      TypeError,
    );
  await failing(() => connection.staging.create('another', plan.table));
  await failing(() => connection.staging.drop(LOAD));
  assert.deepEqual(await listIn(url, 'SELECT * FROM log'), []);
  assert.deepEqual([...(await connection.staging.loads())].sort(), [LOAD, 'another']);
  await connection.transaction(async () => {
    await connection.execute('INSERT INTO log VALUES (2)');
    await connection.staging.drop(LOAD);
    await connection.staging.drop('another');
    await connection.staging.drop('never made');
  });
  assert.deepEqual(await connection.staging.loads(), []);
  assert.deepEqual(await listIn(url, 'SELECT * FROM log'), [2]);
});

test('one that is dropped and made again in one transaction is there, and empty', async () => {
  const stage = await stageOf('CREATE TABLE t (id INT PRIMARY KEY)');
  const { connection, plan } = stage;
  await stage.insert('1\n2\n');
  await connection.transaction(async () => {
    await connection.staging.drop(LOAD);
    await connection.staging.create(LOAD, plan.table);
  });
  assert.deepEqual(await connection.staging.loads(), [LOAD]);
  assert.deepEqual(await move(stage), { inserted: 0, updated: 0, skipped: 0 });
});

test('a staging table is no part of the dictionary, and has no foreign keys and no triggers', async () => {
  const url = await databaseOf('CREATE TABLE p (id INT PRIMARY KEY)');
  await run(url, 'CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id), CHECK (id > 0))');
  await run(url, "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '45000'");
  const connection = await connectionTo(url);
  const tables = await connection.introspect();
  const table = tables.find(({ name }) => name === 't');
  assert.ok(table);
  const version = await connection.schemaVersion();
  await connection.transaction(() => connection.staging.create(LOAD, table));
  assert.deepEqual(await connection.introspect(), tables);
  assert.equal(await connection.schemaVersion(), version);
  await run(url, `INSERT INTO rowferry_staging_${LOAD} VALUES (1, 99)`);
  await assert.rejects(run(url, `INSERT INTO rowferry_staging_${LOAD} VALUES (0, 99)`), /CONSTRAINT/);
});

test('keys in the target, and keys that wait', async () => {
  const stage = await stageOf(`CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) UNIQUE, n INT CHECK (n > 0));
    INSERT INTO t VALUES (1, 'a', 1)`);
  const first = await stage.insert('1,x,1\n2,b,1\n2,c,1\n3,a,1\n4,d,0\n');
  assert.deepEqual(
    reasons(first).map((reason) => reason.replace(/CONSTRAINT.*/, '…')),
    [
      '0 unique.table: id is "1"; a row with this key is in the table',
      '3 unique.table: v is "a"; a row with this key is in the table',
      '2 unique.file: id is "2"; an earlier row of the file has this key',
      '4 check: …',
    ],
  );
  assert.ok(reasons(first).every((reason) => !reason.includes('rowferry_staging')));
  assert.deepEqual([first.inserted, first.skipped, first.strategy], [0, 1, 'load-data, classified, atomic']);
  const second = await stage.insert('2,z,1\n5,b,1\n6,e,1\n');
  assert.deepEqual(reasons(second), [
    '0 unique.file: id is "2"; an earlier row of the file has this key',
    '1 unique.file: v is "b"; an earlier row of the file has this key',
  ]);
  assert.deepEqual(await move(stage), { inserted: 2, updated: 0, skipped: 0 });
  assert.deepEqual(await listIn(stage.url, 'SELECT id FROM t ORDER BY id'), [1, 2, 6]);
});

test('skip and upsert', async () => {
  const sql =
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9)); INSERT INTO t VALUES (1, 'old'), (2, 'old')";
  const skip = await stageOf(sql);
  const skipped = await skip.insert('1,a\n3,b\n3,c\n', 'skip');
  assert.deepEqual([skipped.rejects.length, skipped.skipped], [0, 3]);
  await run(skip.url, "INSERT INTO t VALUES (3, 'late')");
  assert.deepEqual(await move(skip, 'skip'), { inserted: 0, updated: 0, skipped: 1 });
  const upsert = await stageOf(sql);
  assert.deepEqual(reasons(await upsert.insert('1,new\n2,old\n3,b\n3,c\n', 'upsert')).length, 1);
  assert.deepEqual(await move(upsert, 'upsert'), { inserted: 1, updated: 2, skipped: 0 });
  assert.deepEqual(await valuesIn(upsert.url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'new'],
    [2, 'old'],
    [3, 'b'],
  ]);
});

test('rows of one family in any order, circles too', async () => {
  const stage =
    await stageOf(`CREATE TABLE t (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES t (id));
    INSERT INTO t VALUES (100, NULL)`);
  await stage.insert('1,2\n2,3\n3,100\n4,5\n5,4\n6,6\n');
  assert.deepEqual(await move(stage), { inserted: 6, updated: 0, skipped: 0 });
  assert.deepEqual(await stage.connection.query('SELECT @@foreign_key_checks AS f'), [{ f: 1 }]);
});

test('what the target refuses takes all rows back, and says why', async () => {
  const family = await stageOf(`CREATE TABLE q (id INT PRIMARY KEY); INSERT INTO q VALUES (1);
    CREATE TABLE t (id INT PRIMARY KEY, parent INT, q INT, FOREIGN KEY (parent) REFERENCES t (id),
      FOREIGN KEY (q) REFERENCES q (id))`);
  await family.insert('1,2,1\n2,9,1\n3,,7\n');
  await assert.rejects(move(family), {
    code: 'database-refused',
    message: /parent = 9 is not in t \(records: 1\); q = 7 is not in q \(records: 1\)/,
  });
  const other = await stageOf(`CREATE TABLE q (id INT PRIMARY KEY);
    CREATE TABLE t (id INT, q INT, FOREIGN KEY (q) REFERENCES q (id))`);
  await other.insert('1,5\n2,5\n');
  await assert.rejects(move(other), {
    code: 'database-refused',
    message: /q = 5 is not in q \(records: 2\)/,
  });
  assert.deepEqual(await listIn(other.url, 'SELECT * FROM t'), []);
  const late = await stageOf('CREATE TABLE t (id INT PRIMARY KEY)');
  await late.insert('1\n2\n');
  await run(late.url, 'INSERT INTO t VALUES (2)');
  await assert.rejects(move(late), { code: 'database-refused', message: /Duplicate entry '2'/ });
  await run(late.url, 'DROP TABLE t');
  await assert.rejects(move(late), { code: 'database-refused', message: /doesn't exist/ });
});

test('a target that was changed under the load', async () => {
  const stage = await stageOf('CREATE TABLE t (id INT PRIMARY KEY)');
  await run(stage.url, 'ALTER TABLE t ADD COLUMN late INT');
  const table = (await stage.connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const plan = namedPlan(table, ['id', 'late']);
  const [staged] = await stage.connection.stage([
    {
      rows: 0,
      data: new Uint8Array(0),
      layout: { starts: new Int32Array(1), records: new Int32Array(0) },
      foreignKeys: [],
    },
  ]);
  assert.ok(staged);
  await assert.rejects(
    stage.connection.transaction(() => stage.connection.staging.insert(LOAD, staged, plan, 'insert')),
    { code: 'table-unsupported', message: /late did not belong to it/ },
  );
});
