import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseName, databaseOf, run } from '../../database/mysql/fixture.ts';
import { coded } from '../fixture.ts';
import { asDml, contentOf, mysqlHome } from './fixture.ts';

const HIRES = `
  CREATE TABLE departments (id INT PRIMARY KEY, name VARCHAR(50) NOT NULL UNIQUE);
  CREATE TABLE hires (id INT PRIMARY KEY, name VARCHAR(50), department_id INT,
    CONSTRAINT in_department FOREIGN KEY (department_id) REFERENCES departments (id));
  INSERT INTO departments VALUES (1, 'Sales'), (2, 'Support'), (3, 'Legal');
  INSERT INTO hires VALUES (1, 'Ann', 1), (2, 'Bob', 2), (3, 'Eve', NULL);`;

test('a table that references itself comes back, also when it was dropped', async (t) => {
  const home = await mysqlHome(
    t,
    `CREATE TABLE staff (id INT PRIMARY KEY, boss INT, FOREIGN KEY (boss) REFERENCES staff (id) ON DELETE CASCADE);
     SET foreign_key_checks = 0; INSERT INTO staff VALUES (1, 3), (2, 1), (3, 2), (4, 4), (5, NULL); SET foreign_key_checks = 1`,
  );
  const before = await contentOf(home, 'staff');
  const { id } = await home.backUp('staff');
  await home.run('UPDATE staff SET boss = NULL; DELETE FROM staff WHERE id > 2');
  await home.restore('staff', id);
  assert.deepEqual(await contentOf(home, 'staff'), before);
  await home.run('DROP TABLE staff');
  await home.restore('staff', id);
  assert.deepEqual(await contentOf(home, 'staff'), before);
  await assert.rejects(home.run('INSERT INTO staff VALUES (6, 77)'), /foreign key constraint fails/);
});

test('a foreign key that was added since the backup holds for its rows', async (t) => {
  const home = await mysqlHome(
    t,
    `${HIRES} ALTER TABLE hires DROP FOREIGN KEY in_department; INSERT INTO hires VALUES (4, 'Zoe', 8)`,
  );
  const { id } = await home.backUp('hires');
  await home.run(`DELETE FROM hires WHERE id = 4;
    ALTER TABLE hires ADD CONSTRAINT again FOREIGN KEY (department_id) REFERENCES departments (id)`);
  await assert.rejects(home.restore('hires', id), coded('restore-orphans', 'department_id = 8'));
});

test('orphans that were there before do not stand in the way, one more does', async (t) => {
  const home = await mysqlHome(
    t,
    `${HIRES} SET foreign_key_checks = 0; INSERT INTO hires VALUES (9, 'Old', 99); SET foreign_key_checks = 1`,
  );
  const before = await contentOf(home, 'departments');
  const { id } = await home.backUp('departments');
  const hires = await home.backUp('hires');
  await home.run('DELETE FROM departments WHERE id = 3');
  await home.restore('departments', id);
  assert.deepEqual(await contentOf(home, 'departments'), before);
  await home.restore('hires', hires.id);
  await home.run('DELETE FROM hires WHERE id = 9');
  await assert.rejects(home.restore('hires', hires.id), coded('restore-orphans', 'department_id = 99'));
});

test('children in another database keep their parents too', async (t) => {
  const home = await mysqlHome(t, HIRES);
  const other = await databaseOf();
  const database = databaseName(home.url);
  await run(other, `CREATE TABLE hires (d INT, FOREIGN KEY (d) REFERENCES ${database}.departments (id))`);
  const { id } = await home.backUp('departments');
  await home.run("INSERT INTO departments VALUES (7, 'New')");
  await run(other, 'INSERT INTO hires VALUES (7)');
  await assert.rejects(home.restore('departments', id), coded('restore-orphans', '1 row of hires', 'd = 7'));
  await run(other, 'DROP TABLE hires');
  assert.equal((await home.restore('departments', id)).replaced, 4);
});

test('an insert with a default id after the restore works and reuses none', async (t) => {
  const home = await asDml(
    t,
    `CREATE TABLE t (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, a VARCHAR(5) NOT NULL UNIQUE CHECK (a <> ''), b INT NOT NULL);
     INSERT INTO t (a, b) VALUES ('a', 1), ('b', 1), ('c', 1), ('d', 1); DELETE FROM t WHERE id = 4`,
  );
  const newId = async (): Promise<unknown> => {
    await home.run("INSERT INTO t (a, b) VALUES ('new', 1)");
    return (await home.rows("SELECT id FROM t WHERE a = 'new'"))[0]?.[0];
  };
  const { id } = await home.backUp('t');
  await home.run("TRUNCATE t; INSERT INTO t (a, b) VALUES ('z', 1)");
  await home.restore('t', id);
  assert.equal(await newId(), 5);
  await home.run("INSERT INTO t VALUES (100, 'x', 1); DELETE FROM t WHERE id = 100");
  await home.restore('t', id);
  assert.equal(await newId(), 101);
});

test('a missing table is made as it was: indexes, keys, triggers, sequence', async (t) => {
  const home = await mysqlHome(
    t,
    `${HIRES} CREATE TABLE log (what VARCHAR(50));
     CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, a VARCHAR(20) DEFAULT 'x' CHECK (a <> 'no'), d INT COMMENT 'a\\nb',
       KEY by_a (a(3) DESC), UNIQUE KEY \`by d\` (d), FULLTEXT KEY words (a), CONSTRAINT t_d FOREIGN KEY (d) REFERENCES departments (id) ON DELETE CASCADE);
     CREATE TRIGGER told AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (concat('new ', new.a));
     CREATE TRIGGER changed BEFORE UPDATE ON t FOR EACH ROW SET new.a = upper(new.a);
     INSERT INTO t (a, d) VALUES ('a', 1), ('b', 2); DELETE FROM log; DELETE FROM hires WHERE id = 1`,
  );
  const schema = async (): Promise<unknown> => [
    await home.rows('SHOW CREATE TABLE t'),
    (await home.rows("SHOW TRIGGERS LIKE 't'")).map((row) => row.slice(0, 5)),
  ];
  const before = [await schema(), await contentOf(home, 't')];
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t');
  const result = await home.restore('t', id);
  assert.deepEqual([result.replaced, result.safetyBackup], [0, null]);
  assert.deepEqual([await schema(), await contentOf(home, 't')], before);
  assert.deepEqual(await home.rows('SELECT * FROM log'), []);
  await home.run("INSERT INTO t (a) VALUES ('c')");
  assert.deepEqual(await home.rows("SELECT id, what FROM t, log WHERE a = 'c'"), [[3, 'new c']]);
  await home.run('DROP TABLE t; DELETE FROM hires; DELETE FROM departments WHERE id = 2');
  await assert.rejects(home.restore('t', id), coded('restore-orphans', 'd = 2'));
  assert.deepEqual(await home.rows("SHOW TABLES LIKE '%t'"), []);
  assert.deepEqual(await home.rows("SHOW TABLES LIKE 'rowferry%'"), []);
});

test('triggers that rows would set off: refused, each named; those on UPDATE do not matter', async (t) => {
  const home = await mysqlHome(
    t,
    `${HIRES} CREATE TRIGGER on_update BEFORE UPDATE ON hires FOR EACH ROW SET new.name = upper(new.name)`,
  );
  const before = await contentOf(home, 'hires');
  const { id } = await home.backUp('hires');
  await home.run(
    'UPDATE hires SET department_id = NULL; CREATE TRIGGER `on delete` AFTER DELETE ON hires FOR EACH ROW SET @x = 1',
  );
  const changed = await contentOf(home, 'hires');
  await assert.rejects(
    home.restore('hires', id),
    coded('table-unsupported', 'on delete', 'Nothing was changed.'),
  );
  await assert.rejects(home.restore('hires', id, true), coded('table-unsupported', 'on delete'));
  assert.deepEqual(await contentOf(home, 'hires'), changed);
  await home.run('DROP TRIGGER `on delete`');
  await home.restore('hires', id);
  assert.deepEqual(await contentOf(home, 'hires'), before);
});

const DRIFTS: ReadonlyArray<readonly [string, string]> = [
  ['ALTER TABLE hires ADD COLUMN salary INT', 'column salary was added'],
  ['ALTER TABLE hires DROP COLUMN name', 'column name is gone'],
  ['ALTER TABLE hires MODIFY name VARCHAR(49)', 'column name was varchar(50), is varchar(49)'],
  ['ALTER TABLE hires DROP COLUMN name, ADD COLUMN name VARCHAR(50) AS (id)', 'column name is generated now'],
  [
    "DELETE FROM hires WHERE name = 'Bob'; ALTER TABLE hires ADD CONSTRAINT no_bob CHECK (name <> 'Bob')",
    'no_bob',
  ],
  [
    'DELETE FROM hires WHERE id = 3; ALTER TABLE hires DROP FOREIGN KEY in_department, MODIFY department_id INT NOT NULL',
    'would not hold what the backup holds',
  ],
  ['DROP TABLE hires; CREATE VIEW hires AS SELECT 1 AS id', 'hires is a view'],
  ['DROP TABLE hires; CREATE TABLE hires (id INT) ENGINE = MyISAM', 'a table of the engine MyISAM'],
];

for (const [change, says] of DRIFTS) {
  test(`drift is named: ${says}`, async (t) => {
    const home = await mysqlHome(t, HIRES);
    const { id } = await home.backUp('hires');
    await home.run(change);
    const before = await home.rows('SELECT * FROM hires ORDER BY id');
    await assert.rejects(
      home.restore('hires', id),
      coded('restore-schema-drift', says, 'Nothing was changed.'),
    );
    assert.deepEqual(await home.rows('SELECT * FROM hires ORDER BY id'), before);
  });
}

test('rights that lack are told with the statement that grants them, before anything is changed', async (t) => {
  const home = await mysqlHome(t, HIRES, 'SELECT, INSERT');
  const { id } = await home.backUp('hires');
  const before = await contentOf(home, 'hires');
  await assert.rejects(home.restore('hires', id, true), (error: Error & { hint?: string }) => {
    coded('database-privilege', 'DELETE command denied', 'Nothing was changed.')(error);
    assert.match(error.hint ?? '', /GRANT DELETE ON `hires` TO 'u\d+_\d+'@'%'/);
    return true;
  });
  await home.run('DROP TABLE hires');
  await assert.rejects(home.restore('hires', id), (error: Error & { hint?: string }) => {
    assert.match(error.hint ?? '', /GRANT CREATE ON `rowferry_restore_\w+` TO/);
    return true;
  });
  assert.equal(before.length, 3);
});
