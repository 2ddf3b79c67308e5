import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { lines, summary } from './load.ts';
import { listIn, type TestedEngine } from './tested-engine.ts';

/** Which rows of a batch get in, and what the others are told. */
export function insertSuite(engine: TestedEngine): void {
  test('the first row with a key wins: later ones are unique.file, those in the table unique.table', async () => {
    const url = await engine.databaseOf(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(20)); INSERT INTO t VALUES (1, 'old')",
    );
    const loaded = await engine.load(url, '1,new\n2,first\n2,second\n3,a\n2,third\n');
    assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id', '4 unique.file id']);
    assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 'old'],
      [2, 'first'],
      [3, 'a'],
    ]);
    assert.deepEqual(loaded.rejects[0]?.errors[0], {
      code: 'unique.table',
      column: 'id',
      value: '1',
      message: 'id is "1"; a row with this key is in the table',
    });
    assert.match(loaded.rejects[1]?.errors[0]?.message ?? '', /an earlier row of the file has this key/);
  });

  test('keys beyond the numbers that a double tells apart', async () => {
    const { type, least, most } = engine.facts.wholeNumbers;
    const url = await engine.databaseOf(`CREATE TABLE t (id ${type} PRIMARY KEY, n INT CHECK (n > 0))`);
    assert.deepEqual((await engine.load(url, `${most},1\n`)).errors, []);
    const loaded = await engine.load(
      url,
      `${most - 1n},1\n${most},1\n${most - 1n},1\n${most - 2n},0\n${least},1\n`,
    );
    assert.deepEqual(loaded.errors, ['1 unique.table id', '2 unique.file id', '3 check']);
    assert.equal(loaded.rejects[0]?.errors[0]?.value, `${most}`);
    assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
    const upserted = await engine.load(url, `${most},5\n${most - 3n},1\n`, { mode: 'upsert' });
    assert.equal(summary(upserted), '2 = 1 + 1 + 0 + 0');
  });

  test('several unique keys: every one that is repeated is named', async () => {
    const url = await engine.databaseOf(
      "CREATE TABLE t (id INT UNIQUE, mail VARCHAR(20) UNIQUE); INSERT INTO t VALUES (1, 'a')",
    );
    const loaded = await engine.load(url, '1,a\n2,b\n2,b\n3,c\n');
    assert.deepEqual([...loaded.errors].sort(), [
      '0 unique.table id',
      '0 unique.table mail',
      '2 unique.file id',
      '2 unique.file mail',
    ]);
    assert.equal(summary(loaded), '4 = 2 + 0 + 0 + 2');
  });

  test('a row is no duplicate of one that was refused itself', async () => {
    const url = await engine.databaseOf(
      "CREATE TABLE t (id INT UNIQUE, mail VARCHAR(20) UNIQUE); INSERT INTO t VALUES (1, 'z')",
    );
    const loaded = await engine.load(url, '1,a\n2,a\n3,b\n4,b\n4,c\n5,c\n');
    assert.deepEqual(loaded.errors, ['0 unique.table id', '3 unique.file mail', '5 unique.file mail']);
    assert.deepEqual(await engine.valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
      [1, 'z'],
      [2, 'a'],
      [3, 'b'],
      [4, 'c'],
    ]);
  });

  test('a composite key and a key with NULLs, which is no key', async () => {
    const url = await engine.databaseOf('CREATE TABLE t (a INT, b VARCHAR(20), UNIQUE (a, b))');
    const loaded = await engine.load(url, '1,x\n1,y\n1,x\n,x\n,x\n1,\n1,\n');
    assert.deepEqual(loaded.errors, ['2 unique.file']);
    assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,x');
    assert.equal(summary(loaded), '7 = 6 + 0 + 0 + 1');
  });

  test('a duplicate is told as one also when a CHECK fails first', async () => {
    const url = await engine.databaseOf('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0))');
    assert.deepEqual((await engine.load(url, '1,0\n2,1\n2,2\n')).errors, ['0 check', '2 unique.file id']);
    assert.deepEqual((await engine.load(url, '2,0\n')).errors, ['0 unique.table id']);
  });

  test('one row of 10,000 that breaks a CHECK costs that row', async () => {
    const url = await engine.databaseOf(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT, CONSTRAINT odd CHECK (n <> 7777))',
    );
    const loaded = await engine.load(
      url,
      lines(10_000, (i) => `${i},${i}`),
    );
    assert.equal(summary(loaded), '10000 = 9999 + 0 + 0 + 1');
    assert.deepEqual(loaded.errors, ['7777 check']);
    const { message, strategy } = engine.facts.brokenCheck;
    assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', message);
    assert.match(loaded.strategy, strategy);
  });

  test('duplicates, CHECKs and NOT NULL together: each row has its own reason', async () => {
    const url = await engine.databaseOf(
      "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(9) NOT NULL); INSERT INTO t VALUES (1, 1, 'x')",
    );
    const loaded = await engine.load(url, '1,1,a\n2,0,b\n2,2,c\n3,3,\n4,4,d\n4,0,e\nx,-1,f\n');
    assert.deepEqual(loaded.errors, [
      '0 unique.table id',
      '1 check',
      '3 missing v',
      '5 check',
      '6 type.integer id',
    ]);
    assert.deepEqual(await engine.valuesIn(url, 'SELECT id, v FROM t ORDER BY id'), [
      [1, 'x'],
      [2, 'c'],
      [4, 'd'],
    ]);
  });

  test('a column left out that must have a value: every row is a reject that names it', async () => {
    const url = await engine.databaseOf('CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(9) NOT NULL)');
    const loaded = await engine.load(url, '1\n2\n', { columns: ['id'] });
    assert.deepEqual(loaded.errors, ['0 missing v', '1 missing v']);
    assert.deepEqual(await listIn(engine, url, 'SELECT id FROM t'), []);
  });

  test('an empty batch, and one whose rows are all bad', async () => {
    const url = await engine.databaseOf('CREATE TABLE t (id INT)');
    assert.equal(summary(await engine.load(url, '')), '0 = 0 + 0 + 0 + 0');
    assert.equal(summary(await engine.load(url, 'x\ny\n')), '2 = 0 + 0 + 0 + 2');
  });

  test('any batch is refused row for row as if its rows had come one after the other', async () => {
    const small = fc.option(fc.integer({ min: 1, max: 8 }), { freq: 6 });
    const rows = fc.array(fc.tuple(small, small, fc.integer({ min: 0, max: 5 })), { maxLength: 14 });
    const url = await engine.databaseOf(
      'CREATE TABLE t (a INT UNIQUE, b INT, n INT CHECK (n > 0), UNIQUE (b))',
    );
    await fc.assert(
      fc.asyncProperty(rows, async (batch) => {
        await engine.run(url, 'DELETE FROM t; INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 1)');
        const loaded = await engine.load(
          url,
          batch.map(([a, b, n]) => `${a ?? ''},${b ?? ''},${n}\n`).join(''),
        );
        assert.deepEqual(
          loaded.rejects.map((reject) => reject.index),
          oneByOne(batch, [1, 2]),
        );
        assert.equal((await listIn(engine, url, 'SELECT n FROM t')).length, 2 + loaded.counts.inserted);
      }),
      { numRuns: 60 },
    );
  });
}

/** One row after the other, as SQL itself would do it. */
function oneByOne(
  rows: readonly (readonly [number | null, number | null, number])[],
  there: readonly number[],
) {
  const ids = new Set(there);
  const others = new Set<number>();
  return rows.flatMap(([id, other, n], index) => {
    const known = (id !== null && ids.has(id)) || (other !== null && others.has(other));
    if (known || n === 0) return [index];
    if (id !== null) ids.add(id);
    if (other !== null) others.add(other);
    return [];
  });
}
