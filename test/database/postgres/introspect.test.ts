import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Table } from '../../../src/model/table.ts';
import { connectionTo, databaseOf, run } from './fixture.ts';

const tablesOf = async (url: string): Promise<readonly Table[]> => (await connectionTo(url)).introspect();

async function only(sql: string, name = 't'): Promise<Table> {
  const table = (await tablesOf(await databaseOf(sql))).find((each) => each.name === name);
  assert.ok(table, `there is no table ${name}`);
  return table;
}

test('columns: type, NOT NULL, default, identity, generated', async () => {
  const { columns, primaryKey, schema } = await only(`CREATE TABLE t (
    id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, s serial, name varchar(20) NOT NULL DEFAULT 'x',
    price numeric(10,2), at timestamp(3) with time zone, twice int GENERATED ALWAYS AS (s * 2) STORED, gone int);
    ALTER TABLE t DROP COLUMN gone`);
  assert.match(schema ?? '', /^s\d+$/);
  assert.deepEqual(primaryKey, ['id']);
  const seen = columns.map(({ name, sqlType, baseType, nullable, identity, generated }) =>
    [name, sqlType, baseType, nullable, identity, generated].join(' '),
  );
  assert.deepEqual(seen, [
    'id integer int4 false true false',
    's integer int4 false false false',
    'name character varying(20) varchar false false false',
    'price numeric(10,2) numeric true false false',
    'at timestamp(3) with time zone timestamptz true false false',
    'twice integer int4 true false true',
  ]);
  assert.deepEqual(
    columns.map((column) => column.default),
    [null, "nextval('t_s_seq'::regclass)", "'x'::character varying", null, null, '(s * 2)'],
  );
  assert.equal(columns[2]?.maxLength, 20);
  assert.deepEqual([columns[3]?.precision, columns[3]?.scale], [10, 2]);
  assert.deepEqual([columns[4]?.withZone, columns[4]?.fractionDigits], [true, 3]);
});

test('domains bring their type, its length, NOT NULL and default with them; enums their labels', async () => {
  const { columns } = await only(`CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN code AS varchar(5) NOT NULL DEFAULT 'x'; CREATE DOMAIN short AS code CHECK (VALUE <> '');
    CREATE DOMAIN feeling AS mood; CREATE TABLE t (c short, m mood, f feeling)`);
  const seen = columns.map(({ baseType, kind, maxLength, nullable, default: fallback, enum: labels }) => [
    baseType?.replace(/^"s\d+"/, ''),
    kind,
    maxLength,
    nullable,
    fallback,
    labels,
  ]);
  assert.deepEqual(seen, [
    ['varchar', 'text', 5, false, "'x'::character varying", undefined],
    ['."mood"', 'text', undefined, true, null, ['sad', 'ok']],
    ['."mood"', 'text', undefined, true, null, ['sad', 'ok']],
  ]);
});

test('arrays are named by their elements', async () => {
  const { columns } = await only(`CREATE TYPE mood AS ENUM ('sad'); CREATE DOMAIN list AS int[] NOT NULL;
    CREATE TABLE t (a int[], b numeric(5,2)[][], c mood[], d list)`);
  assert.deepEqual(
    columns.map(({ sqlType, baseType, kind, nullable }) =>
      [sqlType, baseType, kind, nullable].join(' ').replaceAll(/"?s\d+"?\./g, ''),
    ),
    [
      'integer[] _int4 text true',
      'numeric(5,2)[] _numeric text true',
      'mood[] "_mood" text true',
      'list _int4 text false',
    ],
  );
});

test('unique keys: the primary key first; what cannot be told as the database tells it is none', async () => {
  const { uniqueKeys } = await only(`
    CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE t (a int, b text, c text, d int UNIQUE DEFERRABLE, e int, PRIMARY KEY (b, a) INCLUDE (e));
    CREATE UNIQUE INDEX t_c ON t (c, a);
    CREATE UNIQUE INDEX t_partial ON t (c) WHERE a > 0;
    CREATE UNIQUE INDEX t_lower ON t (lower(c));
    CREATE UNIQUE INDEX t_nulls ON t (e) NULLS NOT DISTINCT;
    CREATE UNIQUE INDEX t_nocase ON t (c COLLATE nocase);
    CREATE INDEX t_plain ON t (c)`);
  assert.deepEqual(uniqueKeys, [
    { name: 't_pkey', columns: ['b', 'a'], primary: true },
    { name: 't_c', columns: ['c', 'a'], primary: false },
    { name: 't_d_key', columns: ['d'], primary: false, deferrable: true },
  ]);
});

test('foreign keys: composite, actions, MATCH FULL, a parent elsewhere', async () => {
  const { foreignKeys } =
    await only(`CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.far (id int PRIMARY KEY);
    CREATE TABLE p (x int, y int, PRIMARY KEY (y, x));
    CREATE TABLE t (a int, b int, c int REFERENCES elsewhere.far ON DELETE CASCADE ON UPDATE SET NULL,
      CONSTRAINT full_key FOREIGN KEY (a, b) REFERENCES p (y, x) MATCH FULL)`);
  assert.deepEqual(foreignKeys, [
    {
      name: 'full_key',
      columns: ['a', 'b'],
      parentTable: 'p',
      parentColumns: ['y', 'x'],
      onDelete: 'NO ACTION',
      onUpdate: 'NO ACTION',
      matchFull: true,
    },
    {
      name: 't_c_fkey',
      columns: ['c'],
      parentSchema: 'elsewhere',
      parentTable: 'far',
      parentColumns: ['id'],
      onDelete: 'CASCADE',
      onUpdate: 'SET NULL',
    },
  ]);
});

const NOTHING = `CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';`;

test('CHECKs, and the triggers that an INSERT fires', async () => {
  const { checks, triggers } = await only(`${NOTHING} CREATE TABLE t (a int CHECK (a > 0), b text);
    CREATE TRIGGER on_insert AFTER INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing();
    CREATE TRIGGER on_update BEFORE UPDATE ON t FOR EACH ROW EXECUTE FUNCTION nothing();
    CREATE TRIGGER off BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing();
    ALTER TABLE t DISABLE TRIGGER off`);
  assert.deepEqual(checks, ['CHECK ((a > 0))']);
  assert.deepEqual(triggers, ['on_insert']);
});

test('a partitioned table stands for its partitions, and has their triggers and foreign keys', async () => {
  const url = await databaseOf(`${NOTHING} CREATE TABLE p (id int PRIMARY KEY);
    CREATE TABLE t (a int, b int) PARTITION BY LIST (a);
    CREATE TABLE t1 PARTITION OF t FOR VALUES IN (1) PARTITION BY LIST (b);
    CREATE TABLE t11 PARTITION OF t1 FOR VALUES IN (1);
    CREATE TRIGGER deep BEFORE INSERT ON t11 FOR EACH ROW EXECUTE FUNCTION nothing();
    ALTER TABLE t11 ADD CONSTRAINT deep_key FOREIGN KEY (b) REFERENCES p`);
  const tables = await tablesOf(url);
  assert.deepEqual(
    tables.map(({ name }) => name),
    ['p', 't'],
  );
  assert.deepEqual(tables[1]?.triggers, ['deep', 'deep_key']);
});

test('views, temporary tables, tables with a rule on INSERT and rowferry’s own are left out', async () => {
  const url =
    await databaseOf(`CREATE SCHEMA IF NOT EXISTS rowferry; CREATE TABLE rowferry.staging_x (id int);
    CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t; CREATE MATERIALIZED VIEW m AS SELECT * FROM t;
    CREATE TABLE ruled (a int); CREATE RULE r AS ON INSERT TO ruled DO INSTEAD NOTHING;
    CREATE SCHEMA unseen; CREATE TABLE unseen.u (a int)`);
  const own = new URL(url);
  own.searchParams.set('options', `${own.searchParams.get('options')},rowferry`);
  assert.deepEqual(
    (await tablesOf(own.href)).map(({ name }) => name),
    ['t'],
  );
});

test('a table that hides another of its name is the one that is meant', async () => {
  const url =
    await databaseOf(`CREATE TABLE t (own int); CREATE SCHEMA later; CREATE TABLE later.t (other int);
    CREATE TABLE later.only_there (x int)`);
  const both = new URL(url);
  both.searchParams.set('options', `${both.searchParams.get('options')},later`);
  const tables = await tablesOf(both.href);
  assert.deepEqual(
    tables.map(({ name, columns }) => [name, columns[0]?.name]),
    [
      ['only_there', 'x'],
      ['t', 'own'],
    ],
  );
});

test('names with quotes, spaces and brackets', async () => {
  const name = `odd "name" it's [x]`;
  const quoted = `"${name.replaceAll('"', '""')}"`;
  const table = await only(
    `CREATE TYPE "odd ""type""" AS ENUM ('a'); CREATE TABLE ${quoted} (${quoted} int PRIMARY KEY, "select" text UNIQUE,
      "a b" int REFERENCES ${quoted}, e "odd ""type""")`,
    name,
  );
  assert.deepEqual(
    table.columns.map((column) => column.name),
    [name, 'select', 'a b', 'e'],
  );
  assert.deepEqual(table.foreignKeys[0]?.parentColumns, [name]);
  assert.ok(table.columns[3]?.baseType?.endsWith('."odd ""type"""'));
});

test('the version of the schema changes with every change of it, and with nothing else', async () => {
  const url = await databaseOf(`${NOTHING} CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE t (a int, m mood)`);
  const connection = await connectionTo(url);
  const versions = [await connection.schemaVersion()];
  await run(url, 'ANALYZE t');
  await run(url, 'VACUUM t');
  await run(url, 'CREATE SCHEMA IF NOT EXISTS rowferry');
  await run(url, 'CREATE TABLE rowferry.staging_of_test (a int)');
  await run(url, 'DROP TABLE rowferry.staging_of_test');
  assert.equal(await connection.schemaVersion(), versions[0]);
  const changes = [
    'ALTER TABLE t ADD b int',
    'ALTER TABLE t ALTER b SET NOT NULL',
    'ALTER TABLE t ALTER b SET DEFAULT 1',
    'ALTER TABLE t ALTER b SET DEFAULT 2',
    'ALTER TABLE t ADD CHECK (b > 0)',
    'CREATE UNIQUE INDEX i ON t (b)',
    'CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION nothing()',
    'ALTER TABLE t DISABLE TRIGGER g',
    "ALTER TYPE mood ADD VALUE 'ok'",
    'ALTER TABLE t RENAME b TO c',
    'DROP INDEX i',
    'CREATE TABLE other (a int)',
    'DROP TABLE other',
  ];
  for (const change of changes) {
    await run(url, change);
    versions.push(await connection.schemaVersion());
    assert.notEqual(versions.at(-1), versions.at(-2), change);
  }
});
