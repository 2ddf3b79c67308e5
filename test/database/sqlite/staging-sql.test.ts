import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { stagingIndexSql, stagingTableSql } from '../../../src/database/sqlite/staging-sql.ts';

/** Statements as people type them, and a row each of the tables refuses. */
const TABLES: Readonly<Record<string, { create: string; refuses?: string }>> = {
  'a bare name': { create: 'CREATE TABLE t(a INT NOT NULL)', refuses: 'NULL' },
  'IF NOT EXISTS and a schema': { create: 'create table if not exists main.t (a)' },
  'quotes in a quoted name': { create: 'CREATE TABLE "a ""t"" (b" (a INT)' },
  'a name in brackets': { create: 'CREATE TABLE [t (1)](a CHECK (a > 1))', refuses: '1' },
  'a name in backticks': { create: 'CREATE TABLE `t``t` (a)' },
  'a name in single quotes': { create: "CREATE TABLE 't'(a)" },
  'a name of other letters': { create: 'CREATE TABLE größe_😀$ (a UNIQUE)' },
  'a foreign key of a column': { create: 'CREATE TABLE t (a INT REFERENCES p NOT NULL)', refuses: 'NULL' },
  'one with all its options': {
    create: `CREATE TABLE t (a INT CONSTRAINT "fk (" REFERENCES "p" ( id ) ON DELETE SET NULL ON UPDATE NO ACTION
      MATCH FULL NOT DEFERRABLE INITIALLY IMMEDIATE CHECK (a > 1) DEFAULT (2))`,
    refuses: '1',
  },
  'foreign keys of the table': {
    create: `CREATE TABLE t (a INT, b INT, CONSTRAINT f FOREIGN KEY (a, b) REFERENCES t (b, a) ON DELETE CASCADE
      DEFERRABLE INITIALLY DEFERRED, FOREIGN KEY(a)REFERENCES[p](id)ON UPDATE SET DEFAULT, CHECK (a > 1))`,
    refuses: '1, 2',
  },
  'comments and strings that look like them': {
    create: `CREATE TABLE t -- REFERENCES p (
      (a TEXT DEFAULT 'FOREIGN KEY (a) REFERENCES p' /* REFERENCES ) */ REFERENCES /* ( */ p -- )
      (id), "references" INT CHECK ("references" <> 1))`,
    refuses: "'x', 1",
  },
  'STRICT and WITHOUT ROWID': {
    create:
      'CREATE TABLE t (a INTEGER PRIMARY KEY REFERENCES p, b INT AS (a * 2) STORED) STRICT, WITHOUT ROWID',
    refuses: "'x'",
  },
  AUTOINCREMENT: { create: 'CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT REFERENCES p (id))' },
};

const namesOf = (db: DatabaseSync) =>
  db
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'p'",
    )
    .all();

for (const [what, { create, refuses }] of Object.entries(TABLES)) {
  test(`the same table under another name, without foreign keys: ${what}`, () => {
    using db = new DatabaseSync(':memory:');
    db.exec(`CREATE TABLE p (id INTEGER PRIMARY KEY); ${create}`);
    const [original] = namesOf(db);
    db.exec(stagingTableSql(String(original?.sql), 'copy "1"'));
    assert.deepEqual(
      namesOf(db).map(({ name }) => name),
      [original?.name, 'copy "1"'],
    );
    assert.deepEqual(db.prepare('SELECT * FROM pragma_foreign_key_list(?)').all('copy "1"'), []);
    const columns = (name: unknown) =>
      db
        .prepare('SELECT name, type, "notnull", dflt_value, pk, hidden FROM pragma_table_xinfo(?)')
        .all(String(name));
    assert.deepEqual(columns('copy "1"'), columns(original?.name));
    const options = (name: unknown) =>
      db.prepare('SELECT wr, strict FROM pragma_table_list WHERE name = ?').all(String(name));
    assert.deepEqual(options('copy "1"'), options(original?.name));
    if (refuses !== undefined) {
      assert.throws(
        () => db.exec(`INSERT INTO "copy ""1""" VALUES (${refuses})`),
        /constraint|datatype|STRICT|cannot store/,
      );
    }
  });
}

const INDEXES = [
  'CREATE UNIQUE INDEX i ON t (a)',
  'create unique index if not exists main."i (" on [t] (lower(a), b DESC) where b > 0',
  'CREATE UNIQUE INDEX `i`ON"t"(a COLLATE NOCASE)',
  'CREATE UNIQUE INDEX i -- ON x\n ON /* y */ t(b)',
];

for (const create of INDEXES) {
  test(`the same index for another table: ${JSON.stringify(create)}`, () => {
    using db = new DatabaseSync(':memory:');
    db.exec(`CREATE TABLE t (a, b); CREATE TABLE copy (a, b); ${create}`);
    const sql = db.prepare("SELECT sql FROM sqlite_schema WHERE type = 'index'").get()?.sql;
    db.exec(stagingIndexSql(String(sql), 'copy/i', 'copy'));
    const row = "VALUES ('x', 1)";
    db.exec(`INSERT INTO copy ${row}; INSERT INTO t ${row}`);
    assert.throws(() => db.exec(`INSERT INTO copy ${row}`), /UNIQUE constraint failed/);
  });
}
