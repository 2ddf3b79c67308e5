import assert from 'node:assert/strict';
import { test } from 'node:test';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import type { StoredColumn } from '../../../src/model/stored-table.ts';
import { asDml, contentOf, postgresHome } from './fixture.ts';

/** Column, type and values: the edges of each type, and NULL. */
const TYPES: ReadonlyArray<readonly [string, string, ...string[]]> = [
  ['flag', 'boolean', 'true', 'false'],
  ['small', 'smallint', '-32768', '32767', '0'],
  ['i', 'integer', '-2147483648', '2147483647', '-1'],
  ['big', 'bigint', '-9223372036854775808', '9223372036854775807', '-1', '4294967296', '2147483648'],
  ['o', 'oid', '0', '4294967295', '2147483648'],
  ['f', 'real', "'NaN'", "'-Infinity'", '1.1', '-3.4028235e38', '1e-45', "'-0'"],
  ['d', 'double precision', "'NaN'", "'Infinity'", '1.7976931348623157e308', '5e-324', "'-0'", '0.1'],
  ['dec', 'numeric(10,2)', '-99999999.99', '99999999.99', '-0.01', '0', '100', '0.10'],
  ['dec0', 'numeric(4)', '9999', '-9999', '1000', '10'],
  ['dec15', 'numeric(15,15)', '0.999999999999999', '-0.000000000000001', '0.5'],
  ['dec16', 'numeric(16,3)', '9999999999999.999', '-9999999999999.999', '0.001'],
  ['dec38', 'numeric(38,10)', '-9999999999999999999999999999.9999999999', '0.0000000001', '10000'],
  ['dec39', 'numeric(39,0)', "repeat('9', 39)::numeric"],
  ['any_number', 'numeric', '1.50', '1.5', "'NaN'", "'-Infinity'", "'1e1000'", '-0.000000000000000000001'],
  ['txt', 'text', "''", "'Zoë 😀'", "E'a\\tb\\nc\\rd\\\\e\\'f'", "'\\N'", "repeat('é', 40000)", "E'\\uFEFF'"],
  ['vc', 'varchar(10)', "'0123456789'", "' x '"],
  ['ch', 'char(5)', "'ab'", "''", "' é  '"],
  ['nm', 'name', "'a name'"],
  ['one', '"char"', "'x'"],
  ['bin', 'bytea', "''", "'\\x00ff'", "decode(repeat('00ff', 70000), 'hex')"],
  ['day', 'date', "'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'2000-02-29'"],
  ['tod', 'time', "'00:00'", "'23:59:59.999999'"],
  ['todz', 'timetz', "'12:00:00.5+05:30'", "'24:00:00-12'"],
  ['ts', 'timestamp', "'0001-01-01'", "'9999-12-31 23:59:59.999999'", "'1969-12-31 23:59:59.999999'"],
  [
    'tz',
    'timestamptz',
    "'0001-01-01 00:00:00+00'",
    "'9999-12-31 23:59:59.999999+00'",
    "'2021-11-07 02:48:42+05'",
  ],
  ['tz3', 'timestamptz(3)', "'2021-11-07 02:48:42.1236+00'"],
  [
    'iv',
    'interval',
    "'1 year -3 days 04:05:06.789012'",
    "'-178000000 years'",
    "'0'",
    "'-1 mon +2 days -0.000001'",
  ],
  ['id128', 'uuid', "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'00000000-0000-0000-0000-000000000000'"],
  ['js', 'json', `'{"b": 1, "a" : [null, "\\u00e9"]}'`, "'1'"],
  ['jsb', 'jsonb', `'{"b": 1, "a" : [null, 1.50]}'`, "'null'"],
  ['x', 'xml', "'<a>é</a>'"],
  ['mood', 'mood', "'sad'", "'so so'"],
  ['pos', 'posint', '1', '2147483647'],
  ['code', 'code', "'AB'"],
  ['arr', 'integer[]', "'{}'", "'{1,NULL,3}'", "'[0:1]={7,8}'", "'{{1,2},{3,4}}'"],
  ['txts', 'text[]', `'{"a,b","\\"q\\"",NULL,"NULL",""}'`],
  ['times', 'timestamptz[]', "'{infinity,2021-01-01 00:00:00.000001+00}'"],
  ['pair', 'pair', '\'(1,"a ""b""")\'', "'(,)'"],
  ['ip', 'inet', "'10.0.0.1/8'", "'::1'"],
  ['net', 'cidr', "'10.0.0.0/8'"],
  ['mac', 'macaddr', "'08:00:2b:01:02:03'"],
  ['bits', 'bit(3)', "'101'"],
  ['vbits', 'varbit', "''", "'0110'"],
  ['rng', 'int4range', "'[1,5)'", "'empty'", "'(,)'"],
  ['rngs', 'tstzmultirange', "'{[2021-01-01 00:00+00,infinity)}'"],
  ['cash', 'money', '-92233720368547758.08::numeric', "'$0.01'"],
  ['pt', 'point', "'(1.1,-2)'"],
  ['poly', 'polygon', "'((0,0),(1,1),(2,0))'"],
  ['words', 'tsvector', "'a:1 b:2'"],
  ['lsn', 'pg_lsn', "'16/B374D848'"],
  ['odd "name"', 'integer', '7'],
  ['bp', 'bpchar', "'x  '"],
  ['mac8', 'macaddr8', "'08:00:2b:01:02:03:04:05'"],
  ['shape_box', 'box', "'(1,2),(0,-1.5)'"],
  ['shape_circle', 'circle', "'<(1,2),3.25>'"],
  ['shape_line', 'line', "'{1,-2,3}'"],
  ['shape_lseg', 'lseg', "'[(0,0),(1,1)]'"],
  ['shape_path', 'path', "'((0,0),(1,1))'", "'[(0,0),(1,1)]'"],
  ['jpath', 'jsonpath', '\'$."a"[*]?(@ > 1)\''],
  ['tq', 'tsquery', "'a & !b'"],
  ['r8', 'int8range', "'[-9223372036854775808,9223372036854775807)'"],
  ['rn', 'numrange', "'[1.50,2)'"],
  ['rd', 'daterange', "'[2021-01-01,infinity)'"],
  ['rt', 'tsrange', "'(-infinity,2021-01-01 00:00:00.000001]'"],
  ['rtz', 'tstzrange', "'[2021-01-01 00:00+02,)'"],
  ['m4', 'int4multirange', "'{[1,5),[7,8)}'"],
  ['m8', 'int8multirange', "'{}'"],
  ['mn', 'nummultirange', "'{[1.50,2)}'"],
  ['md', 'datemultirange', "'{[2021-01-01,2021-02-01)}'"],
  ['mt', 'tsmultirange', "'{(,2021-01-01)}'"],
  ['tup', 'tid', "'(4294967295,1)'"],
  ['tx', 'xid', "'4294967295'"],
  ['tx8', 'xid8', "'18446744073709551615'"],
  ['cmd', 'cid', "'1'"],
  ['snap', 'pg_snapshot', "'10:20:10,14'"],
  ['old_snap', 'txid_snapshot', "'10:20:10,14'"],
  ['cursor', 'refcursor', "'c1'"],
  ['reg_class', 'regclass', "'pg_class'", '0', '4294967295'],
  ['reg_type', 'regtype', "'integer'", '0', '4294967295'],
  ['reg_proc', 'regproc', "'now'"],
  ['reg_procedure', 'regprocedure', "'lower(text)'"],
  ['reg_oper', 'regoper', "'|/'"],
  ['reg_operator', 'regoperator', "'+(integer,integer)'"],
  ['reg_role', 'regrole', "'pg_monitor'", '0'],
  ['reg_namespace', 'regnamespace', "'pg_catalog'"],
  ['reg_config', 'regconfig', "'english'"],
  ['reg_dictionary', 'regdictionary', "'simple'"],
  ['reg_collation', 'regcollation', `'"C"'`],
];

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const ALL_TYPES = `CREATE TYPE mood AS ENUM ('sad', 'so so'); CREATE DOMAIN posint AS integer CHECK (VALUE > 0);
  CREATE DOMAIN code AS char(2) COLLATE "C"; CREATE TYPE pair AS (n integer, s text);
  CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ${TYPES.map(([name, type]) => `${quoted(name)} ${type}`).join(', ')},
    twice bigint GENERATED ALWAYS AS (small * 2) STORED);
  INSERT INTO t DEFAULT VALUES;
  ${TYPES.flatMap(([name, , ...values]) => values.map((value) => `INSERT INTO t (${quoted(name)}) VALUES (${value});`)).join('\n')}`;

/** Types of the catalog that no table of a user has, and aclitem, which has no binary form to compare here. */
const INTERNAL = [
  'aclitem',
  'gtsvector',
  'pg_brin_bloom_summary',
  'pg_brin_minmax_multi_summary',
  'pg_dependencies',
  'pg_mcv_list',
  'pg_ndistinct',
  'pg_node_tree',
];

for (const [who, open] of [
  ['its owner', postgresHome],
  ['a role that may change rows only', asDml],
] as const) {
  test(`every type with its edges comes back as it was, for ${who}`, async (t) => {
    const home = await open(t, ALL_TYPES);
    if (open === asDml) await home.run(`GRANT SELECT ON SEQUENCE t_id_seq TO ${new URL(home.url).username}`);
    const missing =
      await home.rows(`SELECT typname FROM pg_type WHERE typnamespace = 'pg_catalog'::regnamespace
    AND typtype IN ('b', 'r', 'm') AND typcategory <> 'A'
    AND oid NOT IN (SELECT atttypid FROM pg_attribute WHERE attrelid = 't'::regclass) ORDER BY 1`);
    assert.deepEqual(missing.flat(), INTERNAL, 'every type of the server is tried');
    const before = await contentOf(home, 't');
    assert.equal(before.length, 1 + TYPES.reduce((sum, [, , ...values]) => sum + values.length, 0));
    const { id, rows } = await home.backUp('t');
    assert.equal(rows, before.length);
    await home.run('DELETE FROM t WHERE id % 2 = 0; UPDATE t SET i = 5, txt = NULL');
    const result = await home.restore('t', id);
    assert.equal(result.rows, before.length);
    assert.deepEqual(await contentOf(home, 't'), before);
    const again = await home.backups.find((await home.backUp('t')).id);
    assert.equal(again.contentDigest, (await home.backups.find(id)).contentDigest);
  });
}

test('every type comes back into a table that was dropped', async (t) => {
  const home = await postgresHome(t, ALL_TYPES);
  const before = await contentOf(home, 't');
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t');
  assert.equal((await home.restore('t', id)).strategy, 'create table, copy, then indexes and keys');
  assert.deepEqual(await contentOf(home, 't'), before);
});

const PLAIN = new Set([
  'id',
  'flag',
  'small',
  'i',
  'dec',
  'dec38',
  'txt',
  'bin',
  'day',
  'ts',
  'id128',
  'jsb',
  'mood',
]);

test('columns whose binary form is known go straight into the table, for a role that may change rows only', async (t) => {
  const columns = TYPES.filter(([name]) => PLAIN.has(name));
  const home = await asDml(
    t,
    `CREATE TYPE mood AS ENUM ('sad', 'so so');
     CREATE TABLE t (id integer PRIMARY KEY, ${columns.map(([name, type]) => `${quoted(name)} ${type}`).join(', ')});
     ${columns.flatMap(([name, , ...values], c) => values.map((value, v) => `INSERT INTO t (id, ${quoted(name)}) VALUES (${c * 100 + v}, ${value});`)).join('\n')}`,
  );
  const before = await contentOf(home, 't');
  const { id } = await home.backUp('t');
  await home.run('DELETE FROM t WHERE id % 2 = 0; UPDATE t SET txt = NULL');
  assert.equal((await home.restore('t', id)).strategy, 'delete all, copy');
  assert.deepEqual(await contentOf(home, 't'), before);
});

const BEYOND = `CREATE TABLE t (id integer PRIMARY KEY, d date, e date, tod time, ts timestamp, tz timestamptz, late timestamptz, n numeric(5,2), fine date);
  INSERT INTO t VALUES (1, '4713-01-01 BC', 'infinity', '24:00', '-infinity', '0001-12-31 23:59:59 BC', '294276-12-31 23:59:59+00', 'NaN', '2021-01-01'),
    (2, '2021-01-01', NULL, '12:00', NULL, NULL, NULL, 1.5, NULL)`;

test('values that no logical type holds make the column text, with the reason, and come back', async (t) => {
  const home = await postgresHome(t, BEYOND);
  const before = await contentOf(home, 't');
  const { id } = await home.backUp('t');
  const snapshot = await postgresEngine.openSnapshot(home.url);
  t.after(() => snapshot.close());
  const { facts } = await snapshot.table('t', false);
  const dates = 'it holds dates before the year 1 or after the year 9999, or infinity';
  const times = 'it holds times before the year 1 or after the year 9999, or infinity';
  assert.deepEqual(facts.columns.map(inWords), [
    'id int',
    `d string: ${dates}`,
    `e string: ${dates}`,
    'tod string: it holds 24:00:00',
    `ts string: ${times}`,
    `tz string: ${times}`,
    `late string: ${times}`,
    'n string: it holds NaN',
    'fine date',
  ]);
  await home.run("UPDATE t SET d = '2020-01-01', n = 0, tod = NULL");
  await home.restore('t', id);
  assert.deepEqual(await contentOf(home, 't'), before);
});

const inWords = ({ name, form, reason }: StoredColumn): string =>
  `${name} ${form.kind}${reason === null ? '' : `: ${reason}`}`;
