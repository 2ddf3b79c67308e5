import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { BackupResult } from '../../src/backup/backups.ts';
import { coded, contentOf, type Home, makeHome, only } from './fixture.ts';

/** Backs `table` up, spoils it, restores it, and expects every value to be what it was. */
async function comesBack(home: Home, table: string, spoil: string): Promise<BackupResult> {
  const backups = await home.backups();
  const before = contentOf(home.db, table);
  const result = only(await backups.run([table]));
  const { contentDigest } = await backups.find(result.id);
  home.db.exec(spoil);
  assert.notDeepEqual(contentOf(home.db, table), before);
  const restored = await backups.restore({ table, source: { backup: result.id }, dryRun: false });
  assert.equal(restored.rows, before.length);
  assert.deepEqual(contentOf(home.db, table), before);
  const again = only(await backups.run([table]));
  assert.equal((await backups.find(again.id)).contentDigest, contentDigest);
  return result;
}

/** The types of the fields in the file's schema. */
function typesOf(home: Home, { file }: BackupResult): Record<string, unknown> {
  const bytes = readFileSync(join(home.path, file));
  const start = bytes.indexOf('{"type":"record"');
  const end = bytes.indexOf('avro.codec') - 1;
  const schema: { fields: { name: string; type: unknown }[] } = JSON.parse(
    bytes.toString('utf8', start, end),
  );
  return Object.fromEntries(schema.fields.map(({ name, type }) => [name, type]));
}

const CASES: ReadonlyArray<{
  readonly what: string;
  readonly table?: string;
  readonly sql: string;
  readonly spoil?: string;
  readonly types?: Record<string, unknown>;
}> = [
  {
    what: 'integers to ±2^63',
    sql: `CREATE TABLE t (a INTEGER PRIMARY KEY, b INTEGER NOT NULL, c INT);
      INSERT INTO t VALUES (-9223372036854775808, 9223372036854775807, 0), (9223372036854775807, -9223372036854775808, NULL),
        (0, 9007199254740993, 9007199254740991), (1, 1073741824, -1073741825), (2, -1, 4294967296)`,
    types: { a: 'long', b: 'long', c: ['null', 'long'] },
  },
  {
    what: 'reals: -0, infinities, the smallest and the largest',
    sql: `CREATE TABLE t (a REAL, b NOT NULL);
      INSERT INTO t VALUES (-0.0, -0.0), (9e999, -9e999), (5e-324, 1.7976931348623157e308), (1.0, 1.0), (NULL, 0.1)`,
    types: { a: ['null', 'double'], b: 'double' },
  },
  {
    what: 'texts: empty, NUL, emoji, U+FFFD, BOM, line ends, long',
    sql: `CREATE TABLE t (a TEXT, b VARCHAR(10));
      INSERT INTO t VALUES ('', char(0)), ('a' || char(0) || 'b', '😀'), (char(65533), char(65279) || 'x'),
        ('é' || char(13) || char(10), 'null'), (printf('%.*c', 100000, 'x') || 'ü', NULL), ('00123', '1e5')`,
    types: { a: ['null', 'string'], b: ['null', 'string'] },
  },
  {
    what: 'text that is not UTF-8, alone, beside text and beside blobs',
    sql: `CREATE TABLE t (a TEXT, b TEXT, c, d TEXT NOT NULL);
      INSERT INTO t VALUES (CAST(x'c328' AS TEXT), CAST(x'ff00fe' AS TEXT), CAST(x'eda080' AS TEXT), CAST(x'80' AS TEXT)),
        (CAST(x'f09f98' AS TEXT), 'plain', x'eda080', CAST(x'fe' AS TEXT)), (NULL, 'ü' || char(0), 'text', CAST(x'ff' AS TEXT)),
        (NULL, '', 7, CAST(x'c0' AS TEXT)), (NULL, NULL, 7.0, CAST(x'c1' AS TEXT))`,
    types: {
      a: ['null', 'bytes'],
      b: ['null', 'string', 'bytes'],
      c: [
        'null',
        'long',
        'double',
        'string',
        'bytes',
        { type: 'record', name: 'c_invalid_text', fields: [{ name: 'bytes', type: 'bytes' }] },
      ],
      d: 'bytes',
    },
  },
  {
    what: 'blobs',
    sql: `CREATE TABLE t (a BLOB NOT NULL); INSERT INTO t VALUES (x''), (x'00'), (x'ff00'), (randomblob(100000)), (CAST('text' AS BLOB))`,
    types: { a: 'bytes' },
  },
  {
    what: 'every class in one column, integers and reals of the same value apart',
    sql: `CREATE TABLE t (a, b NUMERIC, c ANY, d TEXT);
      INSERT INTO t VALUES (1, 1, 1, 1), (1.0, 1.5, 1.0, 2.0), ('1', 'one', '1', '1'), (x'31', x'31', x'31', x'31'),
        (NULL, NULL, NULL, NULL), (9007199254740993, 9007199254740993, -9223372036854775808, 'x'), (9007199254740992.0, 0, 0, 'y')`,
  },
  {
    what: 'integers in columns that would make text or reals of them',
    sql: `CREATE TABLE t (a, b BLOB); INSERT INTO t VALUES (5, 5), (-1, 6), (2147483648, NULL)`,
    types: { a: ['null', 'long'], b: ['null', 'long'] },
  },
  {
    what: 'a STRICT table with ANY',
    sql: `CREATE TABLE t (a INTEGER PRIMARY KEY, b ANY, c ANY, d REAL) STRICT;
      INSERT INTO t VALUES (1, 5, 'x', 1), (2, 6, x'00', 2.5), (3, 7, 5.0, -0.0), (4, 8, 5, NULL)`,
  },
  {
    what: 'WITHOUT ROWID',
    sql: `CREATE TABLE t (a TEXT, b INTEGER, c, PRIMARY KEY (b, a)) WITHOUT ROWID; INSERT INTO t VALUES ('x', 2, 1), ('y', 1, 'z')`,
  },
  {
    what: 'NULL in a primary key, duplicates in a table without one',
    sql: `CREATE TABLE t (a TEXT PRIMARY KEY, b); INSERT INTO t VALUES (NULL, 1), (NULL, 1), ('x', 1)`,
    types: { a: ['null', 'string'], b: ['null', 'long'] },
  },
  {
    what: 'generated columns, stored and virtual',
    sql: `CREATE TABLE t (a INTEGER, b TEXT GENERATED ALWAYS AS ('<' || a || '>') STORED, c INT AS (a * 2), d TEXT);
      INSERT INTO t (a, d) VALUES (1, 'x'), (NULL, 'y'), (3, NULL)`,
  },
  {
    what: 'odd names',
    table: 'a "b".c/../%',
    sql: `CREATE TABLE "a ""b"".c/../%" ("select" INT, "ü'; --" TEXT, "a""b" TEXT, "__proto__" TEXT, "constructor" INT, "" INT, "rowid" TEXT);
      INSERT INTO "a ""b"".c/../%" VALUES (1, 'x', 'y', 'z', 2, 3, 'r'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    spoil: 'DELETE FROM "a ""b"".c/../%"',
    types: {
      select: ['null', 'long'],
      ______: ['null', 'string'],
      a_b: ['null', 'string'],
      __proto___: ['null', 'string'],
      constructor_: ['null', 'long'],
      _: ['null', 'long'],
      rowid: ['null', 'string'],
    },
  },
  {
    what: 'no rows',
    sql: 'CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c DOUBLE, d BLOB, e DATETIME)',
    spoil: "INSERT INTO t (b) VALUES ('x')",
    types: { a: 'long', b: 'string', c: ['null', 'double'], d: ['null', 'bytes'], e: ['null', 'string'] },
  },
  {
    what: 'columns that are all NULL',
    sql: 'CREATE TABLE t (a INT, b); INSERT INTO t VALUES (NULL, NULL), (NULL, NULL)',
  },
  {
    what: 'text kept as UTF-16, a lone surrogate in it',
    sql: `CREATE TABLE t (a TEXT, b TEXT); INSERT INTO t VALUES ('😀', 'x'), (CAST(x'00d8' AS TEXT), 'a' || char(0) || 'ü')`,
  },
];

for (const { what, table = 't', sql, spoil = 'DELETE FROM t', types } of CASES) {
  test(`${what}: restored as it was`, async (t: TestContext) => {
    const encoding = what.includes('UTF-16') ? "PRAGMA encoding = 'UTF-16le';" : '';
    const home = makeHome(t, `${encoding} ${sql}`);
    const result = await comesBack(home, table, spoil);
    if (types !== undefined) assert.deepEqual(typesOf(home, result), types);
  });
}

test('a NaN cannot be stored: SQLite keeps NULL, and so does the backup', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (a REAL)');
  home.db.prepare('INSERT INTO t VALUES (?)').run(Number.NaN);
  await comesBack(home, 't', 'DELETE FROM t');
  assert.deepEqual(contentOf(home.db, 't'), [['null:', 'NULL']]);
});

test('any values in columns of any affinity come back', async (t) => {
  const types = ['INTEGER', 'REAL', 'TEXT', 'BLOB', 'NUMERIC', '', 'VARCHAR(10)', 'BOOLEAN', 'DATETIME'];
  const home = makeHome(t, `CREATE TABLE t (${types.map((type, index) => `c${index} ${type}`).join(', ')})`);
  const backups = await home.backups();
  const insert = home.db.prepare(`INSERT INTO t VALUES (${types.map(() => '?').join(', ')})`);
  const value = fc.oneof(
    fc.constant(null),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
    fc.integer().map(BigInt),
    fc.double(),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.uint8Array({ maxLength: 30 }),
  );
  const rows = fc.array(fc.tuple(...types.map(() => value)), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(rows, async (inserted) => {
      home.db.exec('DELETE FROM t');
      for (const row of inserted) insert.run(...row);
      const before = contentOf(home.db, 't');
      const { id } = only(await backups.run(['t']));
      home.db.exec('UPDATE t SET c2 = NULL, c5 = 1');
      await backups.restore({ table: 't', source: { backup: id }, dryRun: false });
      assert.deepEqual(contentOf(home.db, 't'), before);
    }),
    { numRuns: 8 },
  );
});

test('a row too large for readers fails with the reason and leaves no file', async (t) => {
  const home = makeHome(
    t,
    'CREATE TABLE big (a BLOB); CREATE TABLE small (a INT); INSERT INTO big VALUES (randomblob(17 << 20)); INSERT INTO small VALUES (1)',
  );
  const backups = await home.backups();
  await assert.rejects(backups.run(), coded('table-unsupported', 'big', '16.0 MiB'));
  assert.deepEqual(
    (await backups.list()).map(({ table }) => table),
    ['small'],
  );
});
