import assert from 'node:assert/strict';
import { test } from 'node:test';
import { insertSuite } from '../shared/insert.ts';
import { lines, summary } from '../shared/load.ts';
import { databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';
import { postgres } from './tested.ts';

insertSuite(postgres);

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
