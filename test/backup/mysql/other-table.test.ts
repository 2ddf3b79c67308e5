import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded } from '../fixture.ts';
import type { ServerHome } from '../shared/home.ts';
import { contentOf, mysqlHome } from './fixture.ts';

const STAFF = `
  CREATE TABLE teams (id INT PRIMARY KEY); INSERT INTO teams VALUES (1), (2);
  CREATE TABLE staff (id INT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(9), boss INT, team INT,
    note VARCHAR(50) DEFAULT 'REFERENCES \`staff\` (\`id\`)' COMMENT 'CONSTRAINT \`a\` CHECK', UNIQUE KEY known (code), KEY by_team (team),
    CONSTRAINT led FOREIGN KEY (boss) REFERENCES staff (id), CONSTRAINT wise CHECK (note <> 'REFERENCES \`staff\` ('),
    CONSTRAINT placed FOREIGN KEY (team) REFERENCES teams (id) ON DELETE CASCADE);
  INSERT INTO staff (id, code, boss, team) VALUES (1, 'x', NULL, 1), (2, 'y', 1, 2), (3, 'z', 3, NULL), (9, 'w', 1, 1);
  DELETE FROM staff WHERE id = 9; CREATE TABLE heard (n INT);
  CREATE TRIGGER heard AFTER UPDATE ON staff FOR EACH ROW INSERT INTO heard VALUES (1);`;

async function statementOf(home: ServerHome, table: string): Promise<string> {
  const [row] = await home.rows(`SHOW CREATE TABLE \`${table}\``);
  return String(row?.[1]);
}

test('a backup beside the table it is of: keys named anew and to itself, no trigger', async (t) => {
  const home = await mysqlHome(t, STAFF);
  const before = [await contentOf(home, 'staff'), await statementOf(home, 'staff')];
  const { id } = await home.backUp('staff');
  const dry = await home.restore('old staff', id, true);
  assert.deepEqual(dry.notTaken, ['trigger heard']);
  const result = await home.restore('old staff', id);
  assert.deepEqual(
    [result.table, result.backupTable, result.rows, result.replaced],
    ['old staff', 'staff', 3, 0],
  );
  assert.deepEqual(await contentOf(home, 'old staff'), before[0]);
  assert.deepEqual([await contentOf(home, 'staff'), await statementOf(home, 'staff')], before);
  const made = await statementOf(home, 'old staff');
  assert.match(made, /FOREIGN KEY \(`boss`\) REFERENCES `old staff` \(`id`\)/);
  assert.match(made, /FOREIGN KEY \(`team`\) REFERENCES `teams` \(`id`\) ON DELETE CASCADE/);
  assert.match(made, /DEFAULT 'REFERENCES `staff` \(`id`\)' COMMENT 'CONSTRAINT `a` CHECK'/);
  assert.match(made, /CHECK \(`note` <> 'REFERENCES `staff` \('\)/);
  assert.doesNotMatch(made, /`led`\b(?! \()|CONSTRAINT `(?:placed|wise)`|rowferry/);
  await home.run("INSERT INTO `old staff` (code) VALUES ('new')");
  assert.deepEqual(await home.rows("SELECT CAST(id AS CHAR) FROM `old staff` WHERE code = 'new'"), [['10']]);
  await home.run('DROP TABLE staff');
  await assert.rejects(
    home.run("INSERT INTO `old staff` (code, boss) VALUES ('lost', 99)"),
    /foreign key constraint/,
  );
});

test('a table that is there takes the rows of another one with the same columns; missing parents are told', async (t) => {
  const home = await mysqlHome(
    t,
    `CREATE TABLE a (id INT PRIMARY KEY, n VARCHAR(9)); CREATE TABLE b (n VARCHAR(9), id INT PRIMARY KEY);
     CREATE TABLE c (id BIGINT PRIMARY KEY, n VARCHAR(9)); CREATE TABLE child (id INT, FOREIGN KEY (id) REFERENCES b (id));
     INSERT INTO a VALUES (1, 'one'), (2, NULL); INSERT INTO b VALUES ('other', 1), ('gone', 7); INSERT INTO child VALUES (1);`,
  );
  const { id } = await home.backUp('a');
  const result = await home.restore('b', id);
  assert.deepEqual([result.table, result.backupTable, result.replaced], ['b', 'a', 2]);
  assert.match(String(result.safetyBackup), /^b\./);
  assert.deepEqual(await home.rows('SELECT CAST(id AS CHAR), n FROM b ORDER BY id'), [
    ['1', 'one'],
    ['2', null],
  ]);
  await assert.rejects(
    home.restore('c', id),
    coded('restore-schema-drift', 'c is not like a', 'column id was int'),
  );
  await home.run('DELETE FROM a WHERE id = 1');
  const { id: without } = await home.backUp('a');
  await assert.rejects(home.restore('b', without), coded('restore-orphans', 'child', 'Nothing was changed.'));
  assert.equal((await contentOf(home, 'b')).length, 2);
});
