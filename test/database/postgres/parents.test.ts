import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import { START, writeStaged } from '../../../src/ingest/write.ts';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load, summary } from './load.ts';

const idsIn = (url: string): Promise<unknown[]> => listIn(url, 'SELECT id FROM t ORDER BY id');

const FAMILY = 'CREATE TABLE t (id int PRIMARY KEY, parent int REFERENCES t, n int CHECK (n > 0));';

/** Children of t without a parent; what session_replication_role could leave behind. */
const orphansIn = (url: string): Promise<unknown[]> =>
  listIn(
    url,
    'SELECT c.id FROM t c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM t p WHERE p.id = c.parent)',
  );

test('rows without a parent are rejects that name the key; the others go in by set', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
    CREATE TABLE t (id int, p int REFERENCES p)`);
  const loaded = await load(url, '1,1\n2,3\n3,002\n4,\n5,3\nx,9\n');
  assert.deepEqual(loaded.errors, [
    '1 foreign_key p',
    '4 foreign_key p',
    '5 type.integer id',
    '5 foreign_key p',
  ]);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'p is "3"; there is no such row in p(id)');
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by set');
  assert.equal(summary(loaded), '6 = 3 + 0 + 0 + 3');
});

test('keys of bad records that are no values of their type are passed over', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE u (id uuid PRIMARY KEY);
    CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE TABLE m (id mood PRIMARY KEY); CREATE TABLE d (id date PRIMARY KEY);
    CREATE TABLE t (p int REFERENCES p, u uuid REFERENCES u, m mood REFERENCES m, d date REFERENCES d)`);
  const loaded = await load(url, 'x,y,z,2021-02-30\n99999999999999999999,,ok,\n,,,2021-02-03\n');
  assert.deepEqual(loaded.errors, [
    '0 type.integer p',
    '0 type.uuid u',
    '0 enum m',
    '0 type.date d',
    '1 range p',
    '1 foreign_key m',
    '2 foreign_key d',
  ]);
});

test('composite keys: all parts or none, a NULL part is no key', async () => {
  const url =
    await databaseOf(`CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x'), (2, 'y');
    CREATE TABLE t (id int, a int, b text, FOREIGN KEY (a, b) REFERENCES p)`);
  const loaded = await load(url, '1,1,x\n2,1,y\n3,,y\n4,1,\n5,02,y\n6,2,"y,"\n7,2,"y\\""{}"\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key', '5 foreign_key', '6 foreign_key']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,y');
});

test('MATCH FULL: a key of which a part is NULL is refused by the database', async () => {
  const url =
    await databaseOf(`CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x');
    CREATE TABLE t (id int, a int, b text, FOREIGN KEY (a, b) REFERENCES p MATCH FULL)`);
  const loaded = await load(url, '1,1,x\n2,1,\n3,,\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key']);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by row, classified');
});

test('two foreign keys of a row: both reasons', async () => {
  const url =
    await databaseOf(`CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)); CREATE TABLE q (id int PRIMARY KEY);
    CREATE TABLE t (a int, b int, q int REFERENCES q, FOREIGN KEY (a, b) REFERENCES p)`);
  assert.deepEqual([...(await load(url, '1,2,3\n')).errors].sort(), ['0 foreign_key', '0 foreign_key q']);
});

test('a parent is found as the database compares: collation, quotes, decimals, moments, padding', async () => {
  const url = await databaseOf(`
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE p (code text COLLATE nocase PRIMARY KEY); INSERT INTO p VALUES ('Ann"s');
    CREATE TABLE q (price numeric(5,2) UNIQUE); INSERT INTO q VALUES (1.5);
    CREATE TABLE r (at timestamptz UNIQUE); INSERT INTO r VALUES ('2021-01-01T00:00:00Z');
    CREATE TABLE s (k char(4) UNIQUE); INSERT INTO s VALUES ('ab');
    CREATE TABLE t (code text COLLATE nocase REFERENCES p, price numeric(5,2) REFERENCES q (price),
      at timestamptz REFERENCES r (at), k char(4) REFERENCES s (k))`);
  const loaded = await load(
    url,
    '"ANN""S",1.50,2021-01-01T01:00:00+01:00,"ab "\n"ann""s",,,ab\nbob,1.51,2021-01-01 01:00,abc\n',
  );
  assert.deepEqual([...loaded.errors].sort(), [
    '2 foreign_key at',
    '2 foreign_key code',
    '2 foreign_key k',
    '2 foreign_key price',
  ]);
});

test('keys of bytes, of truth and of types that only the database knows are held row by row', async () => {
  const url = await databaseOf(`CREATE TABLE p (id bytea PRIMARY KEY); INSERT INTO p VALUES ('\\x00ff');
    CREATE TABLE t (n int, p bytea REFERENCES p);
    CREATE TABLE net (id inet PRIMARY KEY); INSERT INTO net VALUES ('10.0.0.1');
    CREATE TABLE host (n int, net inet REFERENCES net)`);
  const loaded = await load(url, '1,00ff\n2,\\x00FF\n3,aa\n');
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by row, classified');
  assert.deepEqual(loaded.errors, ['2 foreign_key p']);
  const hosts = await load(url, '1,10.0.0.1\n2,10.0.0.2\n3,10.0.0.256\n', { table: 'host' });
  assert.deepEqual(hosts.errors, ['1 foreign_key net', '2 database']);
});

test('a parent in a schema where names are not looked up', async () => {
  const url = await databaseOf(`CREATE SCHEMA hidden; CREATE TABLE hidden.t (id int PRIMARY KEY);
    INSERT INTO hidden.t VALUES (1); CREATE TABLE t (id int, p int REFERENCES hidden.t)`);
  const loaded = await load(url, '1,1\n2,2\n3,3\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key p', '2 foreign_key p']);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by set');
});

test('a foreign key that a default fills is held by the database', async () => {
  const sql = 'CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (id int, p int DEFAULT 7 REFERENCES p);';
  const url = await databaseOf(sql);
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key p']);
  await run(url, 'INSERT INTO p VALUES (7)');
  assert.equal(summary(await load(url, '1\n2\n', { columns: ['id'] })), '2 = 2 + 0 + 0 + 0');
});

test('a trigger that writes into another table is held to the foreign keys there', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE log (p int REFERENCES p);
    INSERT INTO p VALUES (1); CREATE TABLE t (id int, p int);
    CREATE FUNCTION copy() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN INSERT INTO log VALUES (NEW.p); RETURN NEW; END $$;
    CREATE TRIGGER copy AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION copy();`);
  const loaded = await load(url, '1,1\n2,5\n3,1\n');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [[1, 'foreign_key']],
  );
  assert.deepEqual(await listIn(url, 'SELECT p FROM log'), [1, 1]);
});

test('a trigger or a foreign key of a partition keeps the keys from being held by set', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id int, p int) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (10);
    CREATE TABLE high PARTITION OF t FOR VALUES FROM (10) TO (20);
    ALTER TABLE high ADD FOREIGN KEY (p) REFERENCES p;`);
  const loaded = await load(url, '1,1\n2,5\n11,1\n12,5\n30,1\n');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [
      [3, 'foreign_key'],
      [4, 'check'],
    ],
  );
});

test('an upsert may not take a key away that others refer to', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b');
    CREATE TABLE c (code text REFERENCES t (code)); INSERT INTO c VALUES ('a')`);
  const loaded = await load(url, '1,z\n2,y\n3,x\n', { mode: 'upsert' });
  assert.deepEqual(
    loaded.rejects.map(({ index }) => index),
    [0],
  );
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
});

test('a table that refers to itself: the parent may come later, be the row itself, or be one of a circle', async () => {
  const url = await databaseOf(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
  const loaded = await load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n5,6,1\n6,5,1\n7,100,1\n8,03,1\n');
  assert.deepEqual(loaded.errors, []);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by set');
  assert.deepEqual(await orphansIn(url), []);
});

test('an orphan takes its children and their children with it', async () => {
  const url = await databaseOf(FAMILY);
  const loaded = await load(url, '1,,1\n4,3,1\n3,2,1\n2,99,1\n5,1,1\n6,4,1\n');
  assert.deepEqual(
    loaded.errors,
    [1, 2, 3, 5].map((index) => `${index} foreign_key parent`),
  );
  assert.deepEqual(await idsIn(url), [1, 5]);
});

test('so does a parent that is a reject for another reason', async () => {
  const url = await databaseOf(`${FAMILY} INSERT INTO t VALUES (50, NULL, 1)`);
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
  assert.deepEqual(await idsIn(url), [4, 5, 6, 50]);
  assert.deepEqual(await orphansIn(url), []);
});

test('an orphan by another key takes its children with it too', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1);
    CREATE TABLE t (id int PRIMARY KEY, boss int REFERENCES t, p int REFERENCES p)`);
  const loaded = await load(url, '1,,9\n2,1,1\n3,,1\n4,3,1\n');
  assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key boss']);
  assert.deepEqual(await idsIn(url), [3, 4]);
});

test('a long chain whose head is missing ends quickly', async () => {
  const url = await databaseOf(FAMILY);
  const chain = Array.from({ length: 20_000 }, (_, i) => `${i + 1},${i},1\n`).join('');
  const loaded = await load(url, chain);
  assert.equal(summary(loaded), '20000 = 0 + 0 + 0 + 20000');
});

test('skip in a table that refers to itself leaves no orphan', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id int PRIMARY KEY, code text UNIQUE, parent int REFERENCES t (id));
    INSERT INTO t VALUES (1, 'a', NULL)`);
  const loaded = await load(url, '2,a,\n3,c,2\n4,d,1\n', { mode: 'skip' });
  assert.equal(summary(loaded), '3 = 1 + 0 + 1 + 1');
  assert.deepEqual(await orphansIn(url), []);
});

test('parents found by set stay where they are until the rows are committed', async () => {
  const url = await databaseOf(`CREATE TABLE p (id int PRIMARY KEY); INSERT INTO p VALUES (1), (2);
    CREATE TABLE t (id int, p int REFERENCES p)`);
  const connection = await connectionTo(url);
  const table = (await connection.introspect()).find(({ name }) => name === 't');
  assert.ok(table);
  const bytes = new TextEncoder().encode('1,1\n');
  const prepared = new Preparer(postgresEngine).csv({
    bytes,
    table,
    last: true,
    columns: ['id', 'p'],
    dialect: {},
  });
  const [staged] = await connection.stage([prepared.encoded]);
  assert.ok(staged);
  await connection.transaction(
    async () => {
      await writeStaged(connection, staged, prepared, 'insert', START);
      const [row] = await connection.query("SELECT current_setting('session_replication_role') AS role");
      assert.equal(row?.role, 'origin');
      await run(url, 'DELETE FROM p WHERE id = 2');
      const late = run(url, 'SET lock_timeout = 50; DELETE FROM p WHERE id = 1');
      await assert.rejects(late, /lock timeout/);
    },
    { write: true, foreignKeys: 'set' },
  );
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t'), [[1, 1]]);
  await assert.rejects(run(url, 'DELETE FROM p WHERE id = 1'), /violates foreign key/);
});

test('no batch whatever leaves a row without its parent, and every record is accounted for', async () => {
  const url = await databaseOf();
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
        await run(url, `DROP TABLE IF EXISTS t; ${FAMILY} INSERT INTO t VALUES (1, NULL, 1)`);
        const csv = batch.map(([id, parent, n]) => `${id},${parent ?? ''},${n}\n`).join('');
        const { counts } = await load(url, csv, { mode });
        assert.deepEqual(await orphansIn(url), []);
        assert.equal(counts.read, batch.length);
        assert.equal((await idsIn(url)).length, 1 + counts.inserted);
      },
    ),
    { numRuns: 60 },
  );
});
