import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { summary } from '../shared/load.ts';
import { databaseOf, listIn, run } from './fixture.ts';
import { load } from './load.ts';

/** Repeated keys in large batches: which way finds them, and that every way finds the same. */

interface Row {
  readonly key: string;
  readonly n: number;
}

const csvOf = (rows: readonly Row[]): string => rows.map(({ key, n }) => `${key},${n}\n`).join('');
const table = (type: string): string => `CREATE TABLE t (id ${type} PRIMARY KEY, n int CHECK (n > 0))`;

/** `count` rows with rising keys, those at `places` with the key that is `back` rows before them. */
const rising = (count: number, places: readonly number[], back: number): Row[] =>
  Array.from({ length: count }, (_, i) => ({ key: String((places.includes(i) ? i - back : i) + 1), n: 1 }));

test('a few whole numbers that do not rise are looked up before the COPY', async () => {
  const url = await databaseOf(`${table('int')}; INSERT INTO t VALUES (-7, 1), (-5, 1)`);
  const rows = rising(2000, [700, 1500], 200);
  rows.splice(1000, 0, { key: '-7', n: 1 }, { key: '-6', n: 1 }, { key: '-6', n: 1 });
  const loaded = await load(url, csvOf(rows));
  assert.deepEqual(loaded.errors, [
    '700 unique.file id',
    '1000 unique.table id',
    '1002 unique.file id',
    '1503 unique.file id',
  ]);
  assert.equal(loaded.strategy, 'copy-binary, repeats looked up');
  assert.equal(summary(loaded), '2003 = 1999 + 0 + 0 + 4');
  assert.deepEqual(loaded.rejects[1]?.errors[0], {
    code: 'unique.table',
    column: 'id',
    value: '-7',
    message: 'id is "-7"; a row with this key is in the table',
  });
});

test('so is one that repeats the last key of the others', async () => {
  const url = await databaseOf(table('int'));
  const rows = rising(2000, [], 0);
  const loaded = await load(url, csvOf([...rows, ...rows.slice(-1)]));
  assert.deepEqual(loaded.errors, ['2000 unique.file id']);
  assert.equal(loaded.strategy, 'copy-binary, repeats looked up');
});

test('a rising key may stand in the table: the batch goes in pieces', async () => {
  const url = await databaseOf(`${table('bigint')}; INSERT INTO t VALUES (3000, 1), (4100, 1), (5000, 1)`);
  const loaded = await load(url, csvOf(rising(5000, [], 0)));
  assert.deepEqual(
    loaded.errors,
    [2999, 4099, 4999].map((index) => `${index} unique.table id`),
  );
  assert.equal(loaded.strategy, 'copy-binary, in pieces');
  assert.equal(summary(loaded), '5000 = 4997 + 0 + 0 + 3');
});

test('a key of the table stays one of the table when the file brings it again', async () => {
  const url = await databaseOf(`${table('text')}; INSERT INTO t VALUES ('k5', 1)`);
  const rows = Array.from({ length: 1500 }, (_, i) => ({ key: `k${i}`, n: 1 }));
  for (const [at, key] of [
    [500, 'k5'],
    [700, 'k9'],
    [1400, 'k5'],
  ] as const)
    rows[at] = { key, n: 1 };
  const loaded = await load(url, csvOf(rows));
  assert.deepEqual(loaded.errors, [
    '5 unique.table id',
    '500 unique.table id',
    '700 unique.file id',
    '1400 unique.table id',
  ]);
  assert.equal(loaded.strategy, 'copy-binary, in pieces');
});

test('a small batch goes in one piece', async () => {
  const url = await databaseOf(`${table('int')}; INSERT INTO t VALUES (1, 1), (3, 1)`);
  const loaded = await load(url, csvOf(rising(3, [], 0)));
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.table id']);
  assert.equal(loaded.strategy, 'copy-binary, in pieces');
});

test('keys in any order go in pieces; texts too, as the database compares them', async () => {
  const url = await databaseOf(`${table('text')}; INSERT INTO t VALUES ('k77', 1), ('', 1)`);
  const rows = Array.from({ length: 3000 }, (_, i) => ({ key: `k${(i * 7919) % 2900}`, n: 1 }));
  rows[5] = { key: '""', n: 1 };
  const loaded = await load(url, csvOf(rows));
  const repeated = Array.from({ length: 100 }, (_, i) => i + 2900).filter((i) => i !== 2905);
  const known = rows.findIndex(({ key }) => key === 'k77');
  assert.deepEqual(
    loaded.errors,
    [5, known, ...repeated]
      .sort((a, b) => a - b)
      .map((i) => `${i} unique.${i === 5 || i === known ? 'table' : 'file'} id`),
  );
  assert.equal(loaded.strategy, 'copy-binary, classified');
  assert.equal(summary(await load(url, csvOf(rows.slice(0, 2900)))), '2900 = 0 + 0 + 0 + 2900');
});

test('another failure beside repeated keys is told as ever', async () => {
  const url = await databaseOf(table('int'));
  const rows = rising(3000, [1200, 2400], 1000);
  rows[2600] = { key: '2601', n: 0 };
  const loaded = await load(url, csvOf(rows));
  assert.deepEqual(loaded.errors, ['1200 unique.file id', '2400 unique.file id', '2600 check']);
  assert.equal(loaded.strategy, 'copy-binary, classified');
});

test('more repeated keys than a call takes arguments', async () => {
  const url = await databaseOf(table('int'));
  const csv = csvOf(rising(130_000, [], 0));
  await load(url, csv);
  assert.equal(summary(await load(url, csv)), '130000 = 0 + 0 + 0 + 130000');
});

/** What becomes of each row, one after the other: its code, or null. */
function oneByOne(rows: readonly Row[], there: readonly string[]): (string | null)[] {
  const known = new Set(there);
  const taken = new Set<string>();
  return rows.map(({ key, n }) => {
    if (known.has(key)) return 'unique.table';
    if (n === 0) return 'check';
    if (taken.has(key)) return 'unique.file';
    taken.add(key);
    return null;
  });
}

const place = fc.nat(2399);
const batches = fc.record({
  /** The order of the keys: rising, or all over the place. */
  step: fc.constantFrom(1, 1, 1033),
  repeats: fc.array(fc.tuple(place, place), { maxLength: 14 }),
  there: fc.array(place, { maxLength: 6 }),
  broken: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(place, { maxLength: 2 })),
  type: fc.constantFrom('int', 'bigint', 'text', 'numeric'),
});

test('any large batch is refused row for row as if its rows had come one after the other', async () => {
  const url = await databaseOf();
  await fc.assert(
    fc.asyncProperty(batches, async ({ step, repeats, there, broken, type }) => {
      const rows = Array.from({ length: 2400 }, (_, i) => ({ key: String((i * step) % 2400), n: 1 }));
      for (const [at, of] of repeats) rows[at] = { key: rows[of]?.key ?? '', n: 1 };
      for (const at of broken) rows[at] = { key: rows[at]?.key ?? '', n: 0 };
      const keys = [...new Set(there.map(String))];
      await run(url, `DROP TABLE IF EXISTS t; ${table(type)}`);
      for (const key of keys) await run(url, `INSERT INTO t VALUES ('${key}', 1)`);
      const loaded = await load(url, csvOf(rows));
      const found = new Map(loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]));
      const expected = oneByOne(rows, keys);
      assert.deepEqual(
        rows.map((_, i) => found.get(i) ?? null),
        expected,
      );
      const inserted = expected.filter((code) => code === null).length;
      assert.equal(loaded.counts.inserted, inserted);
      assert.deepEqual(await listIn(url, 'SELECT count(*)::int FROM t'), [inserted + keys.length]);
    }),
    { numRuns: 40 },
  );
});
