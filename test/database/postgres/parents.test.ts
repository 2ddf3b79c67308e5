import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { Preparer } from '../../../src/ingest/prepare.ts';
import { START, writeStaged } from '../../../src/ingest/write.ts';
import { parentsSuite } from '../shared/parents.ts';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load } from './load.ts';
import { postgres } from './tested.ts';

parentsSuite(postgres);

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

test('MATCH FULL: a key of which a part is NULL is refused by the database', async () => {
  const url =
    await databaseOf(`CREATE TABLE p (a int, b text, PRIMARY KEY (a, b)); INSERT INTO p VALUES (1, 'x');
    CREATE TABLE t (id int, a int, b text, FOREIGN KEY (a, b) REFERENCES p MATCH FULL)`);
  const loaded = await load(url, '1,1,x\n2,1,\n3,,\n');
  assert.deepEqual(loaded.errors, ['1 foreign_key']);
  assert.equal(loaded.strategy, 'copy-binary, foreign keys by row, classified');
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
