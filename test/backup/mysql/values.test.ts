import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import type { StoredColumn } from '../../../src/model/stored-table.ts';
import { asDml, contentOf, mysqlHome } from './fixture.ts';

/** Column and values: the edges of each type, and NULL. */
const TYPES: ReadonlyArray<readonly [string, string, ...string[]]> = [
  ['tiny', 'TINYINT', '-128', '0', '127'],
  ['tinyu', 'TINYINT UNSIGNED', '0', '255'],
  ['bool', 'BOOLEAN', 'TRUE', 'FALSE', '2'],
  ['small', 'SMALLINT', '-32768', '32767'],
  ['medium', 'MEDIUMINT UNSIGNED', '0', '16777215'],
  ['i', 'INT', '-2147483648', '2147483647'],
  ['iu', 'INT UNSIGNED ZEROFILL', '0', '4294967295'],
  ['big', 'BIGINT', '-9223372036854775808', '9223372036854775807', '-1', '4294967296', '999999999999999'],
  ['bigu', 'BIGINT UNSIGNED', '0', '18446744073709551615', '9223372036854775808'],
  ['bit1', 'BIT', "b'0'", "b'1'"],
  ['bit64', 'BIT(64)', '0', '18446744073709551615', "b'1010'"],
  ['dec', 'DECIMAL(10,2)', '-99999999.99', '99999999.99', '-0.01', '0'],
  ['dec15', 'DECIMAL(15,0) UNSIGNED', '0', '999999999999999'],
  ['dec38', 'DECIMAL(38,10)', '-9999999999999999999999999999.9999999999', '0.0000000001'],
  ['dec65', 'DECIMAL(65,30)', "REPEAT('9', 35)", "'-0.000000000000000000000000000001'"],
  ['f', 'FLOAT', '1.1', '-3.4028234e38', '1.17549435e-38', '0.333333333', '16777217'],
  ['f2', 'FLOAT(7,2)', '12345.67', '-0.05'],
  ['d', 'DOUBLE', '1.7976931348623157e308', '-2.2250738585072014e-308', '0.1', '1e16', '9007199254740993'],
  ['d2', 'DOUBLE(12,3)', '0.1', '-123456789.123'],
  ['day', 'DATE', "'0001-01-01'", "'9999-12-31'", "'1969-12-31'", "'2000-02-29'"],
  ['t', 'TIME(6)', "'00:00:00'", "'23:59:59.999999'", "'12:34:56.5'"],
  [
    'dt',
    'DATETIME(6)',
    "'0001-01-01 00:00:00'",
    "'9999-12-31 23:59:59.999999'",
    "'1969-12-31 23:59:59.000001'",
  ],
  ['ts', 'TIMESTAMP(6) NULL', "'1970-01-01 00:00:01'", "'2038-01-19 03:14:07.999999'"],
  ['y', 'YEAR', '1901', '2155', '0'],
  ['c', 'CHAR(10)', "''", "'ab '", "' Zoë 😀'"],
  ['l1', 'VARCHAR(20) CHARACTER SET latin1', "'café €'", "_latin1 x'8dff'"],
  ['u16', 'VARCHAR(20) CHARACTER SET utf16', "'Zoë 😀'"],
  [
    'txt',
    'LONGTEXT',
    "'\\\\N'",
    "'a\\tb\\nc\\rd\\\\e\\'f\"g\\0h'",
    "REPEAT('é\\t', 40000)",
    "CONVERT(x'efbbbf41' USING utf8mb4)",
  ],
  ['bin', 'BINARY(3)', "x'00'", "x'ffff0a'"],
  ['vbin', 'VARBINARY(300)', "x''", "x'5c4e'", "x'090a0d5c0027'", "REPEAT(x'ff', 300)"],
  ['blb', 'LONGBLOB', "x''", "REPEAT(x'00ff', 70000)"],
  ['e', "ENUM('a', 'b''c', 'd\\\\e')", "'a'", '2', '3'],
  ['st', "SET('x', 'y', 'z')", "''", "'x,z'"],
  ['js', 'JSON', `'{"a": [1, "\\\\u00e9", null]}'`, "'1'"],
  ['p', 'POINT', 'POINT(1, -2.5)'],
  ['id128', 'UUID', "'123e4567-e89b-12d3-a456-426655440000'"],
  ['ip', 'INET6', "'::1'", "'ffff::ffff'"],
  ['odd `name"', 'INT', '7'],
];

const quoted = (name: string): string => `\`${name.replaceAll('`', '``')}\``;

const ALL_TYPES = `SET sql_mode = '';
  CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, ${TYPES.map(([name, type]) => `${quoted(name)} ${type}`).join(', ')},
    twice BIGINT AS (i * 2), loud VARCHAR(30) AS (concat(l1, '!')) STORED);
  INSERT INTO t () VALUES ();
  ${TYPES.flatMap(([name, , ...values]) => values.map((value) => `INSERT INTO t (${quoted(name)}) VALUES (${value});`)).join('\n')}`;

for (const [who, open] of [
  ['its owner', mysqlHome],
  ['a user who may change rows only', asDml],
] as const) {
  test(`every type with its edges comes back as it was, for ${who}`, async (t) => {
    const home = await open(t, ALL_TYPES);
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
  const home = await mysqlHome(t, ALL_TYPES);
  const before = await contentOf(home, 't');
  const [made] = await home.rows('SHOW CREATE TABLE t');
  const { id } = await home.backUp('t');
  await home.run('DROP TABLE t');
  await home.restore('t', id);
  assert.deepEqual(await contentOf(home, 't'), before);
  assert.deepEqual((await home.rows('SHOW CREATE TABLE t'))[0], made);
});

test('a backup is tried in a scratch table beside the one that is there, of which nothing is left', async (t) => {
  const home = await mysqlHome(
    t,
    `${ALL_TYPES} CREATE TABLE log (a INT);
    CREATE TRIGGER told AFTER INSERT ON t FOR EACH ROW INSERT INTO log VALUES (1)`,
  );
  const { id } = await home.backUp('t');
  await home.run('DELETE FROM t');
  const tried = await home.backups.verify(id, null, 3);
  assert.equal(tried.state, 'verified');
  assert.notEqual(tried.testRestoredAt, null);
  assert.deepEqual(await home.rows('SHOW TABLES'), [['log'], ['t']]);
  assert.deepEqual(await home.rows('SELECT count(*) FROM log'), [[0]]);
});

const ZEROES = `SET sql_mode = 'ALLOW_INVALID_DATES';
  CREATE TABLE t (id INT PRIMARY KEY, zero DATE NOT NULL, part DATE, never DATE, early DATETIME(3), ts TIMESTAMP NOT NULL DEFAULT 0,
    long_span TIME, negative TIME(2), fine DATE, at DATETIME);
  INSERT INTO t VALUES (1, '0000-00-00', '2021-00-00', '2021-02-31', '0000-01-01 00:00:00.5', '0000-00-00 00:00:00',
      '838:59:59', '-00:00:00.5', '2021-02-28', '2021-02-28 01:02:03'),
    (2, '2021-01-01', NULL, NULL, NULL, '2021-01-01 00:00:00', '24:00:00', '00:00:01', NULL, NULL)`;

test('dates and times that no logical type holds are kept as text, each with its reason, and come back', async (t) => {
  const home = await mysqlHome(t, ZEROES);
  const before = await contentOf(home, 't');
  const { id } = await home.backUp('t');
  const snapshot = await mysqlEngine.openSnapshot(home.url);
  t.after(() => snapshot.close());
  const { facts } = await snapshot.table('t', true);
  assert.deepEqual(facts.columns.map(inWords), [
    'id int',
    'zero string: values that are no dates of the years 1 to 9999: 1',
    'part string: values that are no dates of the years 1 to 9999: 1',
    'never string: values that are no dates of the years 1 to 9999: 1',
    'early string: values that are no dates of the years 1 to 9999: 1',
    'ts string: values that are no dates of the years 1 to 9999: 1',
    'long_span string: values that are no times of a day: 2',
    'negative string: values that are no times of a day: 1',
    'fine date',
    'at timestamp-micros',
  ]);
  await home.run(
    "SET sql_mode = ''; UPDATE t SET zero = '2020-01-01', ts = '2020-01-01', early = NULL, never = NULL",
  );
  await home.restore('t', id);
  assert.deepEqual(await contentOf(home, 't'), before);
});

const inWords = ({ name, form, reason }: StoredColumn): string =>
  `${name} ${form.kind}${reason === null ? '' : `: ${reason}`}`;
