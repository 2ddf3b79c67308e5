import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sqliteEngine } from '../../../src/database/sqlite/engine.ts';
import { RowferryError } from '../../../src/errors.ts';
import { rowsIn, temporaryFolder } from './fixture.ts';
import { load, newDatabase, summary } from './load.ts';

const folder = temporaryFolder();
const database = (sql: string): string => newDatabase(folder, sql);
const valuesOf = (url: string, sql: string): unknown[][] => rowsIn(url, sql).map((row) => Object.values(row));
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

test('the first row with a key wins: later ones are unique.file, those in the table unique.table', async () => {
  const url = database("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'old')");
  const loaded = await load(url, '1,new\n2,first\n2,second\n3,a\n2,third\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id', '4 unique.file id']);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
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
  const url = database('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0))');
  const most = 2n ** 63n - 1n;
  assert.deepEqual((await load(url, `${most},1\n`)).errors, []);
  const loaded = await load(url, `${most - 1n},1\n${most},1\n${most - 1n},1\n${most - 2n},0\n${-most},1\n`);
  assert.deepEqual(loaded.errors, ['1 unique.table id', '2 unique.file id', '3 check']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, `${most}`);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  assert.equal(
    summary(await load(url, `${most},5\n${most - 3n},1\n`, { mode: 'upsert' })),
    '2 = 1 + 1 + 0 + 0',
  );
});

test('several unique keys: every one that is repeated is named', async () => {
  const url = database("CREATE TABLE t (id INT UNIQUE, mail TEXT UNIQUE); INSERT INTO t VALUES (1, 'a')");
  const loaded = await load(url, '1,a\n2,b\n2,b\n3,c\n');
  assert.deepEqual(loaded.errors.map((error) => error).sort(), [
    '0 unique.table id',
    '0 unique.table mail',
    '2 unique.file id',
    '2 unique.file mail',
  ]);
  assert.equal(summary(loaded), '4 = 2 + 0 + 0 + 2');
});

test('a row is no duplicate of one that was refused itself', async () => {
  const url = database("CREATE TABLE t (id INT UNIQUE, mail TEXT UNIQUE); INSERT INTO t VALUES (1, 'z')");
  const loaded = await load(url, '1,a\n2,a\n3,b\n4,b\n4,c\n5,c\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '3 unique.file mail', '5 unique.file mail']);
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t ORDER BY id'), [
    [1, 'z'],
    [2, 'a'],
    [3, 'b'],
    [4, 'c'],
  ]);
});

test('a composite key and a key with NULLs, which is no key', async () => {
  const url = database('CREATE TABLE t (a INT, b TEXT, UNIQUE (a, b))');
  const loaded = await load(url, '1,x\n1,y\n1,x\n,x\n,x\n1,\n1,\n');
  assert.deepEqual(loaded.errors, ['2 unique.file']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,x');
  assert.equal(summary(loaded), '7 = 6 + 0 + 0 + 1');
});

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

test('a duplicate is told as one also when a CHECK fails first', async () => {
  const url = database('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0))');
  assert.deepEqual((await load(url, '1,0\n2,1\n2,2\n')).errors, ['0 check', '2 unique.file id']);
});

test('one row of 10,000 that breaks a CHECK costs that row', async () => {
  const url = database('CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n <> 7777))');
  const loaded = await load(
    url,
    lines(10_000, (i) => `${i},${i}`),
  );
  assert.equal(summary(loaded), '10000 = 9999 + 0 + 0 + 1');
  assert.deepEqual(loaded.errors, ['7777 check']);
  assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', /CHECK constraint failed: n <> 7777/);
  assert.match(loaded.strategy, /by halves/);
});

test('duplicates, CHECKs and NOT NULL together: each row has its own reason', async () => {
  const url = database(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0), v TEXT NOT NULL); INSERT INTO t VALUES (1, 1, 'x')",
  );
  const loaded = await load(url, '1,1,a\n2,0,b\n2,2,c\n3,3,\n4,4,d\n4,0,e\nx,-1,f\n');
  assert.deepEqual(loaded.errors, [
    '0 unique.table id',
    '1 check',
    '3 missing v',
    '5 check',
    '6 type.integer id',
  ]);
  assert.deepEqual(valuesOf(url, 'SELECT id, v FROM t'), [
    [1, 'x'],
    [2, 'c'],
    [4, 'd'],
  ]);
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

test('a column left out that must have a value: every row is a reject that names it', async () => {
  const url = database('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL)');
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 missing v', '1 missing v']);
});

test('skip passes over rows whose keys exist, in the table or earlier in the batch', async () => {
  const url = database(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT UNIQUE); INSERT INTO t VALUES (1, 'a')",
  );
  const loaded = await load(url, '1,x\n2,a\n3,b\n3,c\n4,b\n5,d\nx,e\n', { mode: 'skip' });
  assert.equal(summary(loaded), '7 = 2 + 0 + 4 + 1');
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
    [1, 'a'],
    [3, 'b'],
    [5, 'd'],
  ]);
});

test('skip beside a CHECK: counted exactly', async () => {
  const url = database(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n1,0\n', { mode: 'skip' });
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
    [1, 1],
    [3, 3],
  ]);
  assert.deepEqual(loaded.errors, ['1 check', '3 check']);
  assert.equal(summary(loaded), '4 = 1 + 0 + 1 + 2');
});

test('upsert updates the rows whose primary key exists, and counts both exactly', async () => {
  const url = database(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, kept TEXT); INSERT INTO t VALUES (1, 'a', 'k'), (2, 'b', 'k')",
  );
  const loaded = await load(url, '1,new\n3,c\n3,d\n2,\n', { mode: 'upsert', columns: ['id', 'v'] });
  assert.equal(summary(loaded), '4 = 1 + 2 + 0 + 1');
  assert.deepEqual(loaded.errors, ['2 unique.file id']);
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
    [1, 'new', 'k'],
    [2, null, 'k'],
    [3, 'c', null],
  ]);
});

test('upsert by a decimal key, as SQLite compares it', async () => {
  const url = database(
    "CREATE TABLE t (k NUMERIC(5,2) PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1.5, 'a')",
  );
  const loaded = await load(url, '1.50,x\n2.0,y\n2,z\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '3 = 1 + 1 + 0 + 1');
});

test('upsert: a row keeps its own other keys, and may not take those of another row', async () => {
  const url = database(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, mail TEXT UNIQUE); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
  );
  const loaded = await load(url, '1,a\n2,c\n3,c\n4,d\n', { mode: 'upsert' });
  assert.deepEqual(loaded.errors, ['1 unique.table mail', '2 unique.file mail']);
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
    [4, 'd'],
  ]);
});

test('upsert beside a CHECK: counted exactly', async () => {
  const url = database(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, n INT CHECK (n > 0)); INSERT INTO t VALUES (1, 1), (2, 2)',
  );
  const loaded = await load(url, '1,5\n2,0\n3,3\n4,0\n', { mode: 'upsert' });
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
  assert.deepEqual(valuesOf(url, 'SELECT * FROM t'), [
    [1, 5],
    [2, 2],
    [3, 3],
  ]);
});

test('upsert without the primary key is refused, with what to do', async () => {
  const keyless = database('CREATE TABLE t (a INT)');
  await assert.rejects(load(keyless, '1\n', { mode: 'upsert' }), {
    code: 'bad-request',
    hint: 'the table has no primary key; use mode insert',
  });
  const keyed = database('CREATE TABLE t (a INTEGER PRIMARY KEY, b INT)');
  await assert.rejects(load(keyed, '1\n', { mode: 'upsert', columns: ['b'] }), {
    code: 'bad-request',
    hint: 'add a',
  });
});

test('names with quotes, spaces and dots', async () => {
  const url = database(
    'CREATE TABLE "a ""b"".c" ("select" INT UNIQUE, "x.y" TEXT, "it\'s" INT CHECK ("it\'s" > 0))',
  );
  const loaded = await load(url, '1,a,1\n1,b,1\n2,c,0\n', { table: 'a "b".c' });
  assert.deepEqual(loaded.errors, ['1 unique.file select', '2 check']);
});

test('an empty batch, and one whose rows are all bad', async () => {
  const url = database('CREATE TABLE t (id INT)');
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
  const small = fc.option(fc.integer({ min: 1, max: 8 }), { freq: 6 });
  const rows = fc.array(fc.tuple(small, small, fc.integer({ min: 0, max: 5 })), { maxLength: 14 });
  await fc.assert(
    fc.asyncProperty(rows, async (batch) => {
      const url = database(`CREATE TABLE t (a INT UNIQUE, b INT, n INT CHECK (n > 0), UNIQUE (b));
        INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 1)`);
      const loaded = await load(url, batch.map(([a, b, n]) => `${a ?? ''},${b ?? ''},${n}\n`).join(''));
      assert.deepEqual(
        loaded.rejects.map((reject) => reject.index),
        oneByOne(batch, [1, 2]),
      );
      assert.equal(valuesOf(url, 'SELECT count(*) FROM t')[0]?.[0], 2 + loaded.counts.inserted);
    }),
    { numRuns: 40 },
  );
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
