import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { Client } from 'pg';
import { programOf } from '../../../scripts/servers/private-server.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import type { RowferryError } from '../../../src/errors.ts';
import { coded } from '../fixture.ts';
import type { ServerHome } from '../shared/home.ts';
import { asDml, contentOf, postgresHome } from './fixture.ts';

const SWAPPED = `
  CREATE TABLE parents (id integer PRIMARY KEY, code text UNIQUE);
  CREATE TABLE children (id integer PRIMARY KEY, code text CONSTRAINT points REFERENCES parents (code) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE);
  COMMENT ON CONSTRAINT points ON children IS 'it''s kept';
  INSERT INTO parents VALUES (1, 'a'), (2, 'b'), (3, 'c'); INSERT INTO children VALUES (1, 'a'), (2, 'b'), (3, 'a');`;

/** 1 and 2 change their codes, and the children do not follow. */
const SWAP = `ALTER TABLE children DROP CONSTRAINT points; UPDATE parents SET code = 'x' WHERE id = 1; UPDATE parents SET code = 'a' WHERE id = 2;
  UPDATE parents SET code = 'b' WHERE id = 1;
  ALTER TABLE children ADD CONSTRAINT points FOREIGN KEY (code) REFERENCES parents (code) ON UPDATE CASCADE ON DELETE CASCADE DEFERRABLE;
  COMMENT ON CONSTRAINT points ON children IS 'it''s kept'`;

const both = async (home: ServerHome): Promise<unknown[]> => [
  await contentOf(home, 'parents'),
  await contentOf(home, 'children'),
];

test('values that children point at went to other rows: the owner takes the keys away for the moment', async (t) => {
  const home = await postgresHome(t, SWAPPED);
  const before = await both(home);
  const key = `SELECT pg_get_constraintdef(oid), obj_description(oid) FROM pg_constraint
    WHERE conname = 'points' AND connamespace = current_schema()::regnamespace`;
  const keyBefore = await home.rows(key);
  const { id } = await home.backUp('parents');
  await home.run(SWAP);
  await home.restore('parents', id);
  assert.deepEqual(await both(home), before);
  assert.deepEqual(await home.rows(key), keyBefore);
  await assert.rejects(home.run("INSERT INTO children VALUES (9, 'nowhere')"), /violates foreign key/);
});

test('a value that children point at went to another row: they do not follow it to what that row has in the backup', async (t) => {
  const home = await postgresHome(t, SWAPPED);
  const parents = await contentOf(home, 'parents');
  const { id } = await home.backUp('parents');
  await home.run(`ALTER TABLE children DROP CONSTRAINT points; DELETE FROM parents WHERE id = 1; DELETE FROM children WHERE code = 'b';
    UPDATE parents SET code = 'a' WHERE id = 2; ALTER TABLE children ADD CONSTRAINT points FOREIGN KEY (code) REFERENCES parents (code) ON UPDATE CASCADE ON DELETE CASCADE`);
  const children = await contentOf(home, 'children');
  await home.restore('parents', id);
  assert.deepEqual(await both(home), [parents, children]);
});

test('values that children point at went to other rows, for a role that may change rows only: refused with who can do it', async (t) => {
  const home = await asDml(t, SWAPPED);
  const { id } = await home.backUp('parents');
  await home.run(SWAP);
  const before = await both(home);
  const says = ['other rows have in the backup', 'only the owner', 'Nothing was changed.'];
  await assert.rejects(home.restore('parents', id), coded('database-privilege', ...says));
  assert.deepEqual(await both(home), before);
});

test('unique values that changed places among rows with children come back, by keys that act', async (t) => {
  const home = await postgresHome(
    t,
    `CREATE TABLE parents (id integer PRIMARY KEY, code text UNIQUE, n integer);
     CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents ON DELETE CASCADE);
     INSERT INTO parents VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3); INSERT INTO children VALUES (1, 1), (2, 2);`,
  );
  const before = await both(home);
  const { id } = await home.backUp('parents');
  await home.run(
    "UPDATE parents SET code = 'x' WHERE id = 1; UPDATE parents SET code = 'a' WHERE id = 2; UPDATE parents SET code = 'b' WHERE id = 1",
  );
  await home.restore('parents', id);
  assert.deepEqual(await both(home), before);
});

test('only rows that differ are touched where keys act', async (t) => {
  const home = await postgresHome(
    t,
    `CREATE TABLE parents (id integer PRIMARY KEY, n integer);
     CREATE TABLE children (id integer PRIMARY KEY, parent integer REFERENCES parents ON DELETE RESTRICT);
     INSERT INTO parents SELECT i, i FROM generate_series(1, 100) i; INSERT INTO children VALUES (1, 1);`,
  );
  const { id } = await home.backUp('parents');
  await home.run('UPDATE parents SET n = 0 WHERE id IN (1, 50); DELETE FROM parents WHERE id = 99');
  const versions = 'SELECT id, xmin::text FROM parents WHERE id NOT IN (1, 50, 99) ORDER BY id';
  const before = await home.rows(versions);
  await home.restore('parents', id);
  assert.deepEqual(await home.rows(versions), before);
  assert.equal((await contentOf(home, 'parents')).length, 100);
});

const TRIGGERS = `CREATE TABLE t (id integer PRIMARY KEY, n integer); CREATE TABLE audit (what text);
  CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES (TG_NAME); RETURN NULL; END $$;
  CREATE TRIGGER rows AFTER INSERT OR UPDATE OR DELETE ON t FOR EACH ROW EXECUTE FUNCTION note();
  CREATE TRIGGER statements AFTER INSERT OR DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION note();
  CREATE TRIGGER everywhere BEFORE DELETE ON t FOR EACH ROW EXECUTE FUNCTION note(); ALTER TABLE t ENABLE ALWAYS TRIGGER everywhere;
  CREATE TRIGGER off AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION note(); ALTER TABLE t DISABLE TRIGGER off;
  ALTER TABLE t DISABLE TRIGGER USER; INSERT INTO t VALUES (1, 1), (2, 2);
  ALTER TABLE t ENABLE TRIGGER rows; ALTER TABLE t ENABLE TRIGGER statements; ALTER TABLE t ENABLE ALWAYS TRIGGER everywhere;`;

const STATES = `SELECT tgname, tgenabled FROM pg_trigger WHERE tgrelid = 't'::regclass ORDER BY 1`;

test('triggers of the table stay silent and are afterwards as they were', async (t) => {
  const home = await postgresHome(t, TRIGGERS);
  const before = [await contentOf(home, 't'), await home.rows(STATES)];
  const { id } = await home.backUp('t');
  await home.run('ALTER TABLE t DISABLE TRIGGER rows; UPDATE t SET n = 5; ALTER TABLE t ENABLE TRIGGER rows');
  await home.restore('t', id);
  assert.deepEqual([await contentOf(home, 't'), await home.rows(STATES)], before);
  assert.deepEqual(await contentOf(home, 'audit'), []);
  await home.run('INSERT INTO t VALUES (3, 3)');
  assert.equal((await contentOf(home, 'audit')).length, 2);
});

test('a role that may not silence triggers is refused, with the trigger and the way out', async (t) => {
  const home = await asDml(t, TRIGGERS);
  const { id } = await home.backUp('t');
  const says = ['the trigger everywhere', 'Nothing was changed.'];
  await assert.rejects(home.restore('t', id), coded('database-privilege', ...says));
  assert.deepEqual(await contentOf(home, 'audit'), []);
});

const SEQUENCES = `CREATE TABLE serials (id serial PRIMARY KEY, a text); INSERT INTO serials (a) VALUES ('a'), ('b'), ('c'), ('d');
  DELETE FROM serials WHERE id = 4;
  CREATE TABLE identities (id integer GENERATED ALWAYS AS IDENTITY (START WITH 10 INCREMENT BY 5) PRIMARY KEY, a text);
  INSERT INTO identities (a) VALUES ('a'), ('b');
  CREATE SEQUENCE down INCREMENT BY -1; CREATE TABLE downs (id integer DEFAULT nextval('down') PRIMARY KEY, a text); INSERT INTO downs (a) VALUES ('a'), ('b');`;

test('an insert with a default id after the restore works and reuses none', async (t) => {
  const home = await postgresHome(t, SEQUENCES);
  const next = async (table: string): Promise<unknown> =>
    (await home.rows(`INSERT INTO ${table} (a) VALUES ('new') RETURNING id`))[0]?.[0];
  for (const [table, behind, ahead] of [
    ['serials', 5, 101],
    ['identities', 20, 105],
    ['downs', -3, -101],
  ] as const) {
    const { id } = await home.backUp(table);
    const sequence = `pg_get_serial_sequence('${table}', 'id')`;
    const restart = (value: number): Promise<unknown> =>
      home.rows(`SELECT setval(coalesce(${sequence}, 'down'), ${value})`);
    await restart(table === 'downs' ? -1 : 1);
    await home.restore(table, id);
    assert.equal(await next(table), behind, `${table} is raised`);
    await restart(table === 'downs' ? -100 : 100);
    await home.restore(table, id);
    assert.equal(await next(table), ahead, `${table} is never set back`);
  }
});

test('a sequence that the role may not set, and that would give out what is there: refused with the GRANT', async (t) => {
  const home = await asDml(t, SEQUENCES);
  const { username } = new URL(home.url);
  const { id } = await home.backUp('serials');
  await home.run("SELECT setval('serials_id_seq', 1)");
  const refusal = (says: string) =>
    coded('database-privilege', 'serials_id_seq', says, 'Nothing was changed.');
  await assert.rejects(home.restore('serials', id), refusal('may not read it'));
  await home.run(`GRANT SELECT ON SEQUENCE serials_id_seq TO ${username}`);
  await assert.rejects(home.restore('serials', id), refusal('may not set it'));
  await home.run(`REVOKE SELECT ON SEQUENCE serials_id_seq FROM ${username};
    GRANT USAGE ON SEQUENCE serials_id_seq TO ${username}; SELECT setval('serials_id_seq', 3)`);
  await home.restore('serials', id);
});

/** What pg_dump says of the schema, which holds nothing but this table and what it needs. */
function schemaOf(home: ServerHome): string {
  const url = new URL(home.url);
  const schema = /search_path=([^,]+)/.exec(url.searchParams.get('options') ?? '')?.[1] ?? '';
  url.searchParams.delete('options');
  const args = ['--schema-only', '--no-owner', '--no-privileges', `--schema=${schema}`, url.href];
  const dump = execFileSync(programOf('pg_dump'), args, { encoding: 'utf8' });
  return dump.replace(/^\\(?:un)?restrict .*$/gm, '');
}

const EVERYTHING = `CREATE TABLE parents (id integer PRIMARY KEY); INSERT INTO parents VALUES (1), (2);
  CREATE FUNCTION quiet() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
  CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE SEQUENCE shared START WITH 7;
  CREATE TABLE t (
    id bigint GENERATED BY DEFAULT AS IDENTITY (INCREMENT BY 3 START WITH 100) CONSTRAINT "the key" PRIMARY KEY,
    serial smallserial, other integer DEFAULT nextval('shared'), name varchar(20) COLLATE "C" DEFAULT 'x' NOT NULL, moods mood[],
    total integer GENERATED ALWAYS AS (serial * 2) STORED, at timestamptz(3) DEFAULT now(), span int4range,
    parent integer CONSTRAINT to_parent REFERENCES parents ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,
    boss bigint REFERENCES t ON UPDATE CASCADE,
    CONSTRAINT positive CHECK (serial > 0), CONSTRAINT "two of them" UNIQUE (name, parent) DEFERRABLE,
    CONSTRAINT apart EXCLUDE USING gist (span WITH &&)) WITH (fillfactor = 70);
  ALTER TABLE t ADD CONSTRAINT later CHECK (name <> 'no') NOT VALID;
  CREATE INDEX by_name ON t (lower(name) DESC NULLS LAST) INCLUDE (parent) WHERE parent IS NOT NULL;
  CREATE UNIQUE INDEX only_once ON t (at, id);
  CREATE TRIGGER watch BEFORE INSERT ON t FOR EACH ROW WHEN (NEW.name = 'a') EXECUTE FUNCTION quiet();
  CREATE TRIGGER asleep AFTER DELETE ON t FOR EACH STATEMENT EXECUTE FUNCTION quiet(); ALTER TABLE t DISABLE TRIGGER asleep;
  ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY mine ON t FOR SELECT USING (name = current_user);
  INSERT INTO t (name, parent, moods, span, boss) VALUES ('a', 1, '{sad}', '[1,5)', 100), ('b', NULL, NULL, '[5,6)', 100)`;

test('a missing table is made as it was: pg_dump tells no difference', async (t) => {
  const home = await postgresHome(t, EVERYTHING);
  const before = [schemaOf(home), await contentOf(home, 't')];
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t');
  const result = await home.restore('t', id);
  assert.deepEqual([result.replaced, result.safetyBackup], [0, null]);
  assert.deepEqual([schemaOf(home), await contentOf(home, 't')], before);
  const [row] = await home.rows("INSERT INTO t (name) VALUES ('c') RETURNING id, serial, other");
  assert.deepEqual(row?.map(String), ['106', '3', '9']);
});

test('a missing table whose parents are gone: refused, and not made', async (t) => {
  const plain = 'CREATE TABLE u (parent integer REFERENCES parents); INSERT INTO u VALUES (1), (2)';
  const home = await postgresHome(t, `${EVERYTHING}; ${plain}`);
  const made = [await home.backUp('t'), await home.backUp('u')];
  await home.run('DROP TABLE t, u; DELETE FROM parents WHERE id = 1');
  for (const { id, table } of made) {
    const says = [`1 row of ${table} would be`, 'parent = 1', 'Nothing was changed.'];
    await assert.rejects(home.restore(table, id), coded('restore-orphans', ...says));
    assert.deepEqual(await home.rows(`SELECT to_regclass('${table}')`), [[null]]);
  }
});

test('rows whose parents are gone, by a role that may make no temporary table: an example, and no count', async (t) => {
  const home = await asDml(
    t,
    `CREATE TABLE parents (id integer PRIMARY KEY); INSERT INTO parents VALUES (1), (2);
     CREATE TABLE kids (id integer PRIMARY KEY, parent integer REFERENCES parents DEFERRABLE INITIALLY DEFERRED);
     INSERT INTO kids VALUES (1, 1), (2, 2), (3, 2)`,
  );
  const { id } = await home.backUp('kids');
  await home.run('DELETE FROM kids; DELETE FROM parents WHERE id = 2');
  const restored = () => home.restore('kids', id);
  const refused = (count: number | null) => (error: RowferryError) => {
    coded('restore-orphans', 'rows of kids would be', 'parent = 2', 'Nothing was changed.')(error);
    assert.equal(error.extra?.count, count);
    return true;
  };
  await assert.rejects(restored, refused(2));
  const [[database] = []] = await home.rows('SELECT quote_ident(current_database())');
  await home.run(`REVOKE TEMPORARY ON DATABASE ${database} FROM PUBLIC`);
  t.after(() => home.run(`GRANT TEMPORARY ON DATABASE ${database} TO PUBLIC`));
  await assert.rejects(restored, refused(null));
  await home.run('INSERT INTO parents VALUES (2)');
  await restored();
  assert.equal((await contentOf(home, 'kids')).length, 3);
});

test('what the server refuses while rows are still on their way is named like what it refuses at their end', async (t) => {
  const home = await postgresHome(
    t,
    "CREATE TABLE t (id integer PRIMARY KEY, a text); INSERT INTO t SELECT i, repeat('x', 500) FROM generate_series(1, 20000) i",
  );
  const { id } = await home.backUp('t');
  await home.run('DELETE FROM t WHERE id = 1; ALTER TABLE t ADD CONSTRAINT not_first CHECK (id <> 1)');
  await assert.rejects(
    home.restore('t', id),
    coded('restore-schema-drift', 'not_first', 'Nothing was changed.'),
  );
  assert.equal((await home.rows('SELECT count(*)::integer FROM t'))[0]?.[0], 19_999);
});

test('a partitioned table comes back, also when it was dropped', async (t) => {
  const home = await postgresHome(
    t,
    `CREATE TABLE t (id integer, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
     CREATE TABLE old PARTITION OF t FOR VALUES FROM (MINVALUE) TO ('2021-01-01') PARTITION BY LIST (id);
     CREATE TABLE old_1 PARTITION OF old FOR VALUES IN (1); CREATE TABLE old_rest PARTITION OF old DEFAULT;
     CREATE TABLE new PARTITION OF t FOR VALUES FROM ('2021-01-01') TO (MAXVALUE); CREATE INDEX by_day ON t (day);
     CREATE TABLE kids (id integer, day date, FOREIGN KEY (id, day) REFERENCES t ON DELETE CASCADE);
     INSERT INTO t VALUES (1, '2020-01-01'), (2, '2020-01-01'), (1, '2022-01-01'); INSERT INTO kids VALUES (1, '2020-01-01')`,
  );
  const content = async (): Promise<unknown> => [
    await home.rows('SELECT tableoid::regclass::text, id, day::text FROM t ORDER BY 1, 2, 3'),
    await home.rows('SELECT id, day::text FROM kids'),
  ];
  const before = [await content(), schemaOf(home)];
  const { id } = await home.backUp('t');
  await home.run("DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (9, '2019-01-01')");
  await home.restore('t', id);
  assert.deepEqual([await content(), schemaOf(home)], before);
  await home.run('DROP TABLE t CASCADE');
  await home.restore('t', id);
  await home.run('ALTER TABLE kids ADD FOREIGN KEY (id, day) REFERENCES t ON DELETE CASCADE');
  assert.deepEqual([await content(), schemaOf(home)], before);
});

test('rows of tables that inherit are their own', async (t) => {
  const home = await postgresHome(
    t,
    'CREATE TABLE t (id integer); CREATE TABLE heir () INHERITS (t); INSERT INTO t VALUES (1); INSERT INTO heir VALUES (2)',
  );
  const { id, rows } = await home.backUp('t');
  assert.equal(rows, 1);
  await home.run('UPDATE ONLY t SET id = 5');
  await home.restore('t', id);
  assert.deepEqual(await home.rows('SELECT tableoid::regclass::text, id FROM t ORDER BY 2'), [
    ['t', 1],
    ['heir', 2],
  ]);
});

const DRIFTS: ReadonlyArray<readonly [string, string]> = [
  ['ALTER TABLE t ADD COLUMN salary integer', 'column salary was added'],
  ['ALTER TABLE t DROP COLUMN name', 'column name is gone'],
  ['ALTER TABLE t ALTER name TYPE text', 'column name was character varying(20), is text'],
  ["ALTER TABLE t ADD CHECK (name <> 'Bob') NOT VALID", 'violates check constraint'],
  ['ALTER TABLE t ADD UNIQUE (n)', 'duplicate key value'],
  ['ALTER TABLE t ALTER n SET NOT NULL', 'null value in column'],
  ['DROP TABLE t; CREATE VIEW t AS SELECT 1 AS id', 't is no table'],
];

for (const [change, says] of DRIFTS) {
  test(`drift is named: ${says}`, async (t) => {
    const home = await postgresHome(
      t,
      "CREATE TABLE t (id integer PRIMARY KEY, name varchar(20), n integer); INSERT INTO t VALUES (1, 'Ann', 1), (2, 'Bob', 1), (3, 'Eve', NULL)",
    );
    const { id } = await home.backUp('t');
    await home.run(`DELETE FROM t WHERE id > 1; ${change}`);
    const before = await contentOf(home, 't');
    await assert.rejects(home.restore('t', id), coded('restore-schema-drift', says, 'Nothing was changed.'));
    assert.deepEqual(await contentOf(home, 't'), before);
  });
}

test('a lock that others hold: who it is, and nothing changed', async (t) => {
  const home = await postgresHome(t, 'CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)');
  const holder = new Client({ connectionString: home.url, application_name: 'the payroll' });
  await holder.connect();
  t.after(() => holder.end());
  await holder.query('BEGIN; INSERT INTO t VALUES (2)');
  await assert.rejects(
    postgresEngine.openReplacement(home.url, 't', 200),
    coded('lock-timeout', 'the payroll', 'INSERT INTO t VALUES (2)'),
  );
  await holder.query('ROLLBACK; BEGIN; LOCK TABLE t IN ACCESS EXCLUSIVE MODE');
  await assert.rejects(postgresEngine.openSnapshot(home.url, 200), coded('lock-timeout', 'the payroll'));
  await holder.query('ROLLBACK');
  const replacement = await postgresEngine.openReplacement(home.url, 't', 200);
  await replacement.close();
});

test('rights that lack are named with their GRANT', async (t) => {
  const home = await postgresHome(
    t,
    'CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1)',
    'SELECT, INSERT',
  );
  const { username } = new URL(home.url);
  const { id } = await home.backUp('t');
  await assert.rejects(
    home.restore('t', id),
    coded('database-privilege', `${username} lacks UPDATE, DELETE`),
  );
  await home.run(`REVOKE SELECT ON t FROM ${username}`);
  await assert.rejects(home.backUp('t'), coded('database-privilege', `${username} may not read`));
  await home.run(`GRANT SELECT ON t TO ${username}; DROP TABLE t`);
  await assert.rejects(home.restore('t', id), coded('database-privilege', 'permission denied for schema'));
});

test('row security that hides rows: neither backed up nor restored', async (t) => {
  const home = await asDml(t, 'CREATE TABLE t (id integer PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
  const { id } = await home.backUp('t');
  await home.run('ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY first_only ON t USING (id = 1)');
  await assert.rejects(home.backUp('t'), coded('database-row-security', 'row security hides rows'));
  await assert.rejects(home.restore('t', id), coded('database-row-security', 'Nothing was changed.'));
});
