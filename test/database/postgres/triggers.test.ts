import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summary } from '../shared/load.ts';
import { databaseOf, listIn } from './fixture.ts';
import { load } from './load.ts';

/** What only the database can refuse: by triggers, partitions, foreign keys row by row. */

const byIndex = (a: string, b: string): number => Number.parseInt(a, 10) - Number.parseInt(b, 10);
const lines = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('');

const TRIGGER = `CREATE FUNCTION look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.v = 'bad' THEN RAISE EXCEPTION 'not this one'; END IF;
    IF NEW.v = 'pass' THEN RETURN NULL; END IF; RETURN NEW; END $$;
  CREATE TABLE t (id int PRIMARY KEY, v text);
  CREATE TRIGGER look BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION look();`;

test('a trigger that refuses a row makes it a reject, with its own words', async () => {
  const url = await databaseOf(TRIGGER);
  const loaded = await load(url, '1,a\n2,bad\n3,c\n');
  assert.deepEqual(loaded.errors, ['1 database']);
  assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
  assert.deepEqual(await listIn(url, 'SELECT id FROM t ORDER BY id'), [1, 3]);
});

test('whatever state a trigger names for a row, the row is refused', async () => {
  for (const state of ['02000', '21000', '45000', '99001', 'ZZ001']) {
    const raising = TRIGGER.replace("'not this one'", `'not this one' USING ERRCODE = '${state}'`);
    const url = await databaseOf(raising);
    const loaded = await load(url, '1,a\n2,bad\n3,c\n');
    assert.deepEqual(loaded.errors, ['1 database'], state);
    assert.equal(loaded.rejects[0]?.errors[0]?.message, 'not this one');
    const many = await load(
      url,
      lines(400, (i) => `${i + 10},${i % 5 === 2 ? 'bad' : 'a'}`),
    );
    assert.equal(summary(many), '400 = 320 + 0 + 0 + 80', state);
  }
});

test('many rows that a trigger refuses, of a large batch: tried one by one in the database', async () => {
  const url = await databaseOf(`${TRIGGER} INSERT INTO t VALUES (4000, 'old')`);
  const kinds = ['a', 'b', 'bad', 'c', 'pass'];
  const csv = lines(5000, (i) => `${i},${kinds[i % 5]}`);
  const refused = Array.from({ length: 5000 }, (_, i) => i).filter((i) => i % 5 === 2);
  const loaded = await load(url, csv);
  assert.deepEqual(
    loaded.errors,
    [...refused.map((i) => `${i} database`), '4000 unique.table id'].sort(byIndex),
  );
  assert.ok(
    loaded.rejects.every(({ index, errors }) => index === 4000 || errors[0]?.message === 'not this one'),
  );
  assert.equal(summary(loaded), '5000 = 2999 + 0 + 1000 + 1001');
  assert.deepEqual(await listIn(url, 'SELECT count(*)::int FROM t'), [3000]);
  const again = await load(url, csv, { mode: 'upsert' });
  assert.equal(summary(again), '5000 = 0 + 3000 + 1000 + 1000');
});

test('many rows that no partition takes, and many that break a foreign key', async () => {
  const url = await databaseOf(`CREATE TABLE p (id bytea PRIMARY KEY); INSERT INTO p VALUES ('\\x00');
    CREATE TABLE t (id int, p bytea REFERENCES p) PARTITION BY RANGE (id);
    CREATE TABLE low PARTITION OF t FOR VALUES FROM (0) TO (2000)`);
  const loaded = await load(
    url,
    lines(2300, (i) => `${i},${i % 7 === 0 ? '01' : '00'}`),
  );
  const orphans = Array.from({ length: 2000 }, (_, i) => i).filter((i) => i % 7 === 0);
  const beyond = Array.from({ length: 300 }, (_, i) => 2000 + i);
  assert.deepEqual(loaded.errors, [
    ...orphans.map((i) => `${i} foreign_key p`),
    ...beyond.map((i) => `${i} check`),
  ]);
});

test('a trigger that cannot run is no fault of the rows', async () => {
  const url = await databaseOf(`CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      IF NEW.id % 2 = 0 THEN RAISE EXCEPTION 'no'; END IF;
      IF NEW.id > 150 THEN INSERT INTO nowhere VALUES (1); END IF; RETURN NEW; END $$;
    CREATE TABLE t (id int); CREATE TRIGGER broken BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION broken();`);
  await assert.rejects(load(url, lines(200, String)), /relation "nowhere" does not exist/);
  assert.deepEqual(await listIn(url, 'SELECT count(*)::int FROM t'), [0]);
});

test('a trigger that passes rows over: they are skipped', async () => {
  const url = await databaseOf(TRIGGER);
  assert.equal(summary(await load(url, '1,a\n2,pass\n3,c\n')), '3 = 2 + 0 + 1 + 0');
  assert.equal(summary(await load(url, '4,a\n5,pass\n6,bad\n')), '3 = 1 + 0 + 1 + 1');
});

test('upsert beside a trigger that refuses: counted exactly', async () => {
  const url = await databaseOf(`${TRIGGER} INSERT INTO t VALUES (1, 'a'), (2, 'b')`);
  const loaded = await load(url, '1,bad\n2,new\n3,bad\n4,d\n', { mode: 'upsert' });
  assert.deepEqual(loaded.errors, ['0 database', '2 database']);
  assert.equal(summary(loaded), '4 = 1 + 1 + 0 + 2');
});

test('many values that are none of a type which only the database can judge', async () => {
  const url = await databaseOf('CREATE TABLE t (id int, d interval(0), n inet)');
  const loaded = await load(
    url,
    lines(600, (i) => `${i},${i % 4 === 0 ? 'soon' : '1 day'},${i % 4 === 1 ? '1.2.3' : '::1'}`),
  );
  const bad = Array.from({ length: 600 }, (_, i) => i).filter((i) => i % 4 < 2);
  assert.deepEqual(
    loaded.errors,
    bad.map((i) => `${i} database`),
  );
  assert.deepEqual(await listIn(url, 'SELECT count(*)::int FROM t'), [300]);
});
