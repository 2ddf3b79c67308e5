import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { introspect } from '../../../src/database/sqlite/introspect.ts';
import type { Table } from '../../../src/model/table.ts';

function tablesOf(sql: string): readonly Table[] {
  const db = new DatabaseSync(':memory:');
  db.exec(sql);
  const tables = introspect(db);
  db.close();
  return tables;
}

function only(sql: string, name = 't'): Table {
  const table = tablesOf(sql).find((each) => each.name === name);
  assert.ok(table, `there is no table ${name}`);
  return table;
}

test('columns: type, NOT NULL, default, identity', () => {
  const { columns, primaryKey } = only(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, name VARCHAR(20) NOT NULL DEFAULT 'x', born DATE)",
  );
  assert.deepEqual(
    columns.map(({ name, kind, nullable, identity, default: fallback }) => [
      name,
      kind,
      nullable,
      identity,
      fallback,
    ]),
    [
      ['id', 'integer', false, true, null],
      ['name', 'text', false, false, "'x'"],
      ['born', 'date', true, false, null],
    ],
  );
  assert.deepEqual(primaryKey, ['id']);
});

test('a primary key holds no NULL, though SQLite would let it', () => {
  assert.equal(only('CREATE TABLE t (code TEXT PRIMARY KEY)').columns[0]?.nullable, false);
});

test('WITHOUT ROWID and STRICT tables are tables; their INTEGER key is filled by the database only with a rowid', () => {
  const without = only('CREATE TABLE t (id INTEGER PRIMARY KEY, v INT) WITHOUT ROWID');
  assert.equal(without.columns[0]?.identity, false);
  const strict = only('CREATE TABLE t (id INTEGER PRIMARY KEY, v ANY, b BLOB) STRICT');
  assert.deepEqual(
    strict.columns.map(({ kind, identity }) => [kind, identity]),
    [
      ['integer', true],
      ['text', false],
      ['binary', false],
    ],
  );
});

test('generated columns are named as such, virtual and stored', () => {
  const { columns } = only(
    'CREATE TABLE t (a INT, b INT AS (a + 1), c INT GENERATED ALWAYS AS (a * 2) STORED)',
  );
  assert.deepEqual(
    columns.map(({ name, generated }) => [name, generated]),
    [
      ['a', false],
      ['b', true],
      ['c', true],
    ],
  );
});

test('unique keys: the primary key first, UNIQUE and unique indexes; partial and expression indexes are none', () => {
  const { uniqueKeys, primaryKey } = only(`
    CREATE TABLE t (a INT, b TEXT, c TEXT, d INT UNIQUE, PRIMARY KEY (b, a));
    CREATE UNIQUE INDEX t_c ON t (c, a);
    CREATE UNIQUE INDEX t_partial ON t (c) WHERE a > 0;
    CREATE UNIQUE INDEX t_lower ON t (lower(c));
    CREATE INDEX t_plain ON t (c);`);
  assert.deepEqual(primaryKey, ['b', 'a']);
  const keys = uniqueKeys.map(({ columns, primary }) => [primary, ...columns]);
  assert.deepEqual(keys[0], [true, 'b', 'a']);
  assert.deepEqual(
    keys.slice(1).sort((x, y) => String(x).localeCompare(String(y))),
    [
      [false, 'c', 'a'],
      [false, 'd'],
    ],
  );
});

test('foreign keys: composite, without named columns, actions, the parent as it is written in the schema', () => {
  const { foreignKeys } = only(`
    CREATE TABLE "Parent" (x INT, y INT, PRIMARY KEY (y, x));
    CREATE TABLE other (id INTEGER PRIMARY KEY, code TEXT UNIQUE);
    CREATE TABLE t (a INT, b INT, c TEXT REFERENCES OTHER (code) ON DELETE CASCADE, d INT REFERENCES nowhere (id),
      FOREIGN KEY (a, b) REFERENCES parent);`);
  const seen = foreignKeys.map((key) => [key.columns, key.parentTable, key.parentColumns, key.onDelete]);
  assert.deepEqual(
    seen.sort((x, y) => String(x).localeCompare(String(y))),
    [
      [['a', 'b'], 'Parent', ['y', 'x'], 'NO ACTION'],
      [['c'], 'other', ['code'], 'CASCADE'],
      [['d'], 'nowhere', ['id'], 'NO ACTION'],
    ],
  );
});

test('CHECKs and triggers, whatever the spelling of the table in them', () => {
  const table = only(`
    CREATE TABLE t (a INT CHECK (a > 0), b TEXT);
    CREATE TRIGGER t_one AFTER INSERT ON T BEGIN SELECT 1; END;`);
  assert.equal(table.checks.length, 1);
  assert.deepEqual(table.triggers, ['t_one']);
  assert.deepEqual(only('CREATE TABLE t (checked INT)').checks, []);
});

test('views, virtual tables with their shadows, and rowferry’s own tables are left out', () => {
  const tables = tablesOf(`
    CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT);
    CREATE VIEW v AS SELECT * FROM t;
    CREATE VIRTUAL TABLE f USING fts5 (a);
    CREATE TABLE rowferry_loads (id TEXT);
    CREATE TABLE rowferryx (id TEXT);
    CREATE TABLE "sqlitex" (id TEXT);
    CREATE TEMP TABLE gone (id TEXT);`);
  assert.deepEqual(
    tables.map((table) => table.name),
    ['rowferryx', 'sqlitex', 't'],
  );
});

test('names with quotes, spaces and brackets', () => {
  const name = `odd "name" it's [x]`;
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const table = only(
    `CREATE TABLE ${quoted} (${quoted} INT PRIMARY KEY, "select" TEXT UNIQUE, "a b" INT REFERENCES ${quoted});`,
    name,
  );
  assert.deepEqual(
    table.columns.map((column) => column.name),
    [name, 'select', 'a b'],
  );
  assert.deepEqual(table.foreignKeys[0]?.parentColumns, [name]);
  assert.deepEqual(
    table.uniqueKeys.map((key) => key.columns),
    [[name], ['select']],
  );
});

test('columns that make numbers of texts: of types that SQLite does not know, outside STRICT tables', () => {
  const { columns } = only(
    'CREATE TABLE t (a STRING, b JSON, c, d TEXT, e VARCHAR(5), f ANY, g BLOB, h "JSON TEXT", i DATE)',
  );
  const names = columns.filter((column) => column.makesNumbers).map(({ name }) => name);
  assert.deepEqual(names, ['a', 'b', 'f']);
  assert.deepEqual(
    only('CREATE TABLE t (a ANY) STRICT').columns.map(({ makesNumbers }) => makesNumbers),
    [undefined],
  );
});
