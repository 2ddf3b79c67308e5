import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { namedPlan } from '../../../src/ingest/columns.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import { START, writeStaged } from '../../../src/ingest/write.ts';
import { summary } from '../shared/load.ts';
import { parentsSuite } from '../shared/parents.ts';
import { connectionTo, databaseName, databaseOf, listIn, run, userWith } from './fixture.ts';
import { load } from './load.ts';
import { mysql } from './tested.ts';

parentsSuite(mysql);

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
