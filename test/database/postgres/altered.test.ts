import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../shared/load.ts';
import { databaseOf, valuesIn } from './fixture.ts';
import { load } from './load.ts';

/** Types whose modifier PostgreSQL enforces by rounding and cutting. */

test('what a column would round or cut is a reject that shows what would be kept', async () => {
  const url = await databaseOf(`CREATE DOMAIN brief AS interval(0);
    CREATE TABLE t (id integer PRIMARY KEY, a interval(1), b interval day to minute, c numeric(4,1)[], d varchar(2)[], e brief)`);
  const csv = [
    '1,PT1.5S,1 day 02:03,"{1.5,2,NULL}","{ab,c}",PT3S',
    '2,PT1.55S,1 day 02:03:04,"{1.55}","{""ab ""}",PT3.5S',
    '3,1500 milliseconds,120 seconds,"{{1.0},{2.50}}",{},',
    '4,soon,,,,',
    '5,,,{x},,',
    '6,,,,{abc},',
    '1,PT2S,,,,',
  ].join('\n');
  const written = await load(url, csv);
  assert.equal(summary(written), '7 = 2 + 0 + 0 + 5');
  assert.deepEqual(written.errors, [
    ...['a', 'b', 'c', 'd', 'e'].map((column) => `1 range ${column}`),
    '3 database',
    '4 database',
    '5 range d',
    '6 unique.file id',
  ]);
  assert.equal(
    written.rejects[0]?.errors[0]?.message,
    'a is "PT1.55S"; interval(1) would keep it as "PT1.6S"',
  );
  assert.deepEqual(
    await valuesIn(url, 'SELECT id, a::text, b::text, c::text, d::text, e::text FROM t ORDER BY id'),
    [
      [1, 'PT1.5S', 'P1DT2H3M', '{1.5,2.0,NULL}', '{ab,c}', 'PT3S'],
      [3, 'PT1.5S', 'PT2M', '{{1.0},{2.5}}', '{}', null],
    ],
  );
});

test('a row that would be altered leaves its key to a later one, in every mode', async () => {
  const url = await databaseOf('CREATE TABLE t (id integer PRIMARY KEY, v interval(0))');
  assert.deepEqual((await load(url, '1,PT0.5S\n1,PT1S\n')).errors, ['0 range v']);
  const skipped = await load(url, '1,PT2S\n2,PT2.5S\n3,PT3S\n', { mode: 'skip' });
  assert.equal(summary(skipped), '3 = 1 + 0 + 1 + 1');
  const upserted = await load(url, '1,PT9.9S\n3,PT9S\n4,PT4S\n', { mode: 'upsert' });
  assert.equal(summary(upserted), '3 = 1 + 1 + 0 + 1');
  assert.deepEqual(await valuesIn(url, 'SELECT id, v::text FROM t ORDER BY id'), [
    [1, 'PT1S'],
    [3, 'PT9S'],
    [4, 'PT4S'],
  ]);
});
