import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, runHere, start } from './command.ts';

let home: Awaited<ReturnType<typeof makeHome>>;
before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
});
after(() => home[Symbol.asyncDispose]());

const write = (name: string, content: string | object) =>
  writeFile(join(home.path, name), typeof content === 'string' ? content : JSON.stringify(content));
const jobs = () =>
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (database) =>
    database
      .prepare('SELECT id, job FROM jobs ORDER BY id')
      .all()
      .map((row) => Object.values(row)),
  );

const SCHEMA = {
  fields: [
    { name: 'id', type: 'integer', constraints: { maximum: 99 }, unit: 'none' },
    { name: 'job', type: 'string', constraints: { pattern: '[A-Z].*' } },
  ],
};

test('check and load take the schema of a file', async () => {
  await write('jobs.schema.json', SCHEMA);
  await write('jobs-1.csv', 'id,job\n1,Nurse\n2,pilot\n100,Smith\n');
  for (const command of ['check', 'load']) {
    const outcome = await runHere(home.path, [
      command,
      'jobs-1.csv',
      '--schema',
      'jobs.schema.json',
      '--json',
    ]);
    assert.equal(outcome.code, 3, outcome.stderr);
    assert.deepEqual(outcome.json[0]?.reasons, [
      { code: 'pattern', column: 'job', count: 1, firstLine: 3 },
      { code: 'range', column: 'id', count: 1, firstLine: 4 },
    ]);
    assert.match(outcome.stderr, /schema of jobs: field id: unit is not of Table Schema and is passed over/);
  }
  assert.deepEqual(jobs(), [[1, 'Nurse']]);
  const folder = join(home.path, 'data/not_added/jobs');
  const [reasons = ''] = (await readdir(folder)).filter((name) => name.endsWith('.reasons.csv'));
  assert.match(await readFile(join(folder, reasons), 'utf8'), /expected a text of the pattern \[A-Z\]/);
});

test('a data package has the schemas of several tables', async () => {
  await write('package.json', { resources: [{ name: 'Jobs', schema: SCHEMA }] });
  await write('jobs-2.csv', 'id,job\n3,x\n');
  await write('departments-2.csv', 'id,department\n3,x\n');
  const files = ['departments-2.csv', 'jobs-2.csv'];
  const outcome = await runHere(home.path, ['check', ...files, '--schema', 'package.json', '--json']);
  assert.deepEqual(
    outcome.json.map(({ table, rejected }) => [table, rejected]),
    [
      ['departments', 0],
      ['jobs', 1],
    ],
  );
  const several = await runHere(home.path, ['check', ...files, '--schema', 'jobs.schema.json']);
  assert.equal(several.code, 2);
  assert.match(several.stderr, /--schema is for one table; the files go into departments, jobs/);
});

test('what is wrong with a schema is said before a row is looked at, with exit code 2', async () => {
  await write('broken.json', '{');
  await write('other.json', { fields: [{ name: 'salary' }] });
  await write('long.json', '{"fields":[{"name":"id","constraints":{"minimum":12345678901234567890}}]}');
  const cases: ReadonlyArray<readonly [string, RegExp]> = [
    ['nowhere.json', /the schema nowhere\.json \(--schema\) cannot be read: ENOENT/],
    ['broken.json', /broken\.json: is no JSON/],
    ['other.json', /field salary: the table jobs has no such column/],
  ];
  for (const [file, message] of cases) {
    for (const command of ['check', 'load']) {
      const outcome = await runHere(home.path, [command, 'jobs-2.csv', '--schema', file]);
      assert.deepEqual([outcome.code, message.test(outcome.stderr)], [2, true], outcome.stderr);
    }
  }
  const long = await runHere(home.path, ['check', 'jobs-2.csv', '--schema', 'long.json', '--json']);
  assert.deepEqual(
    long.json[0]?.reasons,
    [{ code: 'range', column: 'id', count: 1, firstLine: 2 }],
    long.stderr,
  );
});

test('tables --schema writes what --schema reads: one table, some, all', async () => {
  await using shown = start(home.path, ['tables', 'jobs', '--schema']);
  assert.equal(await shown.ended, 0);
  const one = shown.stdout();
  await write('written.json', one);
  assert.deepEqual(JSON.parse(one).fields[0].name, 'id');
  const checked = await runHere(home.path, ['check', 'jobs-2.csv', '--schema', 'written.json', '--json']);
  assert.deepEqual([checked.code, checked.stderr], [0, '']);
  const all = await runHere(home.path, ['tables', '--schema', '--json']);
  const [{ resources } = {}] = all.json;
  assert.ok(Array.isArray(resources));
  assert.deepEqual(
    resources.map(({ name }) => name),
    ['departments', 'hired_employees', 'jobs'],
  );
  assert.deepEqual(resources[2].schema, JSON.parse(one));
  assert.deepEqual(
    resources[1].schema.foreignKeys
      .map(({ reference }: { reference: { resource: string } }) => reference.resource)
      .sort(),
    ['departments', 'jobs'],
  );
  assert.equal((await runHere(home.path, ['tables', 'jobs', 'departments'])).code, 2);
});

test('the configuration names the schema of a table, for the folder too', async () => {
  await write('rowferry.config.json', { schemas: { jobs: 'jobs.schema.json' }, quietMs: 0, pollMs: 20 });
  await mkdir(join(home.path, 'data/incoming'), { recursive: true });
  await write('data/incoming/jobs-9.csv', 'id,job\n9,Cook\n10,cook\n');
  await using watching = start(home.path, ['watch']);
  await watching.says(/jobs-9\.csv/);
  await watching.says(/expected a text of the pattern|pattern/);
  assert.deepEqual(jobs().at(-1), [9, 'Cook']);
});

test('a configured schema that cannot be read stops every command at once', async () => {
  await write('rowferry.config.json', { schemas: { jobs: 'broken.json' } });
  const outcome = await runHere(home.path, ['tables']);
  assert.equal(outcome.code, 2);
  assert.match(outcome.stderr, /of table jobs, .*broken\.json: is no JSON/);
  await write('rowferry.config.json', { schemas: ['a'] });
  assert.match((await runHere(home.path, ['tables'])).stderr, /schemas is \["a"\]; expected/);
});
