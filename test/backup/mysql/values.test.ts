import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import type { StoredColumn } from '../../../src/model/stored-table.ts';
import { ALL_TYPES, VALUES } from './all-types.ts';
import { asDml, contentOf, mysqlHome } from './fixture.ts';

for (const [who, open] of [
  ['its owner', mysqlHome],
  ['a user who may change rows only', asDml],
] as const) {
  test(`every type with its edges comes back as it was, for ${who}`, async (t) => {
    const home = await open(t, ALL_TYPES);
    const before = await contentOf(home, 't');
    assert.equal(before.length, 1 + VALUES);
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
