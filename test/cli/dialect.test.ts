import assert from 'node:assert/strict';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { checkDialects, dialectFor, dialectText } from '../../src/cli/dialect.ts';
import { resolveDialect } from '../../src/csv/dialect.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
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
const configure = (settings: object) => write('rowferry.config.json', settings);
const jobOf = (id: number) =>
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (database) => {
    return database.prepare('SELECT job FROM jobs WHERE id = ?').get(id)?.job;
  });

test('--dialect takes JSON, and @ with the file of a descriptor', async () => {
  await write('semicolons.json', '\uFEFF{"delimiter": ";", "quoteChar": "\'"}');
  await write('resource.json', {
    name: 'jobs',
    path: 'x.csv',
    dialect: { csvddfVersion: 1.2, delimiter: '|' },
  });
  await write('csvw.json', { '@type': 'Dialect', delimiter: ';', headerRowCount: 1 });
  await write('jobs-1.csv', "1;'a;b'\n");
  await write('jobs-2.csv', '2|c\n');
  await write('jobs-3.csv', 'id;job\n3;d\n');
  for (const [id, dialect, job] of [
    [1, '@semicolons.json', 'a;b'],
    [2, '@resource.json', 'c'],
    [3, '@csvw.json', 'd'],
  ] as const) {
    const args = [`jobs-${id}.csv`, '--dialect', dialect, '--json'];
    const checked = await runHere(home.path, ['check', ...args]);
    assert.deepEqual(
      [checked.code, checked.json[0]?.read, checked.json[0]?.rejected],
      [0, 1, 0],
      checked.stderr,
    );
    const loaded = await runHere(home.path, ['load', ...args]);
    assert.deepEqual([loaded.code, jobOf(id)], [0, job], loaded.stderr);
    assert.deepEqual(loaded.json[0]?.dialect, checked.json[0]?.dialect);
  }
});

test('--no-sniff: what is not declared is RFC 4180', async () => {
  await write('jobs-sniffed.csv', '4;d\n5;e\n');
  const read = async (command: string, ...args: string[]) => {
    const { json } = await runHere(home.path, [command, 'jobs-sniffed.csv', ...args, '--json']);
    return [json[0]?.read, json[0]?.rejected];
  };
  assert.deepEqual(await read('check', '--no-sniff'), [2, 2]);
  assert.deepEqual(await read('load', '--no-sniff'), [2, 2]);
  assert.deepEqual(await read('check'), [2, 0]);
  assert.deepEqual(await read('load'), [2, 0]);
});

const WRONG: ReadonlyArray<readonly [dialect: string, says: RegExp]> = [
  ['[]', /--dialect is \[\]; expected a JSON object/],
  ['@nowhere.json', /--dialect @nowhere\.json cannot be read: ENOENT/],
  ['@', /--dialect @ cannot be read: ENOENT/],
  ['@plain.txt', /--dialect is @plain\.txt, which holds no JSON object; expected/],
  ['@large.json', /--dialect @large\.json is larger than 4194304 bytes/],
  ['{"delimeter":";"}', /dialect\.delimeter is no property of a dialect; expected delimiter\n/],
  ['{"skipColumns":2}', /dialect\.skipColumns is 2; expected 0/],
  ['{"delimiter":";","quoteChar":";"}', /dialect\.quoteChar is ";"; expected a character that the delimiter/],
];
for (const [dialect, says] of WRONG) {
  test(`exit code 2: --dialect ${dialect}`, async () => {
    await write('plain.txt', 'delimiter: ;');
    await write('large.json', ' '.repeat((4 << 20) + 1));
    await write('jobs-wrong.csv', '70,x\n');
    for (const command of ['load', 'check']) {
      const outcome = await runHere(home.path, [command, 'jobs-wrong.csv', '--dialect', dialect]);
      assert.equal(outcome.code, 2, outcome.stderr);
      assert.match(outcome.stderr, says);
    }
  });
}

test('the dialect of a table stands in the configuration; what is typed goes before it', async () => {
  await configure({
    dialects: { jobs: { delimiter: ';', quoteChar: "'" }, departments: { delimiter: '|' } },
  });
  await write('jobs-10.csv', "10;'e;f'\n");
  await write('jobs-11.csv', "11!'g;h'\n");
  await write('departments-10.csv', '10|Ops\n');
  const saved = await runHere(home.path, ['load', 'jobs-10.csv', 'departments-10.csv', '--json']);
  assert.deepEqual([saved.code, jobOf(10)], [0, 'e;f'], saved.stderr);
  const typed = ['jobs-11.csv', '--dialect', '{"delimiter":"!"}', '--json'];
  const checked = await runHere(home.path, ['check', ...typed]);
  assert.deepEqual([checked.code, checked.json[0]?.rejected], [0, 0], checked.stderr);
  const loaded = await runHere(home.path, ['load', ...typed]);
  assert.deepEqual([loaded.code, jobOf(11)], [0, 'g;h'], loaded.stderr);
  const [{ load = '' } = {}] = loaded.json;
  const receipt = await runHere(home.path, ['receipts', String(load)]);
  assert.match(receipt.stdout, /dialect {2}\{"delimiter":"!","quoteChar":"'"\}, without a header\n/);
});

test('--save-dialect keeps for each table how its file was read; the next one needs no word', async () => {
  await configure({ pollMs: 20, dialects: { JOBS: { delimiter: '|' }, departments: { delimiter: '!' } } });
  await write('jobs-20.csv', "id;job\n20;'i;j'\n");
  const dialect = '{"delimiter":";","quoteChar":"\'"}';
  const first = await runHere(home.path, ['load', 'jobs-20.csv', '--dialect', dialect, '--save-dialect']);
  assert.equal(first.code, 0, first.stderr);
  assert.match(first.stderr, /the dialect of jobs is kept in .*rowferry\.config\.json/);
  const kept = JSON.parse(await readFile(join(home.path, 'rowferry.config.json'), 'utf8'));
  const expected = { departments: { delimiter: '!' }, jobs: { delimiter: ';', quoteChar: "'" } };
  assert.deepEqual(kept, { pollMs: 20, dialects: expected });
  await write('jobs-21.csv', "21;'k;l'\n");
  const next = await runHere(home.path, ['load', 'jobs-21.csv']);
  assert.deepEqual([next.code, jobOf(21)], [0, 'k;l'], next.stderr);
  const again = await runHere(home.path, [
    'load',
    'jobs-21.csv',
    '--dialect',
    '{"header":false}',
    '--save-dialect',
  ]);
  assert.match(again.stderr, /no dialect is kept: no file was read to its end/);
});

test('--save-dialect makes the configuration where there is none, for its owner alone', async () => {
  await using other = await makeHome();
  await makeDatabase(other.path);
  await writeFile(join(other.path, 'jobs.csv'), '1;a\n');
  const dialect = '{"delimiter":";","header":false}';
  await runHere(other.path, ['load', 'jobs.csv', '--dialect', dialect, '--save-dialect']);
  const file = join(other.path, 'rowferry.config.json');
  assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), { dialects: { jobs: JSON.parse(dialect) } });
  assert.equal((await stat(file)).mode & 0o777, 0o600);
});

test('a dialect in the configuration that is none stops every command, with its table', async () => {
  await configure({ dialects: { jobs: { delimeter: ';' } } });
  const outcome = await runHere(home.path, ['tables']);
  assert.equal(outcome.code, 2);
  assert.match(
    outcome.stderr,
    /rowferry\.config\.json: of table jobs, dialect\.delimeter is no property .* delimiter\n/,
  );
  await configure({ dialects: [] });
  assert.match((await runHere(home.path, ['tables'])).stderr, /dialects is \[\]; expected/);
});

test('a file dropped into the folder is read in the dialect of its table', async () => {
  await using folder = await makeHome();
  await makeDatabase(folder.path);
  await mkdir(join(folder.path, 'data/incoming'), { recursive: true });
  await writeFile(
    join(folder.path, 'rowferry.config.json'),
    '{"quietMs":50,"pollMs":20,"port":0,"backupSchedule":null,"dialects":{"JOBS":{"delimiter":";"}}}',
  );
  await writeFile(join(folder.path, 'data/incoming/jobs-1.csv'), '1;Miner, chief\n');
  await using up = start(folder.path, ['up', '--log', 'text']);
  await up.says(/1 read = 1 inserted \+ 0 updated \+ 0 skipped \+ 0 rejected ✓/);
});

test('what is saved for one table is not for another, nor for the names of objects', () => {
  const config = { dialects: { jobs: { delimiter: ';' } } };
  assert.deepEqual(dialectFor(config, 'departments', undefined), {});
  assert.deepEqual(dialectFor(config, 'constructor', undefined), {});
  assert.deepEqual(dialectFor(config, 'Jobs', undefined), { dialect: { delimiter: ';' } });
  assert.deepEqual(dialectFor(config, 'departments', { header: true }), { dialect: { header: true } });
  assert.throws(() => dialectFor(config, 'jobs', { quoteChar: ';' }), { code: 'dialect-invalid' });
});

test('a dialect that contradicts itself is found in the configuration', () => {
  const dialects = { jobs: { delimiter: ';', quoteChar: ';' } };
  assert.throws(() => checkDialects({ dialects, file: null }), {
    code: 'config-invalid',
    message: /^dialects: of table jobs, dialect\.quoteChar is ";"/,
  });
});

test('in words a dialect is what is not usual in it', () => {
  assert.equal(dialectText(DEFAULT_DIALECT), 'RFC 4180');
  assert.equal(dialectText({ ...DEFAULT_DIALECT, header: false }), 'RFC 4180, without a header');
  const other = resolveDialect({ delimiter: '\t', headerRows: [2], header: true });
  assert.equal(dialectText(other), '{"delimiter":"\\t","headerRows":[2]}, with a header');
});

test('check goes on behind a file that it cannot read, and names it', async () => {
  await configure({});
  await write('hired_employees-open.csv', '6,Ann,03/04/2021 10:00,1,1\n7,Bob,05/06/2021 10:00,1,1\n');
  await write('hired_employees-good.csv', '9,Eve,2021-01-02T00:00:00Z,1,1\n');
  const { code, stderr, json } = await runHere(home.path, [
    'check',
    'hired_employees-open.csv',
    'hired_employees-good.csv',
    '--json',
  ]);
  assert.deepEqual(
    json.map(({ file, state }) => [file, state]),
    [
      ['hired_employees-open.csv', 'failed'],
      ['hired_employees-good.csv', 'checked'],
    ],
  );
  assert.match(stderr, /^rowferry: hired_employees-open\.csv: the data do not decide/m);
  assert.equal(code, 1, stderr);
  const loaded = await runHere(home.path, [
    'load',
    'hired_employees-open.csv',
    'hired_employees-good.csv',
    '--json',
  ]);
  assert.equal(loaded.json.at(-1)?.state, 'failed');
  assert.match(
    loaded.stderr,
    /^rowferry: hired_employees-open\.csv: the data[\s\S]*not begun: hired_employees-good\.csv/m,
  );
});
