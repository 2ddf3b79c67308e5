import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../../src/database/sqlite/engine.ts';
import { RowferryError } from '../../../src/errors.ts';
import { insertSuite } from '../shared/insert.ts';
import { summary } from '../shared/load.ts';
import { rowsIn, temporaryFolder } from './fixture.ts';
import { load, newDatabase } from './load.ts';
import { sqlite } from './tested.ts';

insertSuite(sqlite);

const folder = temporaryFolder();
const database = (sql: string): string => newDatabase(folder, sql);
const valuesOf = (url: string, sql: string): unknown[][] => rowsIn(url, sql).map((row) => Object.values(row));

test('keys are compared by their collation, of the column or of the index', async () => {
  const byColumn = database("CREATE TABLE t (name TEXT COLLATE NOCASE UNIQUE); INSERT INTO t VALUES ('Eve')");
  assert.deepEqual((await load(byColumn, 'ann\nANN\nEVE\nBob\n')).errors, [
    '1 unique.file name',
    '2 unique.table name',
  ]);
  const byIndex = database(
    'CREATE TABLE t (id INT, name TEXT); CREATE UNIQUE INDEX i ON t (name COLLATE NOCASE)',
  );
  assert.deepEqual((await load(byIndex, '1,ann\n2,ANN\n')).errors, ['1 unique.file name']);
  const byClause = database(
    "CREATE TABLE t (name TEXT CHECK (name <> 'x' COLLATE NOCASE), other TEXT, UNIQUE (name))",
  );
  assert.deepEqual((await load(byClause, 'ann,\nANN,\n')).errors, []);
});

test('whole-number keys are looked up up to the last one of the table, whatever stands there', async () => {
  const ddl = 'CREATE TABLE t (id INTEGER UNIQUE, n INTEGER)';
  const csv = [5, 7, 9, 11, 7, 1].map((key) => `${key},1\n`).join('');
  for (const [rows, expected] of [
    ['(1, 1), (9, 1)', ['2 unique.table 9', '4 unique.file 7', '5 unique.table 1']],
    ["(9, 1), ('not a number', 1)", ['2 unique.table 9', '4 unique.file 7']],
    ["(9, 1), (x'00', 1), (NULL, 1)", ['2 unique.table 9', '4 unique.file 7']],
    ['(NULL, 1)', ['4 unique.file 7']],
  ] as const) {
    const { rejects } = await load(database(`${ddl}; INSERT INTO t VALUES ${rows}`), csv);
    const found = rejects.map(({ index, errors: [error] }) => `${index} ${error?.code} ${error?.value}`);
    assert.deepEqual(found, expected, rows);
  }
});

test('decimals that are one number are one key', async () => {
  const url = database('CREATE TABLE t (price DECIMAL(5,2) UNIQUE); INSERT INTO t VALUES (7)');
  const loaded = await load(url, '1.5\n1.50\n7.00\n2\n');
  assert.deepEqual(loaded.errors, ['1 unique.file price', '2 unique.table price']);
});

test('a unique index that is partial or over an expression is held by the database', async () => {
  const url = database(`CREATE TABLE t (id INT, name TEXT);
    CREATE UNIQUE INDEX low ON t (lower(name)); CREATE UNIQUE INDEX part ON t (id) WHERE id > 10`);
  const loaded = await load(url, '1,a\n1,b\n11,c\n11,d\n2,A\n');
  assert.deepEqual(
    loaded.rejects.map(({ index, errors }) => [index, errors[0]?.code]),
    [
      [3, 'unique.table'],
      [4, 'unique.table'],
    ],
  );
  assert.equal(summary(loaded), '5 = 3 + 0 + 0 + 2');
});

test('a clause of the table that would drop or replace rows unseen does not: they are rejects', async () => {
  for (const clause of ['REPLACE', 'IGNORE', 'ROLLBACK', 'FAIL']) {
    const url = database(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE ON CONFLICT ${clause}); INSERT INTO t VALUES (1, 'a')`,
    );
    const loaded = await load(url, '2,a\n3,b\n4,b\n');
    assert.deepEqual(loaded.errors, ['0 unique.table v', '2 unique.file v'], clause);
    assert.deepEqual(valuesOf(url, 'SELECT id FROM t'), [[1], [3]], clause);
  }
});

test('a trigger that refuses a row makes it a reject, with its own words', async () => {
  const url = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); CREATE TABLE log (id INT);
    CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.v = 'bad' BEGIN SELECT RAISE(ABORT, 'not this one'); END;
    CREATE TRIGGER yes AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.id); END;`);
  const loaded = await load(url, '1,a\n2,bad\n3,c\n');
  assert.deepEqual(loaded.errors, ['1 database']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
  assert.deepEqual(valuesOf(url, 'SELECT id FROM log'), [[1], [3]]);
});

test('a trigger that passes rows over: they are skipped', async () => {
  const url = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.v = 'not' BEGIN SELECT RAISE(IGNORE); END;`);
  assert.equal(summary(await load(url, '1,a\n2,not\n3,c\n')), '3 = 2 + 0 + 1 + 0');
});

test('a trigger that rolls back takes the whole batch with it, and says so', async () => {
  const url = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);
    CREATE TRIGGER no BEFORE INSERT ON t WHEN NEW.v = 'bad' BEGIN SELECT RAISE(ROLLBACK, 'all or none'); END;`);
  await assert.rejects(load(url, '1,a\n2,bad\n'), {
    code: 'database-refused',
    message: /t: the database rolled the batch back: all or none/,
  });
  assert.deepEqual(rowsIn(url, 'SELECT * FROM t'), []);
});

test('STRICT and WITHOUT ROWID tables', async () => {
  const strict = database('CREATE TABLE t (id INTEGER PRIMARY KEY, r REAL, b BLOB, a ANY, v TEXT) STRICT');
  const loaded = await load(strict, '1,1,00ff,007,x\n2,2.5,,1,y\n');
  assert.equal(summary(loaded), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(valuesOf(strict, 'SELECT typeof(r), r, hex(b), typeof(a), a FROM t'), [
    ['real', 1, '00FF', 'text', '007'],
    ['real', 2.5, '', 'text', '1'],
  ]);
  const without = database('CREATE TABLE t (k TEXT PRIMARY KEY, v INT) WITHOUT ROWID');
  assert.deepEqual((await load(without, 'b,1\na,2\nb,3\n')).errors, ['2 unique.file k']);
});

test('what the database fills itself: identity, defaults, generated columns', async () => {
  const url = database(`CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL DEFAULT 'none', n INT,
    twice INT AS (n * 2) STORED, at TEXT DEFAULT CURRENT_DATE)`);
  assert.equal(summary(await load(url, '5\n6\n', { columns: ['n'] })), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(valuesOf(url, 'SELECT id, v, n, twice, length(at) FROM t'), [
    [1, 'none', 5, 10, 10],
    [2, 'none', 6, 12, 10],
  ]);
});

test('upsert by a decimal key, as SQLite compares it', async () => {
  const url = database(
    "CREATE TABLE t (k NUMERIC(5,2) PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1.5, 'a')",
  );
  const loaded = await load(url, '1.50,x\n2.0,y\n2,z\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
});

test('names with quotes, spaces and dots', async () => {
  const url = database(
    'CREATE TABLE "a ""b"".c" ("select" INT UNIQUE, "x.y" TEXT, "it\'s" INT CHECK ("it\'s" > 0))',
  );
  const loaded = await load(url, '1,a,1\n1,b,1\n2,c,0\n', { table: 'a "b".c' });
  assert.deepEqual(loaded.errors, ['1 unique.file select', '2 check']);
});

test('a database locked by another is busy, not broken', async () => {
  const url = database('CREATE TABLE t (id INT)');
  const holder = await sqliteEngine.connect(url);
  const other = await sqliteEngine.connect(url, { lockTimeoutMs: 20 });
  await holder.transaction(
    async () => {
      const failure = await other.transaction(async () => {}, { write: true }).catch((error) => error);
      assert.ok(failure instanceof RowferryError);
      assert.deepEqual([failure.code, failure.retryable], ['database-busy', true]);
    },
    { write: true },
  );
  await other.transaction(async () => {}, { write: true });
  await Promise.all([holder.close(), other.close()]);
});

test('a full disk keeps nothing of the batch, and says what to do', async () => {
  const url = database('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)');
  const connection = await sqliteEngine.connect(url);
  await connection.query('PRAGMA max_page_count = 20');
  const insert = 'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) ';
  const failure = await connection
    .transaction(
      async () => {
        await connection.execute("INSERT INTO t VALUES (0, 'first')");
        await connection.execute(`${insert} INSERT INTO t SELECT i, hex(zeroblob(200)) FROM n`);
      },
      { write: true },
    )
    .catch((error) => error);
  assert.ok(failure instanceof RowferryError);
  assert.deepEqual([failure.code, failure.retryable], ['disk-full', true]);
  assert.deepEqual(await connection.query('SELECT * FROM t'), []);
  await connection.query('PRAGMA max_page_count = 100000');
  assert.equal(await connection.execute("INSERT INTO t VALUES (1, 'later')"), 1);
  await connection.close();
});
