import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load, summary } from './load.ts';

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

test('the first row with a key wins: later ones are unique.file, those in the table unique.table', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t VALUES (1, 'old')",
  );
  const loaded = await load(url, '1,new\n2,first\n2,second\n3,a\n2,third\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id', '4 unique.file id']);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
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
  const url = await databaseOf('CREATE TABLE t (id bigint PRIMARY KEY, n int CHECK (n > 0))');
  const most = 2n ** 63n - 1n;
  assert.deepEqual((await load(url, `${most},1\n`)).errors, []);
  const loaded = await load(url, `${most - 1n},1\n${most},1\n${most - 1n},1\n${most - 2n},0\n${-most},1\n`);
  assert.deepEqual(loaded.errors, ['1 unique.table id', '2 unique.file id', '3 check']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, `${most}`);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  const upserted = await load(url, `${most},5\n${most - 3n},1\n`, { mode: 'upsert' });
  assert.equal(summary(upserted), '2 = 1 + 1 + 0 + 0');
});

test('several unique keys: every one that is repeated is named', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int UNIQUE, mail text UNIQUE); INSERT INTO t VALUES (1, 'a')",
  );
  const loaded = await load(url, '1,a\n2,b\n2,b\n3,c\n');
  assert.deepEqual([...loaded.errors].sort(), [
    '0 unique.table id',
    '0 unique.table mail',
    '2 unique.file id',
    '2 unique.file mail',
  ]);
  assert.equal(summary(loaded), '4 = 2 + 0 + 0 + 2');
});

test('a row is no duplicate of one that was refused itself', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int UNIQUE, mail text UNIQUE); INSERT INTO t VALUES (1, 'z')",
  );
  const loaded = await load(url, '1,a\n2,a\n3,b\n4,b\n4,c\n5,c\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '3 unique.file mail', '5 unique.file mail']);
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'z'],
    [2, 'a'],
    [3, 'b'],
    [4, 'c'],
  ]);
});

test('a composite key and a key with NULLs, which is no key', async () => {
  const url = await databaseOf('CREATE TABLE t (a int, b text, UNIQUE (a, b))');
  const loaded = await load(url, '1,x\n1,y\n1,x\n,x\n,x\n1,\n1,\n');
  assert.deepEqual(loaded.errors, ['2 unique.file']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,x');
  assert.equal(summary(loaded), '7 = 6 + 0 + 0 + 1');
});

test('keys are compared as the database compares: collations, citext, padded text, decimals', async () => {
  const url = await databaseOf(`
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE t (name text COLLATE nocase UNIQUE); INSERT INTO t VALUES ('Eve');
    CREATE TABLE padded (k char(5) UNIQUE); CREATE TABLE price (k numeric UNIQUE); INSERT INTO price VALUES (7);`);
  const names = await load(url, 'ann\nANN\nEVE\nBob\n');
  assert.deepEqual(names.errors, ['1 unique.file name', '2 unique.table name']);
  assert.deepEqual((await load(url, 'a\n"a "\nb\n', { table: 'padded' })).errors, ['1 unique.file k']);
  const prices = await load(url, '1.5\n1.50\n7.00\n2\n', { table: 'price' });
  assert.deepEqual(prices.errors, ['1 unique.file k', '2 unique.table k']);
});

test('unique indexes that are partial, over an expression or without distinct NULLs are held by the database', async () => {
  const url = await databaseOf(`CREATE TABLE t (id int, name text, n int UNIQUE NULLS NOT DISTINCT);
    CREATE UNIQUE INDEX low ON t (lower(name)); CREATE UNIQUE INDEX part ON t (id) WHERE id > 10`);
  const loaded = await load(url, '1,a,1\n1,b,2\n11,c,3\n11,d,4\n2,A,5\n3,e,\n4,f,\n');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [
      [3, 'unique.table'],
      [4, 'unique.table'],
      [6, 'unique.table'],
    ],
  );
  assert.equal(summary(loaded), '7 = 4 + 0 + 0 + 3');
});

test('a row that an exclusion constraint keeps out', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id int, n int, EXCLUDE (n WITH =)); INSERT INTO t VALUES (0, 7)',
  );
  const { errors, rejects } = await load(url, '1,5\n2,7\n3,5\n');
  assert.deepEqual(errors, ['1 unique.table', '2 unique.table']);
  assert.match(rejects[0]?.errors[0]?.message ?? '', /exclusion constraint "t_n_excl"/);
});

test('a duplicate is told as one also when a CHECK fails first', async () => {
  const url = await databaseOf('CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0))');
  assert.deepEqual((await load(url, '1,0\n2,1\n2,2\n')).errors, ['0 check', '2 unique.file id']);
  assert.deepEqual((await load(url, '2,0\n')).errors, ['0 unique.table id']);
});

test('one row of 10,000 that breaks a CHECK costs that row', async () => {
  const url = await databaseOf('CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n <> 7777))');
  const loaded = await load(
    url,
    lines(10_000, (i) => `${i},${i}`),
  );
  assert.equal(summary(loaded), '10000 = 9999 + 0 + 0 + 1');
  assert.deepEqual(loaded.errors, ['7777 check']);
  assert.equal(
    loaded.rejects[0]?.errors[0]?.message,
    'new row for relation "t" violates check constraint "t_n_check"',
  );
  assert.equal(loaded.strategy, 'copy-binary, classified');
});

test('the message of a CHECK found by set is that of the database itself', async () => {
  const url = await databaseOf(`CREATE TABLE "o ""t" (a int CONSTRAINT "c ""1" CHECK (a > 0), d int DEFAULT 0,
    CONSTRAINT with_default CHECK (a + d < 10))`);
  const { rejects } = await load(url, '1\n0\n11\n', { table: 'o "t', columns: ['a'] });
  const messages = rejects.map(({ errors }) => errors[0]?.message);
  const said = [];
  for (const a of [0, 11]) {
    const failure = await run(url, `INSERT INTO "o ""t" VALUES (${a})`).catch(
      (error: Error) => error.message,
    );
    said.push(failure);
  }
  assert.deepEqual(messages, said);
});

test('CHECKs of domains, also nested: found by set, in the words of the database', async () => {
  const url = await databaseOf(`CREATE DOMAIN positive AS int CONSTRAINT above CHECK (VALUE > 0);
    CREATE DOMAIN small AS positive CONSTRAINT below CHECK (VALUE < 10); CREATE TABLE t (id int, n small)`);
  const loaded = await load(
    url,
    lines(3000, (i) => `${i},${i % 3 === 0 ? i % 12 : 5}`),
  );
  const bad = Array.from({ length: 3000 }, (_, i) => i).filter((i) => i % 12 === 0);
  assert.deepEqual(
    loaded.errors,
    bad.map((i) => `${i} check n`),
  );
  const said = await run(url, 'INSERT INTO t VALUES (0, 0)').catch((error: Error) => error.message);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, said);
  const large = await load(url, '1,10\n2,0\n');
  assert.deepEqual(
    large.rejects.map(({ errors }) => /"(\w+)"$/.exec(errors[0]?.message ?? '')?.[1]),
    ['below', 'above'],
  );
});

test('duplicates, CHECKs and NOT NULL together: each row has its own reason', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0), v text NOT NULL); INSERT INTO t VALUES (1, 1, 'x')",
  );
  const loaded = await load(url, '1,1,a\n2,0,b\n2,2,c\n3,3,\n4,4,d\n4,0,e\nx,-1,f\n');
  assert.deepEqual(loaded.errors, [
    '0 unique.table id',
    '1 check',
    '3 missing v',
    '5 check',
    '6 type.integer id',
  ]);
  assert.deepEqual(await valuesIn(url, 'SELECT id, v FROM t ORDER BY id'), [
    [1, 'x'],
    [2, 'c'],
    [4, 'd'],
  ]);
});

test('what the database fills itself: serial, identity, defaults, generated columns', async () => {
  const url = await databaseOf(`CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial,
    v text NOT NULL DEFAULT 'none', n int, twice int GENERATED ALWAYS AS (n * 2) STORED, at date DEFAULT now())`);
  assert.equal(summary(await load(url, '5\n6\n', { columns: ['n'] })), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(await valuesIn(url, 'SELECT id, s, v, n, twice, at = current_date FROM t'), [
    [1, 1, 'none', 5, 10, true],
    [2, 2, 'none', 6, 12, true],
  ]);
  const given = await load(url, '70,7\n70,8\n', { columns: ['id', 'n'] });
  assert.deepEqual(given.errors, ['1 unique.file id']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t WHERE n = 7'), [70]);
});

test('a column left out that must have a value: every row is a reject that names it', async () => {
  const url = await databaseOf('CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)');
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 missing v', '1 missing v']);
  const said = await run(url, 'INSERT INTO t (id) VALUES (1)').catch((error: Error) => error.message);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, said);
});

test('skip passes over rows whose keys exist, in the table or earlier in the batch', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int PRIMARY KEY, v text UNIQUE); INSERT INTO t VALUES (1, 'a')",
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
    'CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO t VALUES (1, 1)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n1,0\n', { mode: 'skip' });
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 1],
    [3, 3],
  ]);
  assert.deepEqual(loaded.errors, ['1 check', '3 check']);
  assert.equal(summary(loaded), '4 = 1 + 0 + 1 + 2');
});

test('upsert updates the rows whose primary key exists, and counts both exactly', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int PRIMARY KEY, v text, kept text); INSERT INTO t VALUES (1, 'a', 'k'), (2, 'b', 'k')",
  );
  const loaded = await load(url, '1,new\n3,c\n3,d\n2,\n', { mode: 'upsert', columns: ['id', 'v'] });
  assert.equal(summary(loaded), '4 = 1 + 2 + 0 + 1');
  assert.deepEqual(loaded.errors, ['2 unique.file id']);
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'new', 'k'],
    [2, null, 'k'],
    [3, 'c', null],
  ]);
});

test('upsert: a row keeps its own other keys, and may not take those of another row', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id int PRIMARY KEY, mail text UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
  );
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

test('upsert beside a CHECK: counted exactly', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n4,0\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 5],
    [2, 2],
    [3, 3],
  ]);
});

test('upsert without the primary key is refused, with what to do', async () => {
  const url = await databaseOf('CREATE TABLE t (a int); CREATE TABLE keyed (a int PRIMARY KEY, b int)');
  await assert.rejects(load(url, '1\n', { mode: 'upsert' }), {
    code: 'bad-request',
    hint: 'the table has no primary key; use mode insert',
  });
  await assert.rejects(load(url, '1\n', { mode: 'upsert', table: 'keyed', columns: ['b'] }), {
    code: 'bad-request',
    hint: 'add a',
  });
});

test('keys that may be held at the end of the transaction are held here, in every mode', async () => {
  const url = await databaseOf(`CREATE TABLE t (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v text);
    INSERT INTO t VALUES (1, 'a')`);
  const loaded = await load(url, '1,b\n2,c\n2,d\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id']);
  assert.equal(summary(await load(url, '1,b\n3,c\n3,d\n', { mode: 'skip' })), '3 = 1 + 0 + 2 + 0');
  await assert.rejects(load(url, '1,b\n', { mode: 'upsert' }), { code: 'bad-request' });
});

test('names with quotes, spaces and dots', async () => {
  const url = await databaseOf(
    'CREATE TABLE "a ""b"".c" ("select" int UNIQUE, "x.y" text, "it\'s" int CHECK ("it\'s" > 0))',
  );
  const loaded = await load(url, '1,a,1\n1,b,1\n2,c,0\n', { table: 'a "b".c' });
  assert.deepEqual(loaded.errors, ['1 unique.file select', '2 check']);
});

test('an empty batch, and one whose rows are all bad', async () => {
  const url = await databaseOf('CREATE TABLE t (id int)');
  assert.equal(summary(await load(url, '')), '0 = 0 + 0 + 0 + 0');
  assert.equal(summary(await load(url, 'x\ny\n')), '2 = 0 + 0 + 0 + 2');
});

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

test('any batch is refused row for row as if its rows had come one after the other', async () => {
  const url = await databaseOf();
  const small = fc.option(fc.integer({ min: 1, max: 8 }), { freq: 6 });
  const rows = fc.array(fc.tuple(small, small, fc.integer({ min: 0, max: 5 })), { maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(rows, async (batch) => {
      await run(
        url,
        `DROP TABLE IF EXISTS t; CREATE TABLE t (a int UNIQUE, b int, n int CHECK (n > 0), UNIQUE (b));
         INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 1)`,
      );
      const loaded = await load(url, batch.map(([a, b, n]) => `${a ?? ''},${b ?? ''},${n}\n`).join(''));
      assert.deepEqual(
        loaded.rejects.map((reject) => reject.index),
        oneByOne(batch, [1, 2]),
      );
      assert.deepEqual(await listIn(url, 'SELECT count(*)::int FROM t'), [2 + loaded.counts.inserted]);
    }),
    { numRuns: 40 },
  );
});
