import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { connectionTo, databaseOf, listIn, run, valuesIn } from './fixture.ts';
import { load, summary } from './load.ts';

const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

test('the first row with a key wins: later ones are unique.file, those in the table unique.table', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id INT PRIMARY KEY, v TEXT); INSERT INTO t VALUES (1, 'old')",
  );
  const loaded = await load(url, '1,new\n2,first\n2,second\n3,a\n2,third\n');
  assert.deepEqual(loaded.errors, ['0 unique.table id', '2 unique.file id', '4 unique.file id']);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  assert.deepEqual(await valuesIn(url, 'SELECT * FROM t'), [
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
  const url = await databaseOf('CREATE TABLE t (id BIGINT UNSIGNED PRIMARY KEY, n INT CHECK (n > 0))');
  const most = 2n ** 64n - 1n;
  assert.deepEqual((await load(url, `${most},1\n`)).errors, []);
  const loaded = await load(url, `${most - 1n},1\n${most},1\n${most - 1n},1\n${most - 2n},0\n0,1\n`);
  assert.deepEqual(loaded.errors, ['1 unique.table id', '2 unique.file id', '3 check']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, `${most}`);
  assert.equal(summary(loaded), '5 = 2 + 0 + 0 + 3');
  const upserted = await load(url, `${most},5\n${most - 3n},1\n`, { mode: 'upsert' });
  assert.equal(summary(upserted), '2 = 1 + 1 + 0 + 0');
});

test('several unique keys: every one that is repeated is named', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id INT UNIQUE, mail VARCHAR(20) UNIQUE); INSERT INTO t VALUES (1, 'a')",
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
    "CREATE TABLE t (id INT UNIQUE, mail VARCHAR(20) UNIQUE); INSERT INTO t VALUES (1, 'z')",
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
  const url = await databaseOf('CREATE TABLE t (a INT, b VARCHAR(20), UNIQUE (a, b))');
  const loaded = await load(url, '1,x\n1,y\n1,x\n,x\n,x\n1,\n1,\n');
  assert.deepEqual(loaded.errors, ['2 unique.file']);
  assert.equal(loaded.rejects[0]?.errors[0]?.value, '1,x');
  assert.equal(summary(loaded), '7 = 6 + 0 + 0 + 1');
});

test('keys are compared by the collation of their column: case, accents, spaces at the end', async () => {
  const url = await databaseOf(`
    CREATE TABLE t (name VARCHAR(20) COLLATE utf8mb4_general_ci UNIQUE); INSERT INTO t VALUES ('Eve');
    CREATE TABLE exact (name VARCHAR(20) COLLATE utf8mb4_bin UNIQUE);
    CREATE TABLE latin (name VARCHAR(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci UNIQUE);
    CREATE TABLE padded (name VARCHAR(20) COLLATE utf8mb4_nopad_bin UNIQUE)`);
  const names = await load(url, 'ann\nANN\nEVE\nÉve\n"ann  "\nBob\n');
  assert.deepEqual(names.errors, [
    '1 unique.file name',
    '2 unique.table name',
    '3 unique.table name',
    '4 unique.file name',
  ]);
  assert.deepEqual((await load(url, 'ann\nANN\n"ann "\n', { table: 'exact' })).errors, [
    '2 unique.file name',
  ]);
  assert.deepEqual((await load(url, 'é\nÉ\nä\n', { table: 'latin' })).errors, ['1 unique.file name']);
  assert.deepEqual((await load(url, 'a\n"a "\n', { table: 'padded' })).errors, []);
});

test('values that are one are one key, however they are written', async () => {
  const url = await databaseOf(`CREATE TABLE t (k DECIMAL(5,2) UNIQUE); INSERT INTO t VALUES (7);
    CREATE TABLE moments (k DATETIME(3) UNIQUE); INSERT INTO moments VALUES ('2021-11-07 02:48:42');
    CREATE TABLE bytes (k VARBINARY(20) UNIQUE); INSERT INTO bytes VALUES (0x00ff);
    CREATE TABLE bits (k BIT(10) UNIQUE); INSERT INTO bits VALUES (513)`);
  assert.deepEqual((await load(url, '1.5\n1.50\n7.00\n+2\n02.\n')).errors, [
    '1 unique.file k',
    '2 unique.table k',
    '4 unique.file k',
  ]);
  const moments = await load(url, '2021-11-07T02:48:42Z\n2022-01-01 00:00\n2022-01-01T00:00:00.0\n', {
    table: 'moments',
  });
  assert.deepEqual(moments.errors, ['0 unique.table k', '2 unique.file k']);
  assert.deepEqual((await load(url, '\\x00FF\n01\n0x01\n', { table: 'bytes' })).errors, [
    '0 unique.table k',
    '2 unique.file k',
  ]);
  assert.deepEqual((await load(url, '513\n1\n01\n', { table: 'bits' })).errors, [
    '0 unique.table k',
    '2 unique.file k',
  ]);
});

test('a unique index over the beginning of a column is held by the database', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT, name TEXT, UNIQUE KEY start (name(3)))');
  const loaded = await load(url, '1,harbour\n2,harvest\n3,haze\n4,harm\n');
  assert.deepEqual(loaded.errors, ['1 unique.table', '3 unique.table']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, "Duplicate entry 'har' for key 'start'");
  assert.equal(summary(loaded), '4 = 2 + 0 + 0 + 2');
});

test('a duplicate is told as one also when a CHECK fails first', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0))');
  assert.deepEqual((await load(url, '1,0\n2,1\n2,2\n')).errors, ['0 check', '2 unique.file id']);
  assert.deepEqual((await load(url, '2,0\n')).errors, ['0 unique.table id']);
});

test('one row of 10,000 that breaks a CHECK costs that row', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY, n INT, CONSTRAINT odd CHECK (n <> 7777))',
  );
  const loaded = await load(
    url,
    lines(10_000, (i) => `${i},${i}`),
  );
  assert.equal(summary(loaded), '10000 = 9999 + 0 + 0 + 1');
  assert.deepEqual(loaded.errors, ['7777 check']);
  assert.match(loaded.rejects[0]?.errors[0]?.message ?? '', /CONSTRAINT `odd` failed/i);
});

test('hundreds of bad rows among thousands, of every kind', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(30) UNIQUE);
    INSERT INTO t SELECT seq * 100, 1, CONCAT('old', seq) FROM seq_1_to_50`);
  const loaded = await load(
    url,
    lines(
      6000,
      (i) => `${i % 700 === 3 ? i - 1 : i},${i % 37 === 5 ? -1 : i + 1},${i % 500 === 7 ? 'old3' : `v${i}`}`,
    ),
  );
  const counted = Object.groupBy(loaded.errors, (error) => error.split(' ')[1] ?? '');
  assert.deepEqual(Object.fromEntries(Object.entries(counted).map(([code, list]) => [code, list?.length])), {
    check: 161,
    'unique.file': 9,
    'unique.table': 62,
  });
  assert.equal(summary(loaded), '6000 = 5768 + 0 + 0 + 232');
  assert.deepEqual(await listIn(url, 'SELECT COUNT(*) FROM t'), [5818]);
});

test('duplicates, CHECKs and NOT NULL together: each row has its own reason', async () => {
  const url = await databaseOf(
    "CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(9) NOT NULL); INSERT INTO t VALUES (1, 1, 'x')",
  );
  const loaded = await load(url, '1,1,a\n2,0,b\n2,2,c\n3,3,\n4,4,d\n4,0,e\nx,-1,f\n');
  assert.deepEqual(loaded.errors, [
    '0 unique.table id',
    '1 check',
    '3 missing v',
    '5 check',
    '6 type.integer id',
  ]);
  assert.deepEqual(await valuesIn(url, 'SELECT id, v FROM t'), [
    [1, 'x'],
    [2, 'c'],
    [4, 'd'],
  ]);
});

test('a trigger that refuses a row makes it a reject, with its own words', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v TEXT); CREATE TABLE log (id INT)');
  await run(
    url,
    `CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW
     IF NEW.v = 'bad' THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not this one'; END IF`,
  );
  await run(url, 'CREATE TRIGGER yes AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (NEW.id)');
  const loaded = await load(url, '1,a\n2,bad\n3,c\n4,bad\n');
  assert.deepEqual(loaded.errors, ['1 database', '3 database']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
  assert.deepEqual(await listIn(url, 'SELECT id FROM log ORDER BY id'), [1, 3]);
});

test('a trigger that fills columns and changes values is the table’s own affair', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(20) NOT NULL)');
  await run(url, "CREATE TRIGGER up BEFORE INSERT ON t FOR EACH ROW SET NEW.v = CONCAT('row ', NEW.id)");
  assert.deepEqual((await load(url, '1,a\n2,b\n')).errors, []);
  assert.deepEqual(await listIn(url, 'SELECT v FROM t'), ['row 1', 'row 2']);
});

test('what the database fills itself: identity, defaults, generated columns', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(9) NOT NULL DEFAULT 'none',
    n INT, twice INT AS (n * 2) STORED, thrice INT AS (n * 3) VIRTUAL, at DATETIME DEFAULT CURRENT_TIMESTAMP)`);
  const loaded = await load(url, '5\n6\n', { columns: ['n'] });
  assert.equal(summary(loaded), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(await valuesIn(url, 'SELECT id, v, n, twice, thrice, at IS NULL FROM t'), [
    [1, 'none', 5, 10, 15, 0],
    [2, 'none', 6, 12, 18, 0],
  ]);
});

test('0 is a key like any other in a column that counts by itself', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, v INT)');
  assert.deepEqual((await load(url, '0,1\n5,2\n0,3\n')).errors, ['2 unique.file id']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t ORDER BY id'), [0, 5]);
});

test('a column left out that must have a value: every row is a reject that names it', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(9) NOT NULL, n DATE NOT NULL)');
  const loaded = await load(url, '1\n2\n', { columns: ['id'] });
  assert.deepEqual(loaded.errors, ['0 missing v', '0 missing n', '1 missing v', '1 missing n']);
  assert.deepEqual(await listIn(url, 'SELECT id FROM t'), []);
});

test('names with quotes, spaces, dots, question marks and backslashes', async () => {
  const url = await databaseOf(
    "CREATE TABLE `a ``b``.c?\\d` (`select` INT UNIQUE, `x.y?` VARCHAR(9), `it's \\` INT CHECK (`it's \\` > 0))",
  );
  const loaded = await load(url, '1,a,1\n1,b,1\n2,c,0\n', { table: 'a `b`.c?\\d' });
  assert.deepEqual(loaded.errors, ['1 unique.file select', '2 check']);
});

test('an empty batch, and one whose rows are all bad', async () => {
  const url = await databaseOf('CREATE TABLE t (id INT)');
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
  const url = await databaseOf('CREATE TABLE t (a INT UNIQUE, b INT, n INT CHECK (n > 0), UNIQUE (b))');
  await fc.assert(
    fc.asyncProperty(rows, async (batch) => {
      await run(url, 'DELETE FROM t; INSERT INTO t VALUES (1, NULL, 1), (2, NULL, 1)');
      const loaded = await load(url, batch.map(([a, b, n]) => `${a ?? ''},${b ?? ''},${n}\n`).join(''));
      assert.deepEqual(
        loaded.rejects.map((reject) => reject.index),
        oneByOne(batch, [1, 2]),
      );
      assert.deepEqual(await listIn(url, 'SELECT COUNT(*) FROM t'), [2 + loaded.counts.inserted]);
    }),
    { numRuns: 60 },
  );
});

const statementsOf = async (url: string, kind: string): Promise<number> => {
  const [row] = await (await connectionTo(url)).query(`SHOW SESSION STATUS LIKE 'Com_${kind}'`);
  return Number(row?.Value);
};

test('rows that are passed over take a handful of statements; those that would be altered one each', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (id INT PRIMARY KEY, n INT CHECK (n > 0), v VARCHAR(9) CHARACTER SET latin1);
    INSERT INTO t SELECT seq * 1000, 1, 'old' FROM seq_1_to_20`);
  const before = await statementsOf(url, 'load');
  const loaded = await load(
    url,
    lines(20_000, (i) => `${i},${i % 97 === 0 ? 0 : 1},${i % 503 === 1 ? '日' : i}`),
  );
  const [checks, others] = [Math.ceil(20_000 / 97), Math.ceil(19_999 / 503)];
  const known = 20_000 / 1000 - 1;
  assert.equal(loaded.counts.rejected, checks + others + known);
  assert.ok((await statementsOf(url, 'load')) - before <= 3 + others);
  const [first] = loaded.rejects.filter(({ index }) => index === 504);
  assert.equal(first?.errors[0]?.code, 'database');
  assert.equal(loaded.errors.filter((error) => error.endsWith('unique.table id')).length, known);
});

test('a batch of which every row is there already', async () => {
  const url = await databaseOf(
    'CREATE TABLE t (id INT PRIMARY KEY); INSERT INTO t SELECT seq FROM seq_1_to_70000',
  );
  const before = await statementsOf(url, 'load');
  const again = lines(70_000, (i) => `${i + 1}`);
  assert.equal(summary(await load(url, again)), '70000 = 0 + 0 + 0 + 70000');
  assert.equal(summary(await load(url, again, { mode: 'skip' })), '70000 = 0 + 0 + 70000 + 0');
  assert.ok((await statementsOf(url, 'load')) - before <= 2 * 17);
});
