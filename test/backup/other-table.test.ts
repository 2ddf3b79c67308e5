import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded, contentOf, type Home, makeHome, only } from './fixture.ts';

const STAFF = `
  CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
  CREATE TABLE [staff] (id INTEGER PRIMARY KEY AUTOINCREMENT, code TEXT UNIQUE, boss INTEGER REFERENCES staff (id),
    team INTEGER REFERENCES teams (id) ON DELETE CASCADE, note TEXT DEFAULT 'staff (id)', CHECK (staff.id > 0),
    CONSTRAINT wise CHECK (note <> 'REFERENCES staff'));
  CREATE INDEX staff_team ON staff (team) WHERE staff.team > 0; CREATE UNIQUE INDEX "by code" ON staff (code COLLATE NOCASE);
  CREATE TRIGGER heard AFTER INSERT ON staff BEGIN UPDATE teams SET name = 'set off'; END;
  INSERT INTO teams VALUES (1, 'a'), (2, 'b');
  INSERT INTO staff (id, code, boss, team) VALUES (1, 'x', 3, 1), (2, 'y', 1, 2), (3, 'z', NULL, NULL), (9, 'w', 1, 1);
  UPDATE teams SET name = 'quiet'; DELETE FROM staff WHERE id = 9;`;

const backUp = async (home: Home, table: string): Promise<string> =>
  only(await (await home.backups()).run([table])).id;

const restore = async (home: Home, table: string, backup: string, dryRun = false) =>
  (await home.backups()).restore({ table, source: { backup }, dryRun });

const schemaOf = (home: Home, table: string): unknown[] =>
  home.db
    .prepare('SELECT name, sql FROM sqlite_schema WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY rowid')
    .all(table)
    .map(({ name, sql }) => `${name}: ${sql}`);

test('a backup beside the table it is of: made under the other name, with keys to itself and indexes of its own', async (t) => {
  const home = makeHome(t, STAFF);
  const before = [contentOf(home.db, 'staff'), schemaOf(home, 'staff'), contentOf(home.db, 'teams')];
  const id = await backUp(home, 'staff');
  const dry = await restore(home, 'old "staff"', id, true);
  assert.deepEqual([dry.strategy, dry.notTaken], ['create table, insert', ['trigger heard']]);
  assert.deepEqual(schemaOf(home, 'old "staff"'), [], 'a dry run makes nothing');
  const result = await restore(home, 'old "staff"', id);
  assert.deepEqual(
    [result.table, result.backupTable, result.rows, result.replaced, result.safetyBackup, result.notTaken],
    ['old "staff"', 'staff', 3, 0, null, ['trigger heard']],
  );
  assert.deepEqual(contentOf(home.db, 'old "staff"'), before[0]);
  assert.deepEqual(
    [contentOf(home.db, 'staff'), schemaOf(home, 'staff'), contentOf(home.db, 'teams')],
    before,
    'the table itself, and what its trigger would do, stay as they are',
  );
  const [table, ...indexes] = schemaOf(home, 'old "staff"');
  assert.match(String(table), /REFERENCES "old ""staff""" \(id\)/);
  assert.match(
    String(table),
    /DEFAULT 'staff \(id\)'.*CHECK \("old ""staff"""\.id > 0\).*'REFERENCES staff'/s,
  );
  assert.deepEqual(indexes, [
    'old "staff"_team: CREATE INDEX "old ""staff""_team" ON "old ""staff""" (team) WHERE "old ""staff""".team > 0',
    'old "staff"_by code: CREATE UNIQUE INDEX "old ""staff""_by code" ON "old ""staff""" (code COLLATE NOCASE)',
  ]);
  home.db.exec(`INSERT INTO "old ""staff""" (code) VALUES ('new')`);
  const [{ newest } = {}] = home.db.prepare('SELECT max(id) AS newest FROM "old ""staff"""').all();
  assert.equal(newest, 10, 'ids go on behind the largest that was ever given out');
});

test('names of indexes that are taken are left to those who have them', async (t) => {
  const home = makeHome(t, `${STAFF} CREATE INDEX old_team ON teams (name)`);
  await restore(home, 'old', await backUp(home, 'staff'));
  assert.match(String(schemaOf(home, 'old')[1]), /^old_team_2: CREATE INDEX "old_team_2"/);
});

test('a table that is there takes the rows of another one with the same columns, and is backed up first', async (t) => {
  const home = makeHome(
    t,
    `CREATE TABLE a (id INTEGER PRIMARY KEY, n TEXT); CREATE TABLE b (n TEXT, id INTEGER PRIMARY KEY);
     CREATE TABLE c (id INTEGER PRIMARY KEY, n BLOB, more TEXT);
     INSERT INTO a VALUES (1, 'one'), (2, NULL); INSERT INTO b VALUES ('other', 7); INSERT INTO c VALUES (1, x'00', 'more');`,
  );
  const id = await backUp(home, 'a');
  const before = contentOf(home.db, 'b');
  const result = await restore(home, 'B', id);
  assert.deepEqual([result.table, result.backupTable, result.replaced], ['b', 'a', 1]);
  assert.match(String(result.safetyBackup), /^b\./);
  assert.deepEqual(
    home.db
      .prepare('SELECT id, n FROM b ORDER BY id')
      .all()
      .map((row) => ({ ...row })),
    [
      { id: 1, n: 'one' },
      { id: 2, n: null },
    ],
  );
  await restore(home, 'b', String(result.safetyBackup));
  assert.deepEqual(contentOf(home.db, 'b'), before);
  const kept = contentOf(home.db, 'c');
  const says = ['c is not like a', 'column n was TEXT, is BLOB', 'more was added', 'Nothing was changed.'];
  await assert.rejects(restore(home, 'c', id), coded('restore-schema-drift', ...says));
  assert.deepEqual(contentOf(home.db, 'c'), kept);
});

test("rowferry's own names are no names for a table, and rows without parents are refused under any name", async (t) => {
  const home = makeHome(t, STAFF);
  const id = await backUp(home, 'staff');
  await assert.rejects(
    restore(home, 'Rowferry_staff', id),
    coded('table-unsupported', 'Nothing was changed.'),
  );
  home.db.exec('DELETE FROM teams WHERE id = 2');
  await assert.rejects(restore(home, 'old', id), coded('restore-orphans', '1 row of old', 'team = 2'));
  assert.deepEqual(schemaOf(home, 'old'), []);
});
