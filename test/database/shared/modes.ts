import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from './load.ts';
import type { TestedEngine } from './tested-engine.ts';

/** Rows whose keys exist are passed over (skip) or changed (upsert). */
export function modesSuite(engine: TestedEngine): void {
  test('skip passes over rows whose keys exist, in the table or earlier in the batch', async () => {
    const url = await engine.databaseOf(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(9) UNIQUE); INSERT INTO t VALUES (1, 'a')",
    );
    const loaded = await engine.load(url, '1,x\n2,a\n3,b\n3,c\n4,b\n5,d\nx,e\n', { mode: 'skip' });
    assert.equal(summary(loaded), '7 = 2 + 0 + 4 + 1');
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 'a'],
      [3, 'b'],
      [5, 'd'],
    ]);
  });

  test('skip beside a CHECK: counted exactly', async () => {
    const url = await engine.databaseOf(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1)',
    );
    const loaded = await engine.load(url, '1,5\n2,0\n3,3\n1,0\n', { mode: 'skip' });
    assert.deepEqual(loaded.errors, ['1 check', '3 check']);
    assert.equal(summary(loaded), '4 = 1 + 0 + 1 + 2');
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 1],
      [3, 3],
    ]);
  });

  test('upsert updates the rows whose primary key exists, and counts both exactly', async () => {
    const url =
      await engine.databaseOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20), kept VARCHAR(20));
      INSERT INTO t VALUES (1, 'a', 'k'), (2, 'b', 'k'), (7, 'same', 'k')`);
    const loaded = await engine.load(url, '1,new\n3,c\n3,d\n2,\n7,same\n', {
      mode: 'upsert',
      columns: ['id', 'v'],
    });
    assert.equal(summary(loaded), '5 = 1 + 3 + 0 + 1');
    assert.deepEqual(loaded.errors, ['2 unique.file id']);
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 'new', 'k'],
      [2, null, 'k'],
      [3, 'c', null],
      [7, 'same', 'k'],
    ]);
  });

  test('upsert of keys alone: there is nothing to change', async () => {
    const url = await engine.databaseOf(
      'CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b)); INSERT INTO t VALUES (1, 1)',
    );
    assert.equal(summary(await engine.load(url, '1,1\n1,2\n', { mode: 'upsert' })), '2 = 1 + 1 + 0 + 0');
  });

  test('upsert: a row keeps its own other keys, and may not take those of another row', async () => {
    const url = await engine.databaseOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, mail VARCHAR(9) UNIQUE);
      INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
    const loaded = await engine.load(url, '1,a\n2,c\n3,c\n4,d\n', { mode: 'upsert' });
    assert.deepEqual(loaded.errors, ['1 unique.table mail', '2 unique.file mail']);
    assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [4, 'd'],
    ]);
  });

  test('upsert beside a CHECK: counted exactly', async () => {
    const url = await engine.databaseOf(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2)',
    );
    const loaded = await engine.load(url, '1,5\n2,0\n3,3\n4,0\n', { mode: 'upsert' });
    assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 5],
      [2, 2],
      [3, 3],
    ]);
  });

  test('upsert without the primary key is refused, with what to do', async () => {
    const url = await engine.databaseOf(
      'CREATE TABLE t (a INT); CREATE TABLE keyed (a INTEGER PRIMARY KEY, b INT)',
    );
    await assert.rejects(engine.load(url, '1\n', { mode: 'upsert' }), {
      code: 'bad-request',
      hint: 'the table has no primary key; use mode insert',
    });
    await assert.rejects(engine.load(url, '1\n', { table: 'keyed', mode: 'upsert', columns: ['b'] }), {
      code: 'bad-request',
      hint: 'add a',
    });
  });
}
