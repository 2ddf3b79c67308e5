import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coded } from '../fixture.ts';
import type { ServerHome } from '../shared/home.ts';
import { contentOf, postgresHome } from './fixture.ts';

const STAFF = `
  CREATE SEQUENCE shared; CREATE TABLE teams (id integer PRIMARY KEY); INSERT INTO teams VALUES (1), (2);
  CREATE TABLE staff (id serial PRIMARY KEY, code text CONSTRAINT known UNIQUE, boss integer CONSTRAINT led REFERENCES staff,
    team integer REFERENCES teams ON DELETE CASCADE, place bigint DEFAULT nextval('shared'),
    turn integer GENERATED ALWAYS AS IDENTITY, note text DEFAULT E'it''s\n  CONSTRAINT a UNIQUE, SEQUENCE NAME x.y ',
    twice integer GENERATED ALWAYS AS (team * 2) STORED, CONSTRAINT wise CHECK (note <> 'REFERENCES staff(id)'),
    EXCLUDE (boss WITH =) WHERE (team = 77));
  CREATE INDEX by_team ON staff (team) WHERE team > 0; CREATE UNIQUE INDEX ON staff (lower(code));
  ALTER TABLE staff ADD CONSTRAINT late CHECK (id > 0) NOT VALID;
  CREATE POLICY mine ON staff USING (team > 0);
  CREATE FUNCTION heard() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'set off'; END $$;
  INSERT INTO staff (id, code, boss, team) VALUES (1, 'x', NULL, 1), (2, 'y', 1, 2), (3, 'z', 3, NULL);
  SELECT setval('staff_id_seq', 8);
  CREATE TRIGGER heard BEFORE INSERT ON staff FOR EACH ROW EXECUTE FUNCTION heard();`;

const constraintsOf = (home: ServerHome, table: string): Promise<unknown[][]> =>
  home.rows(
    `SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = '"${table}"'::regclass ORDER BY 1, 2`,
  );

const defaultsOf = (home: ServerHome, table: string): Promise<unknown[][]> =>
  home.rows(`SELECT column_name, data_type, column_default, is_nullable, is_identity, generation_expression
    FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = '${table}' ORDER BY ordinal_position`);

test('a backup beside the table it is of: keys, indexes and sequences of its own, no trigger', async (t) => {
  const home = await postgresHome(t, STAFF);
  const before = [
    await contentOf(home, 'staff'),
    await constraintsOf(home, 'staff'),
    await defaultsOf(home, 'staff'),
  ];
  const { id } = await home.backUp('staff');
  await home.run('CREATE TABLE "Old staff_seq" ()');
  const dry = await home.restore('Old staff', id, true);
  assert.deepEqual(dry.notTaken, ['trigger heard']);
  const result = await home.restore('Old staff', id);
  assert.deepEqual(
    [result.table, result.backupTable, result.rows, result.replaced],
    ['Old staff', 'staff', 3, 0],
  );
  assert.deepEqual(await contentOf(home, 'Old staff'), before[0]);
  assert.deepEqual(
    [await contentOf(home, 'staff'), await constraintsOf(home, 'staff'), await defaultsOf(home, 'staff')],
    before,
  );
  const expected = (before[1] as unknown[][]).map(([type, definition]) => [
    type,
    type === 'f' ? String(definition).replace('REFERENCES staff(', 'REFERENCES "Old staff"(') : definition,
  ]);
  assert.deepEqual(await constraintsOf(home, 'Old staff'), expected);
  const made = (await defaultsOf(home, 'Old staff')) as string[][];
  assert.deepEqual(
    made.map((column) => column[2]?.replace(/'[^']*Old staff_seq2"'/, "'own'") ?? null),
    (before[2] as string[][]).map((column) => column[2]?.replace(/'staff_id_seq'/, "'own'") ?? null),
  );
  const indexes = `SELECT count(*)::text FROM pg_index WHERE indrelid = `;
  assert.deepEqual(
    await home.rows(`${indexes} '"Old staff"'::regclass`),
    await home.rows(`${indexes} 'staff'::regclass`),
  );
  await home.run(`INSERT INTO "Old staff" (code) VALUES ('new')`);
  assert.deepEqual(await home.rows(`SELECT id::text FROM "Old staff" WHERE code = 'new'`), [['9']]);
  assert.deepEqual(
    await home.rows('SELECT last_value::text FROM staff_id_seq'),
    [['8']],
    'the other goes on by itself',
  );
  await home.run('DROP TABLE staff');
  await assert.rejects(
    home.run(`INSERT INTO "Old staff" (code, boss) VALUES ('lost', 99)`),
    /violates foreign key/,
  );
});

test('partitions stay behind: the table under the other name is one of its own', async (t) => {
  const home = await postgresHome(
    t,
    `CREATE TABLE days (d date NOT NULL, n integer, PRIMARY KEY (d)) PARTITION BY RANGE (d);
     CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
     CREATE INDEX by_n ON days (n); INSERT INTO days VALUES ('2026-05-01', 1);`,
  );
  const { id } = await home.backUp('days');
  const result = await home.restore('old_days', id);
  assert.deepEqual(result.notTaken, ['its partitions']);
  assert.deepEqual(await contentOf(home, 'old_days'), await contentOf(home, 'days'));
});

test('a table that is there takes the rows of another one with the same columns; names that the server cuts are refused', async (t) => {
  const home = await postgresHome(
    t,
    `CREATE TABLE a (id integer PRIMARY KEY, n text); CREATE TABLE b (n text, id integer PRIMARY KEY);
     CREATE TABLE c (id bigint PRIMARY KEY, n text);
     CREATE TABLE child (id integer REFERENCES b); INSERT INTO a VALUES (1, 'one'), (2, NULL);
     INSERT INTO b VALUES ('other', 1), ('gone', 7); INSERT INTO child VALUES (1);`,
  );
  const { id } = await home.backUp('a');
  const result = await home.restore('b', id);
  assert.deepEqual([result.table, result.backupTable, result.replaced], ['b', 'a', 2]);
  assert.match(String(result.safetyBackup), /^b\./);
  assert.deepEqual(await home.rows('SELECT id::text, n FROM b ORDER BY id'), [
    ['1', 'one'],
    ['2', null],
  ]);
  await assert.rejects(
    home.restore('c', id),
    coded('restore-schema-drift', 'c is not like a', 'was integer, is bigint'),
  );
  await home.run('DELETE FROM a WHERE id = 1');
  const { id: without } = await home.backUp('a');
  await assert.rejects(home.restore('b', without), coded('restore-orphans', 'child', 'Nothing was changed.'));
  await assert.rejects(home.restore('n'.repeat(64), id), coded('table-unsupported', 'Nothing was changed.'));
});
