import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { orNothing } from '../../src/backup/nothing-changed.ts';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { coded, contentOf, type Home, makeHome, only } from './fixture.ts';

const HIRES = `
  CREATE TABLE departments (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE hires (id INTEGER PRIMARY KEY, name TEXT, department_id INTEGER REFERENCES departments (id));
  INSERT INTO departments VALUES (1, 'Sales'), (2, 'Support'), (3, 'Legal');
  INSERT INTO hires VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Eve', NULL);`;

/** Backs one table up and answers with the id. */
async function backUp(home: Home, table: string): Promise<string> {
  return only(await (await home.backups()).run([table])).id;
}

async function restore(home: Home, table: string, backup: string, dryRun = false) {
  return (await home.backups()).restore({ table, source: { backup }, dryRun });
}

for (const action of ['NO ACTION', 'CASCADE', 'SET NULL', 'SET DEFAULT', 'RESTRICT']) {
  test(`parents with ON DELETE and ON UPDATE ${action}: the children stay as they are`, async (t) => {
    const home = makeHome(
      t,
      `CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT UNIQUE);
       CREATE TABLE children (id INTEGER PRIMARY KEY, parent INTEGER DEFAULT 3 REFERENCES parents (id) ON DELETE ${action} ON UPDATE ${action},
         name TEXT REFERENCES parents (name) ON DELETE ${action} ON UPDATE ${action});
       INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c');
       INSERT INTO children VALUES (1, 1, 'a'), (2, 2, NULL), (3, NULL, 'b'), (4, 2, 'b');`,
    );
    const parents = contentOf(home.db, 'parents');
    const children = contentOf(home.db, 'children');
    const id = await backUp(home, 'parents');
    home.db.exec(`UPDATE parents SET name = 'x' WHERE id = 3; INSERT INTO parents VALUES (4, 'd')`);
    const result = await restore(home, 'parents', id);
    assert.deepEqual([result.rows, result.replaced], [3, 4]);
    assert.deepEqual(contentOf(home.db, 'parents'), parents);
    assert.deepEqual(contentOf(home.db, 'children'), children);
  });
}

test('a table that references itself comes back, cycles and all', async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER REFERENCES staff (id) ON DELETE CASCADE);
     INSERT INTO staff VALUES (1, 3), (2, 1), (3, 2), (4, 4), (5, NULL);`,
  );
  const before = contentOf(home.db, 'staff');
  const id = await backUp(home, 'staff');
  home.db.exec('DELETE FROM staff WHERE id > 2; UPDATE staff SET boss = NULL');
  await restore(home, 'staff', id);
  assert.deepEqual(contentOf(home.db, 'staff'), before);
});

test('unique values that changed places come back', async (t) => {
  const home = makeHome(t, HIRES);
  const before = contentOf(home.db, 'departments');
  const id = await backUp(home, 'departments');
  home.db.exec(`UPDATE departments SET name = 'x' WHERE id = 1; UPDATE departments SET name = 'Sales' WHERE id = 2;
    UPDATE departments SET name = 'Support' WHERE id = 1`);
  await restore(home, 'departments', id);
  assert.deepEqual(contentOf(home.db, 'departments'), before);
});

test('children whose parents are not in the backup: refused, with an example, nothing changed', async (t) => {
  const home = makeHome(t, HIRES);
  const id = await backUp(home, 'departments');
  home.db.exec(
    `INSERT INTO departments VALUES (7, 'New'); INSERT INTO hires VALUES (4, 'Zoe', 7), (5, 'Max', 7)`,
  );
  const before = [contentOf(home.db, 'departments'), contentOf(home.db, 'hires')];
  const says = ['2 rows of hires', 'department_id = 7', 'departments (id)', 'Nothing was changed.'];
  await assert.rejects(restore(home, 'departments', id), coded('restore-orphans', ...says));
  assert.deepEqual([contentOf(home.db, 'departments'), contentOf(home.db, 'hires')], before);
});

test('rows of the backup whose parents are gone: refused', async (t) => {
  const home = makeHome(t, HIRES);
  const id = await backUp(home, 'hires');
  home.db.exec(`UPDATE hires SET department_id = NULL; DELETE FROM departments WHERE id = 2`);
  const before = contentOf(home.db, 'hires');
  const says = ['1 row of hires', 'department_id = 2', 'Nothing was changed.'];
  await assert.rejects(restore(home, 'hires', id), coded('restore-orphans', ...says));
  assert.deepEqual(contentOf(home.db, 'hires'), before);
});

test('orphans that were there before do not stand in the way, one more does', async (t) => {
  const home = makeHome(t, `${HIRES} INSERT INTO hires VALUES (9, 'Old', 99)`);
  const before = contentOf(home.db, 'departments');
  const id = await backUp(home, 'departments');
  const hires = await backUp(home, 'hires');
  home.db.exec(`DELETE FROM departments WHERE id = 3`);
  await restore(home, 'departments', id);
  assert.deepEqual(contentOf(home.db, 'departments'), before);
  await restore(home, 'hires', hires);
  home.db.exec('DELETE FROM hires WHERE id = 9');
  await assert.rejects(restore(home, 'hires', hires), coded('restore-orphans', 'department_id = 99'));
});

test("keys are compared as SQLite does: affinity and collation are the parent's", async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE codes (code TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER UNIQUE);
     CREATE TABLE uses (code TEXT REFERENCES codes, bare REFERENCES codes (code), n TEXT REFERENCES codes (n), i INTEGER REFERENCES codes (code));
     INSERT INTO codes VALUES ('Ab', 5), ('7', 6), ('007', 8);
     INSERT INTO uses VALUES ('aB', 7, '5', 7), ('AB', '007', ' 6', NULL);`,
  );
  assert.deepEqual(home.db.prepare('PRAGMA foreign_key_check').all(), []);
  const id = await backUp(home, 'codes');
  assert.equal((await restore(home, 'codes', id)).rows, 3);
  home.db.exec(`INSERT INTO codes VALUES ('07', 9); INSERT INTO uses (bare) VALUES ('07')`);
  await assert.rejects(restore(home, 'codes', id), coded('restore-orphans', "bare = '07'"));
});

test('triggers of the table stay silent and are there afterwards', async (t) => {
  const home = makeHome(
    t,
    `${HIRES} CREATE TABLE audit (what TEXT);
     CREATE TRIGGER "on delete" AFTER DELETE ON departments BEGIN INSERT INTO audit VALUES ('deleted'); END;
     CREATE TRIGGER on_insert AFTER INSERT ON departments BEGIN INSERT INTO audit VALUES ('inserted ' || new.name); END;
     CREATE TRIGGER never BEFORE INSERT ON departments WHEN new.id = 1 BEGIN SELECT raise(ABORT, 'no'); END;`,
  );
  const triggers = (): unknown[] =>
    home.db.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").all();
  const before = [triggers(), contentOf(home.db, 'departments')];
  const id = await backUp(home, 'departments');
  home.db.exec("UPDATE departments SET name = 'x' WHERE id = 1");
  await restore(home, 'departments', id);
  assert.deepEqual([triggers(), contentOf(home.db, 'departments')], before);
  assert.deepEqual(contentOf(home.db, 'audit'), []);
  home.db.exec("INSERT INTO departments VALUES (8, 'HR')");
  assert.equal(contentOf(home.db, 'audit').length, 1);
});

test('an insert with a default id after the restore works and reuses none', async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT);
     INSERT INTO t (a) VALUES ('a'), ('b'), ('c'), ('d'); DELETE FROM t WHERE id = 4`,
  );
  const sequence = (): unknown =>
    home.db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 't'").get()?.seq;
  const id = await backUp(home, 't');
  home.db.exec("DELETE FROM t; DELETE FROM sqlite_sequence; INSERT INTO t (a) VALUES ('z')");
  await restore(home, 't', id);
  assert.equal(sequence(), 4);
  home.db.exec("INSERT INTO t (id, a) VALUES (100, 'x'); DELETE FROM t WHERE id = 100");
  await restore(home, 't', id);
  assert.equal(sequence(), 100);
  assert.equal(home.db.prepare("INSERT INTO t (a) VALUES ('new')").run().lastInsertRowid, 101);
});

test('a missing table is made as it was: indexes, triggers, keys, sequence', async (t) => {
  const home = makeHome(
    t,
    `${HIRES} CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT CHECK (a <> 'no') DEFAULT 'x', d INT REFERENCES departments);
     CREATE INDEX by_a ON t (a DESC) WHERE a IS NOT NULL; CREATE UNIQUE INDEX "by d" ON t (d);
     CREATE TRIGGER silent AFTER INSERT ON t BEGIN DELETE FROM hires; END;
     INSERT INTO t (a, d) VALUES ('a', 1), ('b', 2); DELETE FROM hires WHERE id = 1`,
  );
  const schema = (): unknown[] =>
    home.db
      .prepare("SELECT type, name, sql FROM sqlite_schema WHERE tbl_name = 't' ORDER BY type, name")
      .all();
  const before = [schema(), contentOf(home.db, 't'), contentOf(home.db, 'hires')];
  const id = await backUp(home, 't');
  home.db.exec('DROP TABLE t; DELETE FROM sqlite_sequence');
  const result = await restore(home, 't', id);
  assert.deepEqual([result.replaced, result.safetyBackup], [0, null]);
  assert.deepEqual([schema(), contentOf(home.db, 't'), contentOf(home.db, 'hires')], before);
  assert.equal(home.db.prepare("INSERT INTO t (a) VALUES ('c')").run().lastInsertRowid, 3);
  home.db.exec('DROP TABLE t; DELETE FROM departments WHERE id = 2');
  await assert.rejects(restore(home, 't', id), coded('restore-orphans', 'd = 2'));
  assert.deepEqual(schema(), []);
});

const DRIFTS: ReadonlyArray<readonly [string, string]> = [
  ['ALTER TABLE hires ADD COLUMN salary INT', 'column salary was added'],
  ['ALTER TABLE hires DROP COLUMN name', 'column name is gone'],
  ['ALTER TABLE hires RENAME COLUMN name TO full_name', 'column full_name was added'],
  [
    'DROP TABLE hires; CREATE TABLE hires (id INTEGER PRIMARY KEY, name BLOB, department_id INTEGER)',
    'column name was TEXT, is BLOB',
  ],
  [
    'DROP TABLE hires; CREATE TABLE hires (id INTEGER PRIMARY KEY, name TEXT AS (id), department_id INTEGER)',
    'column name is generated now',
  ],
  [
    "DROP TABLE hires; CREATE TABLE hires (id INTEGER PRIMARY KEY, name TEXT CHECK (name <> 'Bob'), department_id INTEGER)",
    "CHECK constraint failed: name <> 'Bob'",
  ],
  ['DROP TABLE hires; CREATE VIEW hires AS SELECT 1 AS id', 'hires'],
];

for (const [change, says] of DRIFTS) {
  test(`drift is named: ${says}`, async (t) => {
    const home = makeHome(t, HIRES);
    const id = await backUp(home, 'hires');
    home.db.exec(change);
    const before = contentOf(home.db, 'hires');
    await assert.rejects(
      restore(home, 'hires', id),
      coded('restore-schema-drift', says, 'Nothing was changed.'),
    );
    assert.deepEqual(contentOf(home.db, 'hires'), before);
  });
}

test('a table that makes other values of the rows is refused: what was read back is not what was saved', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (a INT, b INT AS (a * 2)); INSERT INTO t VALUES (1), (2)');
  const id = await backUp(home, 't');
  home.db.exec('DROP TABLE t; CREATE TABLE t (a INT, b INT AS (a * 3)); INSERT INTO t VALUES (1)');
  const before = contentOf(home.db, 't');
  const says = ['would not hold what the backup holds', 'Nothing was changed.'];
  await assert.rejects(restore(home, 't', id), coded('restore-schema-drift', ...says));
  assert.deepEqual(contentOf(home.db, 't'), before);
});

test('columns in another order, type names in other case are no drift', async (t) => {
  const home = makeHome(t, HIRES);
  const id = await backUp(home, 'hires');
  home.db.exec(
    'DROP TABLE hires; CREATE TABLE HIRES (Department_ID integer, NAME text, ID integer primary key)',
  );
  await restore(home, 'hires', id);
  assert.deepEqual(
    home.db
      .prepare('SELECT id, name, department_id AS d FROM hires WHERE id = 2')
      .all()
      .map((row) => ({ ...row })),
    [{ ID: 2, NAME: 'Bob', d: 2 }],
  );
});

test('what was there is kept first; a dry run changes and keeps nothing', async (t) => {
  const home = makeHome(t, HIRES);
  const backups = await home.backups();
  const id = await backUp(home, 'hires');
  home.db.exec("UPDATE hires SET name = 'changed'");
  const changed = contentOf(home.db, 'hires');
  const dry = await restore(home, 'hires', id, true);
  assert.deepEqual([dry.dryRun, dry.rows, dry.replaced, dry.safetyBackup], [true, 3, 3, null]);
  assert.deepEqual(contentOf(home.db, 'hires'), changed);
  assert.equal((await backups.list()).length, 1);
  const { safetyBackup } = await restore(home, 'hires', id);
  assert.notDeepEqual(contentOf(home.db, 'hires'), changed);
  await restore(home, 'hires', safetyBackup ?? '');
  assert.deepEqual(contentOf(home.db, 'hires'), changed);
});

test('a write lock held by another program is waited for', async (t) => {
  const home = makeHome(t, HIRES);
  const id = await backUp(home, 'hires');
  const other = new DatabaseSync(home.databaseUrl.slice('sqlite:'.length));
  t.after(() => other.close());
  other.exec("BEGIN IMMEDIATE; UPDATE hires SET name = 'other'");
  const restored = restore(home, 'hires', id);
  await new Promise((resolve) => setTimeout(resolve, 300));
  other.exec('COMMIT');
  const { safetyBackup } = await restored;
  const kept = await (await home.backups()).find(safetyBackup ?? '');
  assert.equal(kept.rows, 3);
  assert.deepEqual(
    home.db
      .prepare('SELECT name FROM hires')
      .all()
      .map((row) => row.name),
    ['Ann', 'Bob', 'Eve'],
  );
});

test('a write lock that does not come in time is told; SQLite does not say whose it is', async (t) => {
  const home = makeHome(t, HIRES);
  const other = new DatabaseSync(home.databaseUrl.slice('sqlite:'.length));
  t.after(() => other.close());
  other.exec('BEGIN IMMEDIATE');
  await assert.rejects(
    orNothing(() => sqliteEngine.openReplacement(home.databaseUrl, 'hires', 200)),
    coded('lock-timeout', 'is locked by another program', 'Nothing was changed.'),
  );
});

test('tables that no one may restore, and backups of tables with other columns, are refused', async (t) => {
  const home = makeHome(t, `${HIRES} CREATE TABLE rowferry_loads (id TEXT)`);
  const id = await backUp(home, 'hires');
  await assert.rejects(
    restore(home, 'departments', id),
    coded('restore-schema-drift', 'departments is not like hires', 'department_id is gone'),
  );
  await assert.rejects(restore(home, 'hires', 'none'), coded('backup-not-found', 'Nothing was changed.'));
  await assert.rejects(backUp(home, 'rowferry_loads'), coded('table-not-found'));
  await assert.rejects(backUp(home, 'sqlite_schema'), coded('table-not-found'));
});
