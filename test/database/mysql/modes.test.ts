import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../shared/load.ts';
import { modesSuite } from '../shared/modes.ts';
import { databaseOf, valuesIn } from './fixture.ts';
import { load } from './load.ts';
import { mysql } from './tested.ts';

modesSuite(mysql);

test('upsert by a key that is compared by its collation', async () => {
  const url = await databaseOf(`CREATE TABLE t (k VARCHAR(9) COLLATE utf8mb4_general_ci PRIMARY KEY, v TEXT);
    INSERT INTO t VALUES ('Ann', 'a')`);
  const loaded = await load(url, 'ANN,x\nBob,y\nbob,z\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
  assert.deepEqual(loaded.errors, ['2 unique.file k']);
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
