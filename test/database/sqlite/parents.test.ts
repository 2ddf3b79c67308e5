import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parentsSuite } from '../shared/parents.ts';
import { temporaryFolder } from './fixture.ts';
import { load, newDatabase, orphansIn } from './load.ts';
import { sqlite } from './tested.ts';

parentsSuite(sqlite);

const folder = temporaryFolder();
const database = (sql: string): string => newDatabase(folder, sql);
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

test('two foreign keys of a row into one table, turned around: all reasons', async () => {
  const url =
    database(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE q (id INTEGER PRIMARY KEY);
    CREATE TABLE t (a INT, b INT, q INT REFERENCES q, FOREIGN KEY (a, b) REFERENCES p, FOREIGN KEY (b, a) REFERENCES p)`);
  assert.deepEqual(
    (await load(url, '1,2,3\n')).errors,
    ['0 foreign_key q', '0 foreign_key', '0 foreign_key'].sort(),
  );
});
