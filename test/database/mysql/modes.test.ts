import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseOf, valuesIn } from './fixture.ts';
import { load, summary } from './load.ts';

/** Rows whose keys exist are passed over (skip) or changed (upsert). */

test('skip passes over rows whose keys exist, in the table or earlier in the batch', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) UNIQUE); INSERT INTO t VALUES (1, 'a')",
  );
  const loaded = await load(url, '1,x\n2,a\n3,b\n3,c\n4,b\n5,d\nx,e\n', { mode: 'skip' });
  assert.equal(summary(loaded), '7 = 2 + 0 + 4 + 1');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'a'],
    [3, 'b'],
    [5, 'd'],
  ]);
});

test('skip beside a CHECK: counted exactly', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n1,0\n', { mode: 'skip' });
  assert.equal(summary(loaded), '4 = 1 + 0 + 1 + 2');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t'), [
    [1, 1],
    [3, 3],
  ]);
});

test('upsert updates the rows whose primary key exists, and counts both exactly', async () => {
  const url = await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, v TEXT, kept TEXT);
    INSERT INTO t VALUES (1, 'a', 'k'), (2, 'b', 'k'), (7, 'same', 'k')`);
  const loaded = await load(url, '1,new\n3,c\n3,d\n2,\n7,same\n', { mode: 'upsert', columns: ['id', 'v'] });
  assert.equal(summary(loaded), '5 = 1 + 3 + 0 + 1');
  assert.deepEqual(loaded.errors, ['2 unique.file id']);
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t'), [
    [1, 'new', 'k'],
    [2, null, 'k'],
    [3, 'c', null],
    [7, 'same', 'k'],
  ]);
});

test('upsert by a key that is compared by its collation', async () => {
  const url = await databaseOf(`CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, v TEXT);
    INSERT INTO t VALUES ('Ann', 'a')`);
  const loaded = await load(url, 'ANN,x\nBob,y\nbob,z\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
  assert.deepEqual(loaded.errors, ['2 unique.file k']);
});

test('upsert of keys alone: there is nothing to change', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1)',
  );
  assert.equal(summary(await load(url, '1,1\n1,2\n', { mode: 'upsert' })), '2 = 1 + 1 + 0 + 0');
});

test('upsert: a row keeps its own other keys, and may not take those of another row', async () => {
  const url = await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, mail VARCHAR(9) UNIQUE);
    INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
  const loaded = await load(url, '1,a\n2,c\n3,c\n4,d\n', { mode: 'upsert' });
  assert.deepEqual(loaded.errors, ['1 unique.table mail', '2 unique.file mail']);
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
    [4, 'd'],
  ]);
});

test('upsert: a new row that has another key of an old one leaves that one as it is', async () => {
  const url = await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, mail VARCHAR(9) UNIQUE, name TEXT,
      UNIQUE KEY start (name(2))); INSERT INTO t VALUES (1, 'a', 'Ann')`);
  const loaded = await load(url, '9,a,New\n8,b,Anna\n7,c,Bob\n', { mode: 'upsert' });
  assert.deepEqual(loaded.errors, ['0 unique.table mail', '1 unique.table']);
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'a', 'Ann'],
    [7, 'c', 'Bob'],
  ]);
});

test('upsert beside a CHECK: counted exactly', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n4,0\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t'), [
    [1, 5],
    [2, 2],
    [3, 3],
  ]);
});

test('upsert without the primary key is refused, with what to do', async () => {
  const url = await databaseOf('CREATE TABLE t (a INT); CREATE TABLE keyed (a INT PRIMARY KEY, b INT)');
  await assert.rejects(load(url, '1\n', { mode: 'upsert' }), {
    code: 'bad-request',
    hint: 'the table has no primary key; use mode insert',
  });
  await assert.rejects(load(url, '1\n', { table: 'keyed', mode: 'upsert', columns: ['b'] }), {
    code: 'bad-request',
    hint: 'add a',
  });
});
