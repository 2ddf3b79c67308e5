import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rowsIn, temporaryFolder } from './fixture.ts';
import { load, newDatabase, orphansIn, summary } from './load.ts';

const folder = temporaryFolder();
const database = (sql: string): string => newDatabase(folder, sql);
const idsIn = (url: string): unknown[] => rowsIn(url, 'SELECT id FROM t ORDER BY id').map((row) => row.id);

const FAMILY = 'CREATE TABLE t (id INTEGER PRIMARY KEY, parent INT REFERENCES t (id), n INT CHECK (n > 0));';

test('rows without a parent are rejects that name the key; the others go in by set', async () => {
  const url = database(`CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
    CREATE TABLE t (id INT, p INT REFERENCES p)`);
  const loaded = await load(url, '1,1\n2,3\n3,002\n4,\n5,3\nx,9\n');
  assert.deepEqual(loaded.errors, [
    '1 foreign_key p',
    '4 foreign_key p',
    '5 type.integer id',
    '5 foreign_key p',
  ]);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'p is "3"; there is no such row in p(id)');
  assert.equal(loaded.strategy, 'image, foreign keys by set');
  assert.equal(summary(loaded), '6 = 3 + 0 + 0 + 3');
  assert.deepEqual(orphansIn(url), []);
});

test('composite keys: all parts or none, a NULL part is no key', async () => {
  const url =
    database(`CREATE TABLE p (a INT, b TEXT, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x'), (2, 'y');
    CREATE TABLE t (id INT, a INT, b TEXT, FOREIGN KEY (a, b) REFERENCES p)`);
  const loaded = await load(url, '1,1,x\n2,1,y\n3,,y\n4,1,\n5,02,y\n6,2,"y,"\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key', '5 foreign_key']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,y');
});

test('two foreign keys of a row: both reasons', async () => {
  const url =
    database(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE q (id INTEGER PRIMARY KEY);
    CREATE TABLE t (a INT, b INT, q INT REFERENCES q, FOREIGN KEY (a, b) REFERENCES p, FOREIGN KEY (b, a) REFERENCES p)`);
  assert.deepEqual(
    (await load(url, '1,2,3\n')).errors,
    ['0 foreign_key q', '0 foreign_key', '0 foreign_key'].sort(),
  );
});

test('a parent is found as the database compares: collation, quotes, decimals', async () => {
  const url = database(`CREATE TABLE p (code TEXT COLLATE NOCASE PRIMARY KEY); INSERT INTO p VALUES ('Ann"s');
    CREATE TABLE q (price DECIMAL(5,2) UNIQUE); INSERT INTO q VALUES (1.5);
    CREATE TABLE t (code TEXT REFERENCES p, price DECIMAL(5,2) REFERENCES q (price))`);
  const loaded = await load(url, '"ANN""S",1.50\n"ann""s",\nbob,1.51\n');
  assert.deepEqual(loaded.errors, ['2 foreign_key price', '2 foreign_key code'].sort().reverse());
  assert.deepEqual(orphansIn(url), []);
});

test('keys of bytes and of truth are held row by row', async () => {
  const url = database(`CREATE TABLE p (id BLOB PRIMARY KEY); INSERT INTO p VALUES (x'00ff');
    CREATE TABLE t (n INT, p BLOB REFERENCES p)`);
  const loaded = await load(url, '1,00ff\n2,\\x00FF\n3,aa\n');
  assert.equal(loaded.strategy, 'image, foreign keys by row, by halves');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [[2, 'foreign_key']],
  );
});

test('a parent table that does not exist has no rows', async () => {
  const url = database('CREATE TABLE t (id INT, p INT REFERENCES nowhere (id))');
  const loaded = await load(url, '1,\n2,5\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key p']);
});

test('a foreign key that a default fills is held by the database', async () => {
  const sql = `CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INT, p INT DEFAULT 7 REFERENCES p);`;
  const url = database(sql);
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(
    loaded.rejects.map(({ errors }) => errors[0]?.code),
    ['foreign_key', 'foreign_key'],
  );
  const there = database(`${sql} INSERT INTO p VALUES (7)`);
  assert.equal(summary(await load(there, '1\n2\n', { columns: ['id'] })), '2 = 2 + 0 + 0 + 0');
  const left = database(
    'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE t (id INT, p INT REFERENCES p)',
  );
  assert.equal((await load(left, '1\n', { columns: ['id'] })).strategy, 'image, foreign keys by set');
});

test('a trigger that writes into another table is held to the foreign keys there, however it is spelled', async () => {
  for (const name of ['t', 'T']) {
    const url = database(`CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE log (p INT REFERENCES p);
      INSERT INTO p VALUES (1); CREATE TABLE t (id INT, p INT);
      CREATE TRIGGER copy AFTER INSERT ON ${name} BEGIN INSERT INTO log VALUES (NEW.p); END;`);
    const loaded = await load(url, '1,1\n2,5\n3,1\n');
    assert.deepEqual(
      loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
      [[1, 'foreign_key']],
    );
    assert.deepEqual(orphansIn(url), []);
  }
});

test('an upsert may not take a key away that others refer to', async () => {
  const url =
    database(`CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');
    CREATE TABLE c (code TEXT REFERENCES t (code)); INSERT INTO c VALUES ('a')`);
  const loaded = await load(url, '1,z\n2,y\n3,x\n', { mode: 'upsert' });
  assert.equal(loaded.rejects.length, 1);
  assert.equal(loaded.rejects[0]?.index, 0);
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
  assert.deepEqual(orphansIn(url), []);
});

test('a table that refers to itself: the parent may come later, be the row itself, or be one of a circle', async () => {
  const url = database(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
  const loaded = await load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n5,6,1\n6,5,1\n7,100,1\n8,03,1\n');
  assert.deepEqual(loaded.errors, []);
  assert.equal(loaded.strategy, 'image, foreign keys by set');
  assert.deepEqual(orphansIn(url), []);
});

test('an orphan takes its children and their children with it', async () => {
  const url = database(FAMILY);
  const loaded = await load(url, '1,,1\n4,3,1\n3,2,1\n2,99,1\n5,1,1\n6,4,1\n');
  assert.deepEqual(
    loaded.errors,
    [1, 2, 3, 5].map((index) => `${index} foreign_key parent`),
  );
  assert.deepEqual(idsIn(url), [1, 5]);
  assert.deepEqual(orphansIn(url), []);
});

test('so does a parent that is a reject for another reason', async () => {
  const url = database(`${FAMILY} INSERT INTO t VALUES (50, NULL, 1)`);
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
  assert.deepEqual(idsIn(url), [4, 5, 6, 50]);
  assert.deepEqual(orphansIn(url), []);
});

test('an orphan by another key takes its children with it too', async () => {
  const url = database(`CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id INTEGER PRIMARY KEY, boss INT REFERENCES t, p INT REFERENCES p)`);
  const loaded = await load(url, '1,,9\n2,1,1\n3,,1\n4,3,1\n');
  assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key boss']);
  assert.deepEqual(idsIn(url), [3, 4]);
});

test('a long chain whose head is missing ends quickly', async () => {
  const url = database(FAMILY);
  const chain = Array.from({ length: 20_000 }, (_, i) => `${i + 1},${i},1\n`).join('');
  const loaded = await load(url, chain);
  assert.equal(summary(loaded), '20000 = 0 + 0 + 0 + 20000');
});

test('skip in a table that refers to itself leaves no orphan', async () => {
  const url =
    database(`CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT UNIQUE, parent INT REFERENCES t (id));
    INSERT INTO t VALUES (1, 'a', NULL)`);
  const loaded = await load(url, '2,a,\n3,c,2\n4,d,1\n', { mode: 'skip' });
  assert.equal(summary(loaded), '3 = 1 + 0 + 1 + 1');
  assert.deepEqual(orphansIn(url), []);
});

test('no batch whatever leaves a row without its parent, and every record is accounted for', async () => {
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
        const url = database(`${FAMILY} INSERT INTO t VALUES (1, NULL, 1)`);
        const csv = batch.map(([id, parent, n]) => `${id},${parent ?? ''},${n}\n`).join('');
        const { counts } = await load(url, csv, { mode });
        assert.deepEqual(orphansIn(url), []);
        assert.equal(counts.read, batch.length);
        assert.equal(idsIn(url).length, 1 + counts.inserted);
      },
    ),
    { numRuns: 60 },
  );
});
