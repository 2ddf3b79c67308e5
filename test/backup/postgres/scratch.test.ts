import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded } from '../fixture.ts';
import { asDml, contentOf, postgresHome } from './fixture.ts';

const TABLE = `CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE TABLE parents (id integer PRIMARY KEY); INSERT INTO parents VALUES (1);
  CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n serial, name varchar(20) DEFAULT E'a\n)' COLLATE "C", moods mood,
    list integer[], amount numeric, twice integer GENERATED ALWAYS AS (n * 2) STORED, parent integer REFERENCES parents,
    CONSTRAINT positive CHECK (n > 0), UNIQUE (name));
  INSERT INTO t (name, moods, list, amount, parent) VALUES ('a', 'sad', '{1,2}', 1.50, 1), ('b', NULL, NULL, NULL, NULL);`;

for (const [who, open] of [
  ['the owner', postgresHome],
  ['a role that may change rows only', asDml],
] as const) {
  test(`a backup is tried in a scratch table that nothing is left of, for ${who}`, async (t) => {
    const home = await open(t, TABLE);
    const { id } = await home.backUp('t');
    await home.run('DELETE FROM t; DELETE FROM parents');
    const relations = 'SELECT count(*)::int, (SELECT count(*)::int FROM pg_type) FROM pg_class';
    const before = [await home.rows(relations), await contentOf(home, 't')];
    const verified = await home.backups.verify(id, null, 3);
    assert.equal(verified.state, 'verified');
    assert.notEqual(verified.testRestoredAt, null);
    assert.deepEqual([await home.rows(relations), await contentOf(home, 't')], before);
  });
}

test('that no such table can be made any more says nothing of the backup', async (t) => {
  const home = await postgresHome(t, TABLE);
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t; DROP TYPE mood');
  await assert.rejects(home.backups.verify(id, null, 3), coded('table-unsupported', 'mood'));
  assert.equal((await home.backups.find(id)).state, 'verified');
});

test('a table that is gone, its sequences with it, can be tried all the same', async (t) => {
  const home = await postgresHome(t, TABLE);
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t');
  assert.equal((await home.backups.verify(id, null, 3)).state, 'verified');
});
