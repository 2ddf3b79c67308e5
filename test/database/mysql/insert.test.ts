import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransientFailure } from '../../../src/database/transient-failure.ts';
import { insertSuite } from '../shared/insert.ts';
import { lines, summary } from '../shared/load.ts';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';
import { mysql } from './tested.ts';

insertSuite(mysql);

test('keys are compared by the collation of their column: case, accents, spaces at the end', async () => {
  const url = await databaseOf(`
    CREATE TABLE t (name VARCHAR(20) COLLATE utf8mb4_general_ci UNIQUE); INSERT INTO t VALUES ('Eve');
    CREATE TABLE exact (name VARCHAR(20) COLLATE utf8mb4_bin UNIQUE);
    CREATE TABLE latin (name VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci UNIQUE);
    CREATE TABLE padded (name VARCHAR(20) COLLATE utf8mb4_nopad_bin UNIQUE)`);
  const names = await load(url, 'ann\nANN\nEVE\nÉve\n"ann  "\nBob\n');
  assert.deepEqual(names.errors, [
    '1 unique.file name',
    '2 unique.table name',
    '3 unique.table name',
    '4 unique.file name',
  ]);
  assert.deepEqual((await load(url, 'ann\nANN\n"ann "\n', { table: 'exact' })).errors, [
    '2 unique.file name',
  ]);
  assert.deepEqual((await load(url, 'é\nÉ\nä\n', { table: 'latin' })).errors, ['1 unique.file name']);
  assert.deepEqual((await load(url, 'a\n"a "\n', { table: 'padded' })).errors, []);
});

test('values that are one are one key, however they are written', async () => {
  const url = await databaseOf(`CREATE TABLE t (k DECIMAL(5,2) UNIQUE); INSERT INTO t VALUES (7);
    CREATE TABLE moments (k DATETIME(3) UNIQUE); INSERT INTO moments VALUES ('2021-11-07 02:48:42');
    CREATE TABLE bytes (k VARBINARY(20) UNIQUE); INSERT INTO bytes VALUES (0x00ff);
    CREATE TABLE bits (k BIT(10) UNIQUE); INSERT INTO bits VALUES (513)`);
  assert.deepEqual((await load(url, '1.5\n1.50\n7.00\n+2\n02.\n')).errors, [
    '1 unique.file k',
    '2 unique.table k',
    '4 unique.file k',
  ]);
  const moments = await load(url, '2021-11-07T02:48:42Z\n2022-01-01 00:00\n2022-01-01T00:00:00.0\n', {
    table: 'moments',
  });
  assert.deepEqual(moments.errors, ['0 unique.table k', '2 unique.file k']);
  assert.deepEqual((await load(url, '\\x00FF\n01\n0x01\n', { table: 'bytes' })).errors, [
    '0 unique.table k',
    '2 unique.file k',
  ]);
  assert.deepEqual((await load(url, '513\n1\n01\n', { table: 'bits' })).errors, [
    '0 unique.table k',
    '2 unique.file k',
  ]);
});

test('a unique index over the beginning of a column is held by the database', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT, name TEXT, UNIQUE KEY start (name(3)))');
  const loaded = await load(url, '1,harbour\n2,harvest\n3,haze\n4,harm\n');
  assert.deepEqual(loaded.errors, ['1 unique.table', '3 unique.table']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, "Duplicate entry 'har' for key 'start'");
  assert.equal(summary(loaded), '4 = 2 + 0 + 0 + 2');
});

test('hundreds of bad rows among thousands, of every kind', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(30) UNIQUE);
    INSERT INTO t SELECT seq * 100, 1, CONCAT('old', seq) FROM seq_1_to_50`);
  const loaded = await load(
    url,
    lines(
      6000,
      (i) => `${i % 700 === 3 ? i - 1 : i},${i % 37 === 5 ? -1 : i + 1},${i % 500 === 7 ? 'old3' : `v${i}`}`,
    ),
  );
  const counted = Object.groupBy(loaded.errors, (error) => error.split(' ')[1] ?? '');
  assert.deepEqual(Object.fromEntries(Object.entries(counted).map(([code, list]) => [code, list?.length])), {
    check: 161,
    'unique.file': 9,
    'unique.table': 62,
  });
  assert.equal(summary(loaded), '6000 = 5768 + 0 + 0 + 232');
  assert.deepEqual(await listIn(url, 'SELECT COUNT(*) FROM t'), [5818]);
});

test('a trigger that refuses a row makes it a reject, with its own words', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v TEXT); CREATE TABLE log (id INT)');
  await run(
    url,
    `CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW
     IF NEW.v = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF`,
  );
  await run(url, 'CREATE TRIGGER yes AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)');
  const loaded = await load(url, '1,a\n2,bad\n3,c\n4,bad\n');
  assert.deepEqual(loaded.errors, ['1 database', '3 database']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
  assert.deepEqual(await listIn(url, 'SELECT id FROM log ORDER BY id'), [1, 3]);
});

test('whatever state a trigger signals, the row is refused', async () => {
  for (const state of ['02000', '42000', '99001', 'HY000', 'ZZ001']) {
    const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)');
    await run(
      url,
      `CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW
       IF NEW.v = 'bad' THEN SIGNAL SQLSTATE '${state}' SET MESSAGE_TEXT = 'not this one'; END IF`,
    );
    const loaded = await load(url, '1,a\n2,bad\n3,c\n');
    assert.deepEqual(loaded.errors, ['1 database'], state);
    assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
    assert.deepEqual(await listIn(url, 'SELECT id FROM t ORDER BY id'), [1, 3]);
  }
});

test('a trigger that says now and then that its transaction is rolled back: it is run again', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v TEXT)');
  await run(url, "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '40001'");
  await assert.rejects(load(url, '1,a\n2,b\n'), (error) => error instanceof TransientFailure);
  await run(url, 'DROP TRIGGER no');
  assert.equal(summary(await load(url, '1,a\n2,b\n')), '2 = 2 + 0 + 0 + 0');
});

test('a trigger that fills columns and changes values is the table’s own affair', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL)');
  await run(url, "CREATE TRIGGER up BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT('row ', NEW.id)");
  assert.deepEqual((await load(url, '1,a\n2,b\n')).errors, []);
  assert.deepEqual(await listIn(url, 'SELECT v FROM t'), ['row 1', 'row 2']);
});

test('what the database fills itself: identity, defaults, generated columns', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(9) NOT NULL DEFAULT 'none',
    n INT, twice INT AS (n * 2) STORED, thrice INT AS (n * 3) VIRTUAL, at DATETIME DEFAULT CURRENT_TIMESTAMP)`);
  const loaded = await load(url, '5\n6\n', { columns: ['n'] });
  assert.equal(summary(loaded), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(await valuesIn(url, 'SELECT id, v, n, twice, thrice, at IS NULL FROM t'), [
    [1, 'none', 5, 10, 15, 0],
    [2, 'none', 6, 12, 18, 0],
  ]);
});

test('0 is a key like any other in a column that counts by itself', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)');
  assert.deepEqual((await load(url, '0,1\n5,2\n0,3\n')).errors, ['2 unique.file id']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t ORDER BY id'), [0, 5]);
});

test('a column left out that must have a value: every row is a reject that names it', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) NOT NULL, n DATE NOT NULL)');
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 missing v', '0 missing n', '1 missing v', '1 missing n']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), []);
});

test('names with quotes, spaces, dots, question marks and backslashes', async () => {
  const url = await databaseOf(
    "CREATE TABLE `a ``b``.c?\\d` (`select` INT UNIQUE, `x.y?` VARCHAR(9), `it's \\` INT CHECK (`it's \\` > 0))",
  );
  const loaded = await load(url, '1,a,1\n1,b,1\n2,c,0\n', { table: 'a `b`.c?\\d' });
  assert.deepEqual(loaded.errors, ['1 unique.file select', '2 check']);
});

const statementsOf = async (url: string, kind: string): Promise<number> => {
  const [row] = await (await connectionTo(url)).query(`SHOW SESSION STATUS LIKE 'Com_${kind}'`);
  return Number(row?.Value);
};

test('rows that are passed over take a handful of statements; those that would be altered one each', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(9) CHARACTER SET latin1);
    INSERT INTO t SELECT seq * 1000, 1, 'old' FROM seq_1_to_20`);
  const before = await statementsOf(url, 'load');
  const loaded = await load(
    url,
    lines(20_000, (i) => `${i},${i % 97 === 0 ? 0 : 1},${i % 503 === 1 ? '日' : i}`),
  );
  const [checks, others] = [Math.ceil(20_000 / 97), Math.ceil(19_999 / 503)];
  const known = 20_000 / 1000 - 1;
  assert.equal(loaded.counts.rejected, checks + others + known);
  assert.ok((await statementsOf(url, 'load')) - before <= 3 + others);
  const [first] = loaded.rejects.filter(({ index }) => index === 504);
  assert.equal(first?.errors[0]?.code, 'database');
  assert.equal(loaded.errors.filter((error) => error.endsWith('unique.table id')).length, known);
});

test('a batch of which every row is there already', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_70000',
  );
  const before = await statementsOf(url, 'load');
  const again = lines(70_000, (i) => `${i + 1}`);
  assert.equal(summary(await load(url, again)), '70000 = 0 + 0 + 0 + 70000');
  assert.equal(summary(await load(url, again, { mode: 'skip' })), '70000 = 0 + 0 + 70000 + 0');
  assert.ok((await statementsOf(url, 'load')) - before <= 2 * 17);
});
