import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { summary } from './load.ts';
import { listIn, type TestedEngine } from './tested-engine.ts';

const idsIn = (engine: TestedEngine, url: string): Promise<unknown[]> =>
  listIn(engine, url, 'SELECT id FROM t ORDER BY id');

const FAMILY = `CREATE TABLE t (id INTEGER PRIMARY KEY, parent INT, n INT CHECK (n > 0),
  FOREIGN KEY (parent) REFERENCES t (id));`;

/** Children of t without a parent: what foreign keys that are held by set could leave behind. */
const orphansIn = (engine: TestedEngine, url: string): Promise<unknown[]> =>
  listIn(
    engine,
    url,
    'SELECT c.id FROM t c WHERE parent IS NOT NULL AND NOT EXISTS (SELECT 1 FROM t p WHERE p.id = c.parent)',
  );

/** The error of a foreign key that the database itself held. */
const byRow = ({ facts }: TestedEngine, index: number, column: string): string =>
  facts.namesForeignKeys ? `${index} foreign_key ${column}` : `${index} foreign_key`;

/** Foreign keys: rows whose parents are missing, and tables that refer to themselves. */
export function parentsSuite(engine: TestedEngine): void {
  test('rows without a parent are rejects that name the key; the others go in by set', async () => {
    const url =
      await engine.databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1), (2);
      CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id))`);
    const loaded = await engine.load(url, '1,1\n2,3\n3,+002\n4,\n5,3\nx,9\n');
    assert.deepEqual(loaded.errors, [
      '1 foreign_key p',
      '4 foreign_key p',
      '5 type.integer id',
      '5 foreign_key p',
    ]);
    assert.equal(loaded.rejects[0]?.errors[0]?.message, 'p is "3"; there is no such row in p(id)');
    assert.equal(loaded.strategy, `${engine.facts.bulk}, foreign keys by set`);
    assert.equal(summary(loaded), '6 = 3 + 0 + 0 + 3');
    assert.deepEqual(await listIn(engine, url, 'SELECT p FROM t WHERE p NOT IN (SELECT id FROM p)'), []);
  });

  test('composite keys: all parts or none, a NULL part is no key', async () => {
    const url = await engine.databaseOf(`CREATE TABLE p (a INT, b VARCHAR(9), PRIMARY KEY (a, b));
      INSERT INTO p VALUES (1, 'x'), (2, 'y');
      CREATE TABLE t (id INT, a INT, b VARCHAR(9), FOREIGN KEY (a, b) REFERENCES p (a, b))`);
    await engine.load(url, '3,"a\\""\'b"\n', { table: 'p' });
    const csv = '1,1,x\n2,1,y\n3,,y\n4,1,\n5,02,y\n6,2,"y,"\n7,2,"y\\""{}"\n8,3,"a\\""\'b"\n';
    const loaded = await engine.load(url, csv);
    assert.deepEqual(loaded.errors, ['1 foreign_key', '5 foreign_key', '6 foreign_key']);
    assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,y');
  });

  test('two foreign keys of a row: both reasons', async () => {
    const url =
      await engine.databaseOf(`CREATE TABLE p (a INT, b INT, PRIMARY KEY (a, b)); CREATE TABLE q (id INTEGER PRIMARY KEY);
      CREATE TABLE t (a INT, b INT, q INT, FOREIGN KEY (q) REFERENCES q (id), FOREIGN KEY (a, b) REFERENCES p (a, b))`);
    assert.deepEqual([...(await engine.load(url, '1,2,3\n')).errors].sort(), [
      '0 foreign_key',
      '0 foreign_key q',
    ]);
  });

  test('a foreign key that a default fills is held by the database', async () => {
    const url = await engine.databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE t (id INT, p INT DEFAULT 7, FOREIGN KEY (p) REFERENCES p (id))`);
    const loaded = await engine.load(url, '1\n2\n', { columns: ['id'] });
    assert.deepEqual(loaded.errors, [byRow(engine, 0, 'p'), byRow(engine, 1, 'p')]);
    await engine.run(url, 'INSERT INTO p VALUES (7)');
    assert.equal(summary(await engine.load(url, '1\n2\n', { columns: ['id'] })), '2 = 2 + 0 + 0 + 0');
    const left = await engine.databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY);
      CREATE TABLE t (id INT, p INT, FOREIGN KEY (p) REFERENCES p (id))`);
    const { strategy } = await engine.load(left, '1\n', { columns: ['id'] });
    assert.equal(strategy, `${engine.facts.bulk}, foreign keys by set`);
  });

  test('an upsert may not take a key away that others refer to', async () => {
    const url = await engine.databaseOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, code VARCHAR(9) UNIQUE);
      INSERT INTO t VALUES (1, 'a'), (2, 'b'); CREATE TABLE c (code VARCHAR(9), FOREIGN KEY (code) REFERENCES t (code));
      INSERT INTO c VALUES ('a')`);
    const loaded = await engine.load(url, '1,z\n2,y\n3,x\n', { mode: 'upsert' });
    assert.deepEqual(
      loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
      [[0, 'foreign_key']],
    );
    assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
    assert.deepEqual(
      await listIn(engine, url, 'SELECT code FROM c WHERE code NOT IN (SELECT code FROM t)'),
      [],
    );
  });

  test('a table that refers to itself: the parent may come later, be the row itself, or be one of a circle', async () => {
    const url = await engine.databaseOf(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
    const loaded = await engine.load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n5,6,1\n6,5,1\n7,100,1\n8,03,1\n');
    assert.deepEqual(loaded.errors, []);
    assert.equal(loaded.strategy, `${engine.facts.bulk}, foreign keys by set`);
    assert.deepEqual(await orphansIn(engine, url), []);
  });

  test('the same row by row: parents that come later get their children all the same', async () => {
    const url = await engine.databaseOf(`${FAMILY} INSERT INTO t VALUES (100, NULL, 1)`);
    const loaded = await engine.load(url, '1,2,1\n2,3,1\n3,,1\n4,4,1\n7,100,1\n8,3,0\n9,8,1\n100,3,5\n', {
      mode: 'upsert',
    });
    assert.deepEqual(loaded.errors, ['5 check', byRow(engine, 6, 'parent')]);
    assert.equal(summary(loaded), '8 = 5 + 1 + 0 + 2');
    assert.deepEqual(await orphansIn(engine, url), []);
  });

  test('an orphan takes its children and their children with it', async () => {
    const url = await engine.databaseOf(FAMILY);
    const loaded = await engine.load(url, '1,,1\n4,3,1\n3,2,1\n2,99,1\n5,1,1\n6,4,1\n');
    assert.deepEqual(
      loaded.errors,
      [1, 2, 3, 5].map((index) => `${index} foreign_key parent`),
    );
    assert.deepEqual(await idsIn(engine, url), [1, 5]);
  });

  test('so does a parent that is a reject for another reason', async () => {
    const url = await engine.databaseOf(`${FAMILY} INSERT INTO t VALUES (50, NULL, 1)`);
    const loaded = await engine.load(
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
    assert.deepEqual(await idsIn(engine, url), [4, 5, 6, 50]);
    assert.deepEqual(await orphansIn(engine, url), []);
  });

  test('an orphan by another key takes its children with it too', async () => {
    const url = await engine.databaseOf(`CREATE TABLE p (id INTEGER PRIMARY KEY); INSERT INTO p VALUES (1);
      CREATE TABLE t (id INTEGER PRIMARY KEY, boss INT, p INT, FOREIGN KEY (boss) REFERENCES t (id),
        FOREIGN KEY (p) REFERENCES p (id))`);
    const loaded = await engine.load(url, '1,,9\n2,1,1\n3,,1\n4,3,1\n');
    assert.deepEqual(loaded.errors, ['0 foreign_key p', '1 foreign_key boss']);
    assert.deepEqual(await idsIn(engine, url), [3, 4]);
  });

  test('a long chain whose head is missing ends quickly', async () => {
    const url = await engine.databaseOf(FAMILY);
    const chain = Array.from({ length: 20_000 }, (_, i) => `${i + 1},${i},1\n`).join('');
    const loaded = await engine.load(url, chain);
    assert.equal(summary(loaded), '20000 = 0 + 0 + 0 + 20000');
  });

  test('skip in a table that refers to itself leaves no orphan', async () => {
    const url =
      await engine.databaseOf(`CREATE TABLE t (id INTEGER PRIMARY KEY, code VARCHAR(9) UNIQUE, parent INT,
        FOREIGN KEY (parent) REFERENCES t (id)); INSERT INTO t VALUES (1, 'a', NULL)`);
    const loaded = await engine.load(url, '2,a,\n3,c,2\n4,d,1\n', { mode: 'skip' });
    assert.equal(summary(loaded), '3 = 1 + 0 + 1 + 1');
    assert.deepEqual(await orphansIn(engine, url), []);
  });

  test('no batch whatever leaves a row without its parent, and every record is accounted for', async () => {
    const url = await engine.databaseOf(FAMILY);
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
          await engine.run(
            url,
            'UPDATE t SET parent = NULL; DELETE FROM t; INSERT INTO t VALUES (1, NULL, 1)',
          );
          const csv = batch.map(([id, parent, n]) => `${id},${parent ?? ''},${n}\n`).join('');
          const { counts } = await engine.load(url, csv, { mode });
          assert.deepEqual(await orphansIn(engine, url), []);
          assert.equal(counts.read, batch.length);
          assert.equal((await idsIn(engine, url)).length, 1 + counts.inserted);
        },
      ),
      { numRuns: 60 },
    );
  });
}
