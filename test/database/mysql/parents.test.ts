import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { namedPlan } from '../../../src/ingest/columns.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import { START, writeStaged } from '../../../src/ingest/write.ts';
import { connectionTo, databaseName, databaseOf, listIn, run, userWith } from './fixture.ts';
import { load, summary } from './load.ts';

const idsIn = (url: string): Promise<unknown[]> => listIn(url, 'SELECT id FROM t ORDER BY id');

const FAMILY = `CREATE TABLE t (id INT PRIMARY KEY, parent INT, n INT CHECK (n > 0),
  FOREIGN KEY (parent) REFERENCES t (id));`;

/** Children of t without a parent: what foreign_key_checks = 0 could leave behind. */
const orphansIn = (url: string): Promise<unknown[]> =>
  listIn(
    url,
    'SELECT c.id FROM t c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM t p WHERE p.id = c.parent)',
  );

test('rows without a parent are rejects that name the key; the others go in by set', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2);
    CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id))`);
  const loaded = await load(url, '1,1\n2,3\n3,+002\n4,\n5,3\nx,9\n');
  assert.deepEqual(loaded.errors, [
    '1 foreign_key p',
    '4 foreign_key p',
    '5 type.integer id',
    '5 foreign_key p',
  ]);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'p is "3"; there is no such row in p(id)');
  assert.equal(loaded.strategy, 'load-data, foreign keys by set');
  assert.equal(summary(loaded), '6 = 3 + 0 + 0 + 3');
});

test('after a batch, whatever became of it, foreign keys are checked again', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id INT PRIMARY KEY, p INT, n INT CHECK (n > 0), FOREIGN KEY (p) REFERENCES p (id));
    CREATE TABLE gone (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id))`);
  const connection = await connectionTo(url);
  const checks = () => connection.query('SELECT @@foreign_key_checks AS f');
  await load(url, '1,1,1\n2,1,0\n2,1,1\n2,1,5\n');
  assert.deepEqual(await checks(), [{ f: 1 }]);
  const table = (await connection.introspect()).find(({ name }) => name === 'gone');
  assert.ok(table);
  await run(url, 'DROP TABLE gone');
  const bytes = new TextEncoder().encode('1,1\n');
  const prepared = new Preparer(mysqlEngine).csv({
    bytes,
    table,
    last: true,
    columns: ['id', 'p'],
    dialect: {},
  });
  const [staged] = await connection.stage([prepared.encoded]);
  assert.ok(staged);
  const work = () => writeStaged(connection, staged, prepared, 'insert', START);
  await assert.rejects(
    connection.transaction(work, { write: true, foreignKeys: 'set' }),
    /gone.*doesn't exist/,
  );
  assert.deepEqual(await checks(), [{ f: 1 }]);
});

test('keys of bad records that are no values of their type are passed over', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); CREATE TABLE u (id DATETIME PRIMARY KEY);
    CREATE TABLE d (id DATE PRIMARY KEY); CREATE TABLE t (p INT, u DATETIME, d DATE,
      FOREIGN KEY (p) REFERENCES p (id), FOREIGN KEY (u) REFERENCES u (id), FOREIGN KEY (d) REFERENCES d (id))`);
  const loaded = await load(
    url,
    'x,2021-99-99T99:99+99:99,2021-02-30\n99999999999999999999,,\n,,2021-02-03\n',
  );
  assert.deepEqual(loaded.errors, [
    '0 type.integer p',
    '0 type.datetime u',
    '0 type.date d',
    '1 range p',
    '2 foreign_key d',
  ]);
});

test('composite keys: all parts or none, a NULL part is no key', async () => {
  const url = await databaseOf(`CREATE TABLE p (a INT, b VARCHAR(9), PRIMARY KEY (a, b));
    INSERT INTO p VALUES (1, 'x'), (2, 'y'), (3, 'a\\\\"''b');
    CREATE TABLE t (id INT, a INT, b VARCHAR(9), FOREIGN KEY (a, b) REFERENCES p (a, b))`);
  const loaded = await load(url, '1,1,x\n2,1,y\n3,,y\n4,1,\n5,02,y\n6,2,"y,"\n7,3,"a\\""\'b"\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key', '5 foreign_key']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,y');
});

test('two foreign keys of a row: both reasons', async () => {
  const url =
    await databaseOf(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE q (id INT PRIMARY KEY);
    CREATE TABLE t (a INT, b INT, q INT, FOREIGN KEY (q) REFERENCES q (id), FOREIGN KEY (a, b) REFERENCES p (a, b))`);
  assert.deepEqual([...(await load(url, '1,2,3\n')).errors].sort(), ['0 foreign_key', '0 foreign_key q']);
});

test('a parent is found as the database compares: collation, quotes, decimals, moments, times, sets', async () => {
  const url = await databaseOf(`
    CREATE TABLE p (code VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci PRIMARY KEY);
    CREATE TABLE q (price DECIMAL(5,2) PRIMARY KEY); CREATE TABLE r (at DATETIME(3) PRIMARY KEY);
    CREATE TABLE s (at TIMESTAMP PRIMARY KEY); CREATE TABLE u (at TIME PRIMARY KEY);
    CREATE TABLE e (e ENUM('a', 'b') PRIMARY KEY); CREATE TABLE y (y YEAR PRIMARY KEY);
    INSERT INTO p VALUES ('Änn"s'); INSERT INTO q VALUES (1.5); INSERT INTO r VALUES ('2021-01-01 00:00:00');
    SET time_zone = '+00:00'; INSERT INTO s VALUES ('2021-01-01 00:00:00'); INSERT INTO u VALUES ('10:30');
    INSERT INTO e VALUES ('b'); INSERT INTO y VALUES (2021);
    CREATE TABLE t (code VARCHAR(9) CHARACTER SET latin1 COLLATE latin1_german1_ci, price DECIMAL(5,2), r DATETIME(3),
      s TIMESTAMP NULL, u TIME, e ENUM('a', 'b'), y YEAR, FOREIGN KEY (code) REFERENCES p (code),
      FOREIGN KEY (price) REFERENCES q (price), FOREIGN KEY (r) REFERENCES r (at), FOREIGN KEY (s) REFERENCES s (at),
      FOREIGN KEY (u) REFERENCES u (at), FOREIGN KEY (e) REFERENCES e (e), FOREIGN KEY (y) REFERENCES y (y))`);
  const good =
    '"ÄNN""S ",1.50,2021-01-01T00:00Z,2021-01-01T01:00:00+01:00,10:30,b,2021\n"ann""s",+01.5,,,,,\n';
  const loaded = await load(url, `${good}bob,1.51,2021-01-01 00:01,2021-01-01 01:00,10:31,a,2022\n`);
  assert.deepEqual([...loaded.errors].sort(), [
    '2 foreign_key code',
    '2 foreign_key e',
    '2 foreign_key price',
    '2 foreign_key r',
    '2 foreign_key s',
    '2 foreign_key u',
    '2 foreign_key y',
  ]);
  assert.equal(summary(loaded), '3 = 2 + 0 + 0 + 1');
});

test('keys of bytes and of truth are held row by row', async () => {
  const url = await databaseOf(`CREATE TABLE p (id VARBINARY(9) PRIMARY KEY); INSERT INTO p VALUES (0x00ff);
    CREATE TABLE t (n INT, p VARBINARY(9), FOREIGN KEY (p) REFERENCES p (id))`);
  const loaded = await load(url, '1,00ff\n2,\\x00FF\n3,aa\n');
  assert.equal(loaded.strategy, 'load-data, foreign keys by row, classified');
  assert.deepEqual(loaded.errors, ['2 foreign_key p']);
});

test('a parent in another database, and one that the user may not read', async () => {
  const other = await databaseOf('CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1)');
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY);
    CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES ${databaseName(other)}.p (id))`);
  const loaded = await load(url, '1,1\n2,2\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key p']);
  assert.equal(loaded.strategy, 'load-data, foreign keys by set');
  const user = await userWith(url, `SELECT, INSERT ON ${databaseName(url)}.*`);
  const blind = await load(user, '3,1\n4,2\n');
  assert.deepEqual(blind.errors, ['1 foreign_key p']);
  assert.equal(blind.strategy, 'load-data, foreign keys by row, classified');
});

test('a foreign key that a default fills is held by the database', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY);
    CREATE TABLE t (id INT, p INT DEFAULT 7, FOREIGN KEY (p) REFERENCES p (id))`);
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key p']);
  await run(url, 'INSERT INTO p VALUES (7)');
  assert.equal(summary(await load(url, '1\n2\n', { columns: ['id'] })), '2 = 2 + 0 + 0 + 0');
});

test('a trigger that writes into another table is held to the foreign keys there', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE log (p INT, FOREIGN KEY (p) REFERENCES p (id)); CREATE TABLE t (id INT, p INT)`);
  await run(url, 'CREATE TRIGGER copy AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.p)');
  const loaded = await load(url, '1,1\n2,5\n3,1\n');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [[1, 'foreign_key']],
  );
  assert.deepEqual(await listIn(url, 'SELECT p FROM log'), [1, 1]);
});

test('an upsert may not take a key away that others refer to', async () => {
  const url = await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(9) UNIQUE);
    INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE TABLE c (code VARCHAR(9), FOREIGN KEY (code) REFERENCES t (code));
    INSERT INTO c VALUES ('a')`);
  const loaded = await load(url, '1,z\n2,y\n3,x\n', { mode: 'upsert' });
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [[0, 'foreign_key']],
  );
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
});

test('a table that refers to itself: the parent may come later, be the row itself, or be one of a circle', async () => {
  const url = await databaseOf(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
  const loaded = await load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n5,6,1\n6,5,1\n7,100,1\n8,03,1\n');
  assert.deepEqual(loaded.errors, []);
  assert.equal(loaded.strategy, 'load-data, foreign keys by set');
  assert.deepEqual(await orphansIn(url), []);
});

test('the same row by row: parents that come later get their children all the same', async () => {
  const url = await databaseOf(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
  const loaded = await load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n7,100,1\n8,3,0\n9,8,1\n100,3,5\n', {
    mode: 'upsert',
  });
  assert.deepEqual(loaded.errors, ['5 check', '6 foreign_key parent']);
  assert.equal(summary(loaded), '8 = 5 + 1 + 0 + 2');
  assert.deepEqual(await orphansIn(url), []);
});

test('an orphan takes its children and their children with it', async () => {
  const url = await databaseOf(FAMILY);
  const loaded = await load(url, '1,,1\n4,3,1\n3,2,1\n2,99,1\n5,1,1\n6,4,1\n');
  assert.deepEqual(
    loaded.errors,
    [1, 2, 3, 5].map((index) => `${index} foreign_key parent`),
  );
  assert.deepEqual(await idsIn(url), [1, 5]);
});

test('so does a parent that is a reject for another reason', async () => {
  const url = await databaseOf(`${FAMILY} INSERT INTO t VALUES (50, NULL, 1)`);
  const loaded = await load(
    url,
    '1,,0\n2,1,1\n3,2,1\nx,,1\n4,,1\n4,,2\n5,4,1\n50,,1\n6,50,1\n7,8,1\n8,,bad\n',
  );
  assert.deepEqual(loaded.errors, [
    '0 check',
    '1 foreign_key parent',
    '2 foreign_key parent',
    '3 type.integer id',
    '5 unique.file id',
    '7 unique.table id',
    '9 foreign_key parent',
    '10 type.integer n',
  ]);
  assert.deepEqual(await idsIn(url), [4, 5, 6, 50]);
  assert.deepEqual(await orphansIn(url), []);
});

test('an orphan by another key takes its children with it too', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id INT PRIMARY KEY, boss INT, p INT, FOREIGN KEY (boss) REFERENCES t (id),
      FOREIGN KEY (p) REFERENCES p (id))`);
  const loaded = await load(url, '1,,9\n2,1,1\n3,,1\n4,3,1\n');
  assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key boss']);
  assert.deepEqual(await idsIn(url), [3, 4]);
});

test('a long chain whose head is missing ends quickly', async () => {
  const url = await databaseOf(FAMILY);
  const chain = Array.from({ length: 20_000 }, (_, i) => `${i + 1},${i},1\n`).join('');
  const loaded = await load(url, chain);
  assert.equal(summary(loaded), '20000 = 0 + 0 + 0 + 20000');
});

test('skip in a table that refers to itself leaves no orphan', async () => {
  const url = await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, code VARCHAR(9) UNIQUE, parent INT,
      FOREIGN KEY (parent) REFERENCES t (id)); INSERT INTO t VALUES (1, 'a', NULL)`);
  const loaded = await load(url, '2,a,\n3,c,2\n4,d,1\n', { mode: 'skip' });
  assert.equal(summary(loaded), '3 = 1 + 0 + 1 + 1');
  assert.deepEqual(await orphansIn(url), []);
});

test('parents found by set stay where they are until the rows are committed', async () => {
  const url = await databaseOf(`CREATE TABLE p (id INT PRIMARY KEY); INSERT INTO p VALUES (1), (2), (3);
    CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id))`);
  const connection = await connectionTo(url);
  const table = (await connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const columns = ['id', 'p'];
  const bytes = new TextEncoder().encode('1,1\n2,2\n3,1\n');
  const prepared = new Preparer(mysqlEngine).csv({ bytes, table, last: true, columns, dialect: {} });
  const [staged] = await connection.stage([prepared.encoded]);
  assert.ok(staged);
  const plan = namedPlan(table, columns);
  await run(url, 'SET innodb_lock_wait_timeout = 1');
  await connection.transaction(
    async () => {
      assert.deepEqual(await connection.missingParents(staged, prepared.encoded, plan), []);
      await run(url, 'DELETE FROM p WHERE id = 3');
      await assert.rejects(run(url, 'DELETE FROM p WHERE id = 1'), /Lock wait timeout/);
      await assert.rejects(run(url, 'UPDATE p SET id = 9 WHERE id = 2'), /Lock wait timeout/);
      await connection.insertStaged(staged, plan, 'insert');
    },
    { write: true, foreignKeys: 'set' },
  );
  await assert.rejects(run(url, 'DELETE FROM p WHERE id = 1'), /foreign key constraint fails/);
});

test('no batch whatever leaves a row without its parent, and every record is accounted for', async () => {
  const url = await databaseOf(FAMILY);
  const row = fc.tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.option(fc.integer({ min: 1, max: 9 }), { freq: 3 }),
    fc.integer({ min: 0, max: 6 }),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { maxLength: 14 }),
      fc.constantFrom('insert' as const, 'skip' as const, 'upsert' as const),
      async (batch, mode) => {
        await run(url, 'UPDATE t SET parent = NULL; DELETE FROM t; INSERT INTO t VALUES (1, NULL, 1)');
        const csv = batch.map(([id, parent, n]) => `${id},${parent ?? ''},${n}\n`).join('');
        const { counts } = await load(url, csv, { mode });
        assert.deepEqual(await orphansIn(url), []);
        assert.equal(counts.read, batch.length);
        assert.equal((await idsIn(url)).length, 1 + counts.inserted);
      },
    ),
    { numRuns: 60 },
  );
});
