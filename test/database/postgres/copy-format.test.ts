import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseOf, listIn, valuesIn } from './fixture.ts';
import { load } from './load.ts';

const MIXED = `CREATE TABLE t (n int PRIMARY KEY, m int UNIQUE, ip inet, spent interval, tags text[] CHECK (cardinality(tags) < 3),
  more jsonb)`;

test('rows that are refused are told apart in a batch in binary form, by values of such types too', async () => {
  const url = await databaseOf(`${MIXED}; CREATE UNIQUE INDEX ON t (ip, tags)`);
  const loaded = await load(
    url,
    [
      '1,1,10.0.0.1,1 day,{a},"{""a"":1}"',
      '2,1,10.0.0.2,PT1H,{b},1',
      '3,3,10.0.0.3,PT1H,"{a,b,c}",1',
      '4,4,10.0.0.1/32,PT1H,"{""a""}",1',
      '5,5,10.0.0.1,,{b},"""\\u0000"""',
      '6,6,::,-00:00:01,{},[]\n',
    ].join('\n'),
  );
  assert.equal(loaded.strategy, 'copy-binary, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 unique.file m', '2 check', '3 unique.file', '4 database']);
  assert.deepEqual(
    await valuesIn(url, 'SELECT n, ip::text, spent::text, tags::text, more::text FROM t ORDER BY n'),
    [
      [1, '10.0.0.1/32', 'P1D', '{a}', '{"a": 1}'],
      [6, '::/128', 'PT-1S', '{}', '[]'],
    ],
  );
});

test('and alike in one that went as text', async () => {
  const url = await databaseOf(MIXED);
  const loaded = await load(
    url,
    '1,1,10.1/16,1 week,{a},1\n2,2,10.1.0.0/16,,[1:1]={a},"""\\u0000"""\n3,1,,,,{}\n',
  );
  assert.equal(loaded.strategy, 'copy-text, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 database', '2 unique.file m']);
  assert.deepEqual(await listIn(url, 'SELECT more::text FROM t'), ['1']);
});

test('values that a column would round or cut are asked for, whatever they are spelled like', async () => {
  const url = await databaseOf('CREATE TABLE t (a interval(0), b numeric(3,1)[], c varchar(2)[])');
  const loaded = await load(url, 'PT1S,"{1.5,22}",{ab}\nPT1.5S,,\n,{1.25},\n,,"{""ab ""}"\n');
  assert.equal(loaded.strategy, 'copy-text, classified');
  assert.deepEqual(loaded.errors.toSorted(), ['1 range a', '2 range b', '3 range c']);
});

test('NULL in an array is NULL, whatever a server of old settings would make of it', async () => {
  const url = new URL(await databaseOf('CREATE TABLE t (n int, v text[])'));
  url.searchParams.set('options', `${url.searchParams.get('options')} -c array_nulls=off`);
  assert.equal((await load(url.href, '1,{NULL}\n')).strategy, 'copy-binary');
  assert.equal((await load(url.href, '2,[1:1]={NULL}\n')).strategy, 'copy-text');
  assert.deepEqual(await listIn(url.href, 'SELECT count(*)::int FROM t WHERE v[1] IS NULL'), [2]);
});

test('domains over such types go in binary form, and hold their CHECKs', async () => {
  const url = await databaseOf(`CREATE DOMAIN host AS inet CHECK (masklen(VALUE) = 32);
    CREATE DOMAIN tags AS text[] CHECK (cardinality(VALUE) > 0); CREATE TABLE t (ip host, tags tags)`);
  assert.deepEqual((await load(url, '10.0.0.1,{a}\n')).strategy, 'copy-binary');
  const { strategy, errors } = await load(url, '10.0.0.2,{a}\n10.0.0.0/8,{a}\n,{}\n');
  assert.deepEqual([strategy, errors], ['copy-binary, classified', ['1 check ip', '2 check tags']]);
  assert.deepEqual(await listIn(url, 'SELECT ip::text FROM t'), ['10.0.0.1/32', '10.0.0.2/32']);
});
