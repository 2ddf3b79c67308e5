import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { jobs, makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, type Outcome, rowferry, runHere, start } from './command.ts';

/** The members of the contract, in their order. */
const MEMBERS =
  'load file table sha256 bytes state read inserted updated skipped rejected reasons dialect strategy seconds ' +
  'rowsPerSecond readAs warnings rejects';

let home: Awaited<ReturnType<typeof makeHome>>;
before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
});
after(() => home[Symbol.asyncDispose]());

type Files = Readonly<Record<string, string>>;

async function loadWith(runner: typeof rowferry, files: Files, flags: readonly string[]): Promise<Outcome> {
  for (const [name, content] of Object.entries(files)) await writeFile(join(home.path, name), content);
  return runner(home.path, ['load', ...Object.keys(files), ...flags]);
}

const load = (files: Files, ...flags: string[]) => loadWith(runHere, files, flags);
const loadAsProcess = (files: Files, ...flags: string[]) => loadWith(rowferry, files, flags);

const rowsOf = (table: string) =>
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (database) => {
    return database
      .prepare(`SELECT * FROM ${table} ORDER BY id`)
      .all()
      .map((row) => Object.values(row));
  });

test('several files go parents first, whatever their order; the summary and the next command are shown', async () => {
  const outcome = await loadAsProcess({
    'hired_employees.csv': '1,Ann,2021-07-27T16:02:08Z,1,1\n2,Bob,2021-07-27T16:02:08Z,1,1\n',
    'jobs.csv': '1,Miner\n',
    'departments-2021.csv': '1,Ops\n',
  });
  assert.equal(outcome.code, 0, outcome.stderr);
  const tables = outcome.stdout.split('\n').flatMap((line) => /^(\w+) .*✓$/.exec(line)?.[1] ?? []);
  assert.deepEqual(tables, ['departments', 'jobs', 'hired_employees']);
  assert.match(outcome.stdout, /table +read +loaded +rejected +duplicate +size +seconds +rows\/s/);
  assert.match(outcome.stdout, /2 read = 2 inserted \+ 0 updated \+ 0 skipped \+ 0 rejected ✓/);
  assert.match(outcome.stdout, /next: rowferry receipts/);
  assert.equal(rowsOf('hired_employees').length, 2);
});

test('half files of rejects that a killed load left are swept by the next one', async () => {
  const left = join(home.path, 'data/not_added/jobs/.jobs.csv.0123456789ab.tmp');
  await mkdir(join(left, '..'), { recursive: true });
  await writeFile(left, '1,');
  const old = new Date(Date.now() - 2 * 86_400_000);
  await utimes(left, old, old);
  assert.equal((await load({ 'jobs-swept.csv': '70,Sweep\n' })).code, 0);
  assert.ok(!existsSync(left));
});

test('--json gives one line a file with the members of the contract', async () => {
  const outcome = await loadAsProcess({ 'jobs-more.csv': '10,Baker\n11,\n12,Cook\n' }, '--json');
  assert.equal(outcome.code, 3);
  const [line] = outcome.json;
  assert.deepEqual(Object.keys(line ?? {}), MEMBERS.split(' '));
  assert.deepEqual(
    [line?.table, line?.state, line?.read, line?.inserted],
    ['jobs', 'completed_with_rejects', 3, 2],
  );
  assert.deepEqual(line?.reasons, [{ code: 'missing', column: 'job', count: 1, firstLine: 2 }]);
  const records = String(line?.rejects);
  assert.equal(await readFile(records, 'utf8'), '11,\n');
  assert.match(await readFile(records.replace(/csv$/, 'reasons.csv'), 'utf8'), /\n2,9,job,,missing,/);
});

test('a mended file of rejects is loaded into its table by its name alone', async () => {
  const first = await load({ 'jobs-mend.csv': 'job,id\nOne,20\n,21\n' }, '--json');
  const records = String(first.json[0]?.rejects);
  assert.equal(await readFile(records, 'utf8'), 'job,id\n,21\n');
  await writeFile(records, 'job,id\nTwo,21\n');
  const second = await runHere(home.path, ['load', records, '--json']);
  assert.deepEqual([second.code, second.json[0]?.inserted], [0, 1]);
});

test('the same content again: nothing is added, and it is said', async () => {
  await load({ 'jobs-twice.csv': '30,Twice\n' });
  const outcome = await load({ 'jobs-twice.csv': '30,Twice\n' });
  assert.equal(outcome.code, 0);
  assert.match(outcome.stdout, /jobs +1 +0 +0 +1 /);
  assert.match(outcome.stdout, /loaded before: nothing was added/);
});

test('--mode upsert updates, --mode skip passes over', async () => {
  await load({ 'jobs-mode.csv': '40,Old\n' });
  const upsert = await load({ 'jobs-mode2.csv': '40,New\n41,Also\n' }, '--mode', 'upsert', '--json');
  assert.deepEqual([upsert.code, upsert.json[0]?.updated, upsert.json[0]?.inserted], [0, 1, 1]);
  const skip = await load({ 'jobs-mode3.csv': '40,Newer\n42,More\n' }, '--mode', 'skip', '--json');
  assert.deepEqual([skip.code, skip.json[0]?.skipped, skip.json[0]?.inserted], [0, 1, 1]);
  assert.ok(rowsOf('jobs').some(([id, job]) => id === 40 && job === 'New'));
});

test('exit code 4: more rejects than --max-rejects, or a file that looks wrong; files behind it are not begun', async () => {
  const many = await loadAsProcess(
    { 'jobs-many.csv': `${jobs(1000, 200)}2001,\n2002,\n` },
    '--max-rejects',
    '1',
    '--json',
  );
  assert.deepEqual([many.code, many.json[0]?.state], [4, 'aborted']);
  assert.match(String(many.json[0]?.detail), /more than 1/);
  const wrong = await load({ 'jobs-wrong.csv': '1;x\n'.repeat(200), 'jobs-z.csv': '50,z\n' });
  assert.equal(wrong.code, 4);
  assert.match(wrong.stdout, /right table/);
  assert.match(wrong.stdout, /--max-rejects 100%/);
  assert.match(wrong.stderr, /not begun: jobs-z\.csv/);
});

test('exit code 1: a file that cannot be read as it is; what failed stands in log.txt', async () => {
  const outcome = await loadAsProcess({ 'jobs-head.csv': 'id,jub\n60,x\n' }, '--json');
  assert.equal(outcome.code, 1);
  assert.equal(outcome.json[0]?.state, 'failed');
  assert.match(outcome.stderr, /^rowferry: .*"jub"/);
  assert.doesNotMatch(outcome.stderr, /\n\s+at /);
  assert.match(await readFile(join(home.path, 'log.txt'), 'utf8'), /ERROR .*"jub"/);
});

test('--debug shows where an error comes from', async () => {
  const outcome = await load({ 'jobs-head.csv': 'id,jub\n60,x\n' }, '--debug');
  assert.match(outcome.stderr, /\n\s+at /);
});

const WRONG_USE: ReadonlyArray<readonly [args: string, says: RegExp]> = [
  ['load', /missing required argument 'file'/],
  ['load jobs.csv --mode insrt', /Allowed choices are insert, skip, upsert/],
  ['load jobs.csv --max-rejects lots', /expected a number such as 100, or a share such as 5%/],
  ['load jobs.csv --dialect {', /--dialect is \{; expected a JSON object/],
  ['load jobs.csv --tabel jobs', /Did you mean --table\?/],
  ['load jobs.csv --table job', /jobs/],
  ['load log.txt', /no table is named in log\.txt\n {2}say --table T/],
  ['lod jobs.csv', /Did you mean load\?/],
];
for (const [args, says] of WRONG_USE) {
  test(`exit code 2: ${args}`, async () => {
    await writeFile(join(home.path, 'jobs.csv'), '70,x\n');
    await writeFile(join(home.path, 'log.txt'), '');
    const outcome = await runHere(home.path, args.split(' '));
    assert.equal(outcome.code, 2, outcome.stderr);
    assert.match(outcome.stderr, says);
    assert.match(outcome.stderr, /^rowferry: /);
  });
}

test('a failure before anything was begun leaves no file behind', async () => {
  await using empty = await makeHome();
  await writeFile(join(empty.path, 'jobs.csv'), '1,x\n');
  for (const args of [
    ['load', 'nowhere.csv'],
    ['load', 'jobs.csv'],
    ['tables'],
    ['load', 'jobs.csv', '--mode', 'x'],
  ]) {
    const outcome = await runHere(empty.path, args);
    assert.ok(outcome.code === 1 || outcome.code === 2, outcome.stderr);
    assert.deepEqual(await readdir(empty.path), ['jobs.csv'], args.join(' '));
  }
  const elsewhere = join(empty.path, 'not', 'made');
  await runHere(empty.path, ['load', 'jobs.csv', '--home', elsewhere]);
  assert.equal(existsSync(elsewhere), false);
});

test('folders and names with * stand for their files', async () => {
  await mkdir(join(home.path, 'in'), { recursive: true });
  await writeFile(join(home.path, 'in', 'jobs-a.csv'), '80,a\n');
  await writeFile(join(home.path, 'in', 'jobs-b.csv'), '81,b\n');
  await writeFile(join(home.path, 'in', '.hidden.csv'), 'x');
  const folder = await runHere(home.path, ['load', 'in', '--json']);
  assert.deepEqual(
    folder.json.map(({ inserted }) => inserted),
    [1, 1],
    folder.stderr,
  );
  const globbed = await runHere(home.path, ['load', 'in/jobs-*.csv', '--json']);
  assert.deepEqual(
    globbed.json.map(({ state }) => state),
    ['duplicate', 'duplicate'],
  );
});

test('Ctrl-C leaves the load in order; the same command goes on where it stopped', async () => {
  await writeFile(join(home.path, 'jobs-long.csv'), jobs(1_000_000, 400_000, 100));
  await using long = start(home.path, ['load', 'jobs-long.csv', '--json']);
  const database = join(home.path, 'data/rowferry.sqlite');
  const begun = () =>
    withDatabase(database, (db) => db.prepare('SELECT 1 FROM jobs WHERE id = 1000000').all().length > 0);
  while (!begun()) await new Promise((resolve) => setTimeout(resolve, 20));
  long.process.kill('SIGINT');
  assert.equal(await long.ended, 1);
  assert.match(long.stderr(), /the same command goes on where it stopped\n {2}taken by load /);
  const { state, error } = JSON.parse(long.stdout());
  assert.deepEqual([state, error.code, error.detail], ['aborted', 'interrupted', 'stopped by SIGINT']);
  assert.match(
    error.hint,
    /taken by load \w{26}: [\d,]+ records, [\d,]+ of [\d,]+ bytes; see: rowferry receipts /,
  );
  const again = await runHere(home.path, ['load', 'jobs-long.csv', '--json']);
  assert.deepEqual([again.code, again.json[0]?.inserted, again.json[0]?.state], [0, 400_000, 'completed']);
});
