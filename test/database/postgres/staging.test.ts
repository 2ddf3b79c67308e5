import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection, InsertOutcome } from '../../../src/database/database.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { namedPlan } from '../../../src/ingest/columns.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import type { InsertPlan } from '../../../src/model/plan.ts';
import type { Mode } from '../../../src/model/table.ts';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';

/** Loads of this file: each test has its own, as all of them stand in one schema. */
let loads = 0;

interface Stage {
  readonly url: string;
  readonly load: string;
  readonly connection: Connection;
  readonly plan: InsertPlan;
  insert(csv: string, mode?: Mode): Promise<InsertOutcome>;
}

/** A staging table for t. */
async function stageOf(sql: string): Promise<Stage> {
  const url = await databaseOf(`CREATE SCHEMA IF NOT EXISTS rowferry; ${sql}`);
  const load = `01JD${String(++loads).padStart(22, '0')}`;
  const connection = await connectionTo(url);
  const table = (await connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const columns = table.columns.filter(({ generated }) => !generated).map(({ name }) => name);
  const plan = namedPlan(table, columns);
  await connection.transaction(() => connection.staging.create(load, table), { write: true });
  const insert = async (csv: string, mode: Mode = 'insert'): Promise<InsertOutcome> => {
    const bytes = new TextEncoder().encode(csv);
    const prepared = new Preparer(postgresEngine).csv({ bytes, table, last: true, columns, dialect: {} });
    const [staged] = await connection.stage([prepared.encoded]);
    assert.ok(staged);
    return connection.transaction(() => connection.staging.insert(load, staged, plan, mode), { write: true });
  };
  return { url, load, connection, plan, insert };
}

const move = ({ connection, plan, load }: Stage, mode: Mode = 'insert') =>
  connection.transaction(() => connection.staging.move(load, plan, mode), {
    write: true,
    foreignKeys: 'row',
  });

const reasons = ({ rejects }: InsertOutcome): string[] =>
  rejects.flatMap(({ index, errors }) => errors.map(({ code, message }) => `${index} ${code}: ${message}`));

test('made, listed and dropped as part of the transaction', async () => {
  const { connection, plan } = await stageOf('CREATE TABLE t (id int PRIMARY KEY)');
  const own = async () => (await connection.staging.loads()).filter((load) => load.startsWith('own'));
  const failing = (work: () => Promise<void>) =>
    assert.rejects(
      connection.transaction(async () => {
        await work();
        throw new TypeError('on purpose');
      }),
      TypeError,
    );
  await failing(() => connection.staging.create('own one', plan.table));
  assert.deepEqual(await own(), []);
  await connection.transaction(() => connection.staging.create('own two', plan.table));
  await failing(() => connection.staging.drop('own two'));
  assert.deepEqual(await own(), ['own two']);
  await connection.transaction(async () => {
    await connection.staging.drop('own two');
    await connection.staging.drop('own never made');
  });
  assert.deepEqual(await own(), []);
});

test('it survives a crash, is no part of the dictionary, and has no foreign keys, triggers or slow indexes', async () => {
  const { url, load, connection, plan } = await stageOf(`CREATE TABLE p (id int PRIMARY KEY);
    CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE ''no''; END';
    CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, p int REFERENCES p, n int CHECK (n > 0),
      twice int GENERATED ALWAYS AS (n * 2) STORED, v text DEFAULT 'none',
      UNIQUE (id) DEFERRABLE INITIALLY DEFERRED);
    CREATE UNIQUE INDEX part ON t (v) WHERE n > 5; CREATE INDEX slow ON t (n);
    CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no();`);
  const staging = `rowferry."staging_${load}"`;
  assert.ok((await connection.introspect()).every(({ name }) => !name.startsWith('staging_')));
  const version = await connection.schemaVersion();
  await connection.transaction(() => connection.staging.create('unseen', plan.table));
  assert.equal(await connection.schemaVersion(), version);
  await run(url, `INSERT INTO ${staging} (p, n) VALUES (99, 1)`);
  assert.deepEqual(await valuesIn(url, `SELECT id, p, n, twice, v FROM ${staging}`), [[1, 99, 1, 2, 'none']]);
  await assert.rejects(run(url, `INSERT INTO ${staging} (n) VALUES (0)`), /check constraint/);
  await run(url, `INSERT INTO ${staging} (n, v) VALUES (6, 'a'), (5, 'a')`);
  await assert.rejects(run(url, `INSERT INTO ${staging} (n, v) VALUES (7, 'a')`), /unique constraint/);
  const [facts] = await valuesIn(
    url,
    `SELECT relpersistence, (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid),
      (SELECT count(*)::int FROM pg_index WHERE indrelid = c.oid AND indimmediate) AS immediate
     FROM pg_class c WHERE oid = '${staging}'::regclass`,
  );
  assert.deepEqual(facts, ['p', 2, 2]);
  await connection.transaction(() => connection.staging.drop('unseen'));
});

test('keys in the target, and keys that wait', async () => {
  const stage = await stageOf(`CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE, n int CHECK (n > 0));
    INSERT INTO t VALUES (1, 'a', 1)`);
  const first = await stage.insert('1,x,1\n2,b,1\n2,c,1\n3,a,1\n4,d,0\n');
  assert.deepEqual(reasons(first), [
    '0 unique.table: id is "1"; a row with this key is in the table',
    '3 unique.table: v is "a"; a row with this key is in the table',
    '4 check: new row for relation "t" violates check constraint "t_n_check"',
    '2 unique.file: id is "2"; an earlier row of the file has this key',
  ]);
  assert.deepEqual(
    [first.inserted, first.skipped, first.strategy],
    [0, 1, 'copy-binary, atomic, classified'],
  );
  const second = await stage.insert('2,z,1\n5,b,1\n6,e,1\n');
  assert.deepEqual(reasons(second), [
    '0 unique.file: id is "2"; an earlier row of the file has this key',
    '1 unique.file: v is "b"; an earlier row of the file has this key',
  ]);
  assert.deepEqual(await move(stage), { inserted: 2, updated: 0, skipped: 0 });
  assert.deepEqual(await listIn(stage.url, 'SELECT id FROM t ORDER BY id'), [1, 2, 6]);
});

test('one key: rows that repeat one of an earlier part are of the file', async () => {
  const stage = await stageOf('CREATE TABLE t (id int PRIMARY KEY)');
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => `${from + i}\n`).join('');
  assert.deepEqual((await stage.insert(lines(0, 1000))).rejects, []);
  const found = await stage.insert(`${lines(1000, 1500)}7\n${lines(1500, 2000)}1200\n`);
  assert.deepEqual(reasons(found), [
    '500 unique.file: id is "7"; an earlier row of the file has this key',
    '1001 unique.file: id is "1200"; an earlier row of the file has this key',
  ]);
  assert.equal(found.strategy, 'copy-binary, atomic, repeats looked up');
  const risen = await stage.insert(lines(1999, 3000));
  assert.deepEqual(reasons(risen), ['0 unique.file: id is "1999"; an earlier row of the file has this key']);
  assert.equal(risen.strategy, 'copy-binary, atomic, in pieces');
  assert.deepEqual(await move(stage), { inserted: 3000, updated: 0, skipped: 0 });
});

test('skip and upsert', async () => {
  const sql = "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old'), (2, 'old')";
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

test('upsert of keys alone: there is nothing to change', async () => {
  const stage = await stageOf(
    'CREATE TABLE t (a int, b int, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1)',
  );
  await stage.insert('1,1\n1,2\n', 'upsert');
  assert.deepEqual(await move(stage, 'upsert'), { inserted: 1, updated: 1, skipped: 0 });
});

test('rows of one family in any order, circles too', async () => {
  const stage = await stageOf(
    'CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t); INSERT INTO t VALUES (100, NULL)',
  );
  await stage.insert('1,2\n2,3\n3,100\n4,5\n5,4\n6,6\n');
  assert.deepEqual(await move(stage), { inserted: 6, updated: 0, skipped: 0 });
});

test('a parent may wait since an earlier part', async () => {
  const { connection, load, plan, insert } = await stageOf(
    'CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t); INSERT INTO t VALUES (100, NULL)',
  );
  await insert('1,100\n');
  const bytes = new TextEncoder().encode('2,1\n3,2\n4,100\n5,9\n6,5\n');
  const columns = ['id', 'parent'];
  const prepared = new Preparer(postgresEngine).csv({
    bytes,
    table: plan.table,
    last: true,
    columns,
    dialect: {},
  });
  const [staged] = await connection.stage([prepared.encoded]);
  assert.ok(staged);
  await connection.transaction(async () => {
    const orphansIn = async (waiting?: string) =>
      (await connection.missingParents(staged, prepared.encoded, plan, waiting)).map(({ index }) => index);
    assert.deepEqual(await orphansIn(load), [3, 4]);
    assert.deepEqual(await orphansIn(), [0, 1, 3, 4]);
  });
});

test('identity columns that the file brings keep their values', async () => {
  const stage = await stageOf('CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text)');
  await stage.insert('70,a\n80,b\n');
  assert.deepEqual(await move(stage), { inserted: 2, updated: 0, skipped: 0 });
  assert.deepEqual(await listIn(stage.url, 'SELECT id FROM t'), [70, 80]);
});

test('a move that the table refuses says why, and what is missing', async () => {
  const stage = await stageOf(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id int PRIMARY KEY, p int REFERENCES p)`);
  await stage.insert('1,1\n2,5\n3,5\n4,\n');
  await assert.rejects(move(stage), {
    code: 'database-refused',
    message: /violates foreign key constraint "t_p_fkey"; p = 5 is not in p \(records: 2\)$/,
  });
  assert.deepEqual(await listIn(stage.url, 'SELECT * FROM t'), []);
  await run(stage.url, 'INSERT INTO p VALUES (5)');
  assert.deepEqual(await move(stage), { inserted: 4, updated: 0, skipped: 0 });
});

test('a target that changed under the load', async () => {
  const stage = await stageOf('CREATE TABLE t (id int PRIMARY KEY, v text)');
  await stage.insert('1,a\n');
  await run(stage.url, 'ALTER TABLE t ADD late int');
  const table = (await stage.connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const late = { ...stage, plan: namedPlan(table, ['id', 'v', 'late']) };
  await assert.rejects(move(late), { code: 'database-refused', message: /late/ });
  await run(stage.url, 'DROP TABLE t');
  await assert.rejects(move(stage), { code: 'database-refused', message: /does not exist/ });
});
