import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabase } from '../../src/database/open.ts';
import { runHere } from '../cli/command.ts';
import { makeFolder } from './folder.ts';
import { counts, execute, freshDatabase, planApplyLoad } from './round-trip.ts';

const EXAMPLE = join(import.meta.dirname, '../../examples/hr');
const hr = Object.fromEntries(
  ['departments.csv', 'jobs.csv', 'hired_employees.csv'].map((name) => [
    name,
    readFileSync(join(EXAMPLE, name)),
  ]),
);
const ENGINES = ['sqlite', 'postgres', 'mysql'] as const;

/** What SQL means something else by, or would end a name with, and letters of many alphabets. */
const ODD_NAMES = [
  'select',
  'order',
  'group by',
  "it's",
  '"quoted""',
  '`back`tick`',
  '[brackets]',
  'semi;colon--',
  '/*comment*/',
  '100%',
  'Größe',
  'größe',
  '価格',
  'цена',
  'naïve',
  'naive',
  'smile 😀',
  ' spaces ',
  'a.b',
  'back\\slash',
  'ROWID',
  'oid',
  'ctid',
  'xmin',
  'tab\there',
  'x'.repeat(70),
  `${'x'.repeat(70)}y`,
  '',
  '',
];

const field = (text: string) => `"${text.replaceAll('"', '""')}"`;

for (const engine of ENGINES) {
  test(`${engine}: the example, planned, created and loaded: every row, and its two foreign keys`, async () => {
    const filled = await planApplyLoad(engine, hr);
    assert.deepEqual(counts(filled), { read: 2195, rejected: 0, reasons: '[[],[],[]]' });
    const hires = filled.tables.find(({ name }) => name === 'hired_employees');
    const keys = Object(hires?.foreignKeys);
    assert.deepEqual(
      Object.values(keys)
        .map((key) => Object(key).parentTable)
        .sort(),
      ['departments', 'jobs'],
    );
    assert.deepEqual(hires?.primaryKey, ['column_1']);
  });

  test(`${engine}: names of every kind are quoted, cut and told apart as the engine wants it`, async () => {
    const content = `id,${ODD_NAMES.map(field).join(',')}\n1,${ODD_NAMES.map((_, i) => `v${i}`).join(',')}\n`;
    const filled = await planApplyLoad(
      engine,
      { 'select "from` it\'s.csv': content, 'order.csv': 'id,desc\n1,5\n' },
      ['--dialect', '{"header":true}'],
    );
    assert.deepEqual(counts(filled), { read: 2, rejected: 0, reasons: '[[],[]]' });
    const odd = filled.tables.find(({ name }) => name !== 'order');
    const columns = Object(odd?.columns);
    assert.equal(columns.length, ODD_NAMES.length + 1);
    assert.equal(new Set(columns.map(({ name }: { name: string }) => name)).size, columns.length);
  });

  test(`${engine}: keys of every type, children of each, and tables that point at each other`, async () => {
    const uuid = (n: number) => `abcdef0${n}-e89b-12d3-a456-426614174000`;
    const filled = await planApplyLoad(engine, {
      'words.csv': 'code,name\nB,x\na,x\nA,x\nä,x\n',
      'word_uses.csv': 'id,word_code\n1,A\n2,a\n3,ä\n',
      'devices.csv': `uuid,name\n${uuid(1)},x\n${uuid(2)},x\n`,
      'readings.csv': `device_uuid,at,v\n${uuid(1)},2020-01-01T00:00:00.5Z,1.25\n${uuid(1)},2020-01-01T00:00:01.5Z,2\n${uuid(2)},2020-01-01T00:00:00.5Z,-3\n`,
      'accounts.csv': 'id,parent_id\n5000000000,\n6000000000,5000000000\n',
      'bills.csv': 'id,account_id\n1,5000000000\n2,\n',
      'giants.csv': 'id,n\n92233720368547758080,1\n92233720368547758081,1\n',
    });
    assert.deepEqual([counts(filled).rejected, counts(filled).reasons.replaceAll('[],', '')], [0, '[[]]']);
    const keys = filled.tables.flatMap((table) =>
      Object(table.foreignKeys).map((key: { parentTable: string }) => `${table.name} → ${key.parentTable}`),
    );
    assert.deepEqual(keys.sort(), [
      'accounts → accounts',
      'bills → accounts',
      'readings → devices',
      'word_uses → words',
    ]);
  });

  test(`${engine}: a circle of tables is created; one that is there is named and nothing is created`, async () => {
    await using folder = await makeFolder({
      'teams.csv': 'id,leader_person_id\n1,10\n2,11\n',
      'persons.csv': 'id,team_id\n10,1\n11,2\n12,2\n',
      'other.csv': 'a\n1\n',
    });
    const url = await freshDatabase(engine, folder.path);
    const plan = (...args: string[]) =>
      runHere(folder.path, ['plan', ...args, '--apply', '--database-url', url]);
    assert.equal((await plan('teams.csv', 'persons.csv')).code, 0);
    const again = await plan('other.csv', 'persons.csv');
    assert.equal(again.code, 2);
    assert.match(again.stderr, /the database has persons already; nothing was created/);
    const connection = await openDatabase(url);
    const tables = await connection.introspect().finally(() => connection.close());
    assert.deepEqual(tables.map(({ name, foreignKeys }) => [name, foreignKeys.length]).sort(), [
      ['persons', 1],
      ['teams', 1],
    ]);
  });

  test(`${engine}: when the database refuses a table none is left`, async () => {
    await using folder = await makeFolder({ 'a.csv': 'id\n1\n', 'b.csv': 'id\n1\n' });
    const url = await freshDatabase(engine, folder.path);
    // A view is no table that could be loaded, so only the database knows of it.
    await execute(url, 'CREATE VIEW b AS SELECT 1 AS x');
    const { code, stderr } = await runHere(folder.path, [
      'plan',
      'a.csv',
      'b.csv',
      '--apply',
      '--database-url',
      url,
    ]);
    assert.equal(code, 1, stderr);
    assert.match(stderr, /\bb\b.*exists/);
    const connection = await openDatabase(url);
    const tables = await connection.introspect().finally(() => connection.close());
    assert.deepEqual(tables, []);
  });
}

test('--engine of another database with --apply is wrong use', async () => {
  await using folder = await makeFolder({ 'a.csv': 'id\n1\n' });
  const { code, stderr } = await runHere(folder.path, ['plan', 'a.csv', '--apply', '--engine', 'mysql']);
  assert.equal(code, 2);
  assert.match(stderr, /--engine mysql with --apply, but the database is one of sqlite/);
});
