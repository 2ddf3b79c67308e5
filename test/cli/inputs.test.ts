import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { after, before, type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { run } from '../../src/cli/main.ts';
import { pause } from '../../src/lib/backoff.ts';
import { jobs, makeDatabase, withDatabase } from '../client/rig.ts';
import { commandZip, leftIn, pythonZip } from '../inputs/packed.ts';
import { makeHome, rowferry, runHere } from './command.ts';

/** What is typed after `load`, `check`, `plan` and `clean`: compressed files, archives, names with *, standard input. */

let home: Awaited<ReturnType<typeof makeHome>>;
const at = (...names: readonly string[]): string => join(home.path, ...names);
before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
});
after(() => home[Symbol.asyncDispose]());

const load = (...args: readonly string[]) => runHere(home.path, ['load', ...args, '--json']);

/** Members of the lines of --json, as columns. */
const column = (lines: readonly Record<string, unknown>[], ...names: readonly string[]) =>
  lines.map((line) => names.map((name) => line[name]));

const database = () => at('data', 'rowferry.sqlite');
const namesInLedger = () =>
  withDatabase(database(), (db) => db.prepare('SELECT name FROM rowferry_loads ORDER BY rowid').all()).map(
    ({ name }) => name,
  );

/** The same command line with something to read. */
async function piped(input: Buffer, ...args: readonly string[]) {
  const texts = { stdout: '', stderr: '' };
  const capture = (name: 'stdout' | 'stderr') =>
    new Writable({
      write: (chunk, _encoding, done) => {
        texts[name] += chunk;
        done();
      },
    });
  const stdin = Readable.from([input.subarray(0, 3), input.subarray(3)]);
  const streams = { stdin, stdout: capture('stdout'), stderr: capture('stderr') };
  const code = await run([...args, '--home', home.path, '--json'], streams);
  const [line = {}]: Record<string, unknown>[] = texts.stdout
    .split('\n')
    .filter(Boolean)
    .map((text) => JSON.parse(text));
  return { code, line, stderr: texts.stderr };
}

for (const [ending, pack, id] of [
  ['gz', gzipSync, 100],
  ['zst', zstdCompressSync, 200],
] as const) {
  test(`.${ending}: table and names as of the plain file; the content is the same load however it comes`, async () => {
    const rows = `${jobs(id, 3)}${id + 3},\n`;
    const file = `jobs-${ending}.csv.${ending}`;
    writeFileSync(at(file), pack(rows));
    const first = await load(file);
    assert.equal(first.code, 3, first.stderr);
    assert.deepEqual(column(first.json, 'file', 'table', 'bytes', 'inserted', 'rejected'), [
      [file, 'jobs', rows.length, 3, 1],
    ]);
    assert.match(
      basename(String(first.json[0]?.rejects)),
      new RegExp(`^jobs-${ending}\\.[0-9A-Z]{26}\\.csv$`),
    );
    assert.equal(namesInLedger().at(-1), file);
    writeFileSync(at('jobs-plain.csv'), rows);
    for (const again of [file, 'jobs-plain.csv']) {
      const { json } = await load(again);
      assert.deepEqual(column(json, 'file', 'state', 'load'), [[again, 'duplicate', first.json[0]?.load]]);
    }
    assert.deepEqual(leftIn(home.path), []);
  });
}

test('an archive: members go parents first, each a load; one of them alone; what is no CSV is named', async () => {
  const files = {
    'hired_employees.csv': '1,Ann,2021-07-27T16:02:08Z,301,301\n',
    'jobs.csv': '301,Baker\n302,\n',
    'notes/read.me': 'x',
    'departments.csv': '301,Ops\n',
  };
  const path = commandZip(home.path, 'hr.zip', files);
  const one = await load('hr.zip!departments.csv');
  assert.deepEqual([one.code, column(one.json, 'file', 'inserted')], [0, [['hr.zip!departments.csv', 1]]]);
  const all = await load(path);
  assert.equal(all.code, 3, all.stderr);
  assert.deepEqual(column(all.json, 'file', 'table', 'state'), [
    [`${path}!departments.csv`, 'departments', 'duplicate'],
    [`${path}!jobs.csv`, 'jobs', 'completed_with_rejects'],
    [`${path}!hired_employees.csv`, 'hired_employees', 'completed'],
  ]);
  assert.match(all.stderr, /left alone: .*hr\.zip!notes\/read\.me \(not \.csv\)/);
  assert.equal(namesInLedger().at(-1), 'hr.zip!hired_employees.csv');
  assert.match(basename(String(all.json[1]?.rejects)), /^jobs\.[0-9A-Z]{26}\.csv$/);
  const none = await load('hr.zip!job.csv');
  assert.equal(none.code, 2);
  assert.match(
    none.stderr,
    /hr\.zip holds no job\.csv\n {2}it holds hired_employees\.csv, jobs\.csv, departments\.csv/,
  );
});

test('an archive named for a table, with files of any names in it', async () => {
  const rows = (id: number) => jobs(id, 2);
  pythonZip(at('jobs.zip'), [
    { name: '2021.csv', content: rows(410) },
    { name: 'old/2020.csv', content: rows(420) },
  ]);
  const { code, json, stderr } = await load('jobs.zip');
  assert.deepEqual([code, column(json, 'table', 'inserted')], [0, Array(2).fill(['jobs', 2])], stderr);
  pythonZip(at('export.zip'), [{ name: '2023.csv', content: rows(440) }]);
  const untold = await load('export.zip');
  assert.deepEqual([untold.code, /no table is named in 2023\.csv/.test(untold.stderr)], [2, true]);
  pythonZip(at('jobs.zip'), [{ name: '2022.csv', content: rows(430) }]);
  assert.deepEqual(column((await load('jobs.zip')).json, 'table', 'inserted'), [['jobs', 2]]);
});

test('of a damaged archive nothing is loaded, also where the fault is in its last member', async () => {
  const path = pythonZip(at('jobs-bad.zip'), [
    { name: 'jobs-a.csv', content: jobs(500, 2), stored: true },
    { name: 'jobs-b.csv', content: jobs(510, 2), stored: true },
  ]);
  const bytes = readFileSync(path);
  const fault = bytes.indexOf('511,');
  bytes[fault] = 57;
  writeFileSync(path, bytes);
  const before = namesInLedger();
  const outcome = await load('jobs-bad.zip');
  assert.equal(outcome.code, 1);
  assert.match(outcome.stderr, /jobs-bad\.zip!jobs-b\.csv cannot be read as zip: its CRC-32 is not the one/);
  assert.match(outcome.stderr, /not begun: jobs-bad\.zip!jobs-b\.csv/);
  assert.deepEqual([namesInLedger(), leftIn(home.path)], [before, []]);
});

test('a file that is cut, or expands too far: nothing is loaded; the flag allows more', async () => {
  const rows = gzipSync(jobs(200_000, 20_000));
  writeFileSync(at('jobs-cut.csv.gz'), rows.subarray(0, -9));
  const before = namesInLedger();
  const cut = await load('jobs-cut.csv.gz');
  assert.deepEqual([cut.code, column(cut.json, 'state')], [1, [['failed']]]);
  assert.match(cut.stderr, /jobs-cut\.csv\.gz cannot be read as gzip: it ends too early/);
  writeFileSync(at('jobs-large.csv.gz'), rows);
  const large = await load('jobs-large.csv.gz', '--max-expanded', '100K');
  assert.match(large.stderr, /expands to more than 102400 bytes; nothing of it was loaded\n.*--max-expanded/);
  assert.deepEqual([namesInLedger(), leftIn(home.path)], [before, []]);
  writeFileSync(at('rowferry.config.json'), '{"maxExpandedBytes": 1000}');
  assert.equal((await load('jobs-large.csv.gz')).code, 1);
  const allowed = await load('jobs-large.csv.gz', '--max-expanded', '1M');
  assert.deepEqual([allowed.code, column(allowed.json, 'inserted')], [0, [[20_000]]]);
  writeFileSync(at('rowferry.config.json'), '{}');
});

test('check unpacks too, and leaves nothing', async () => {
  writeFileSync(at('jobs-check.csv.gz'), gzipSync('30001,x\n30002,\n'));
  const { code, json } = await runHere(home.path, ['check', 'jobs-check.csv.gz', '--json']);
  assert.deepEqual([code, column(json, 'file', 'bytes', 'rejected')], [3, [['jobs-check.csv.gz', 15, 1]]]);
  assert.deepEqual(leftIn(home.path), []);
});

test('names with * that the shell left alone; several files into one table, in their order', async () => {
  mkdirSync(at('in', 'more.csv'), { recursive: true });
  for (const [index, name] of ['b-2.csv', 'b-1.csv.gz', 'b-3.csv', 'c.csv'].entries()) {
    const rows = jobs(600 + 10 * index, 2);
    writeFileSync(at('in', name), name.endsWith('gz') ? gzipSync(rows) : rows);
  }
  const some = await load('in/b-[12]*', '--table', 'jobs');
  assert.deepEqual(column(some.json, 'file', 'state'), [
    ['in/b-1.csv.gz', 'completed'],
    ['in/b-2.csv', 'completed'],
  ]);
  const all = await load('in/{b,c}*', 'in/b-[3].csv', '--table', 'jobs');
  assert.deepEqual(column(all.json, 'file', 'state'), [
    ['in/b-1.csv.gz', 'duplicate'],
    ['in/b-2.csv', 'duplicate'],
    ['in/b-3.csv', 'completed'],
    ['in/c.csv', 'completed'],
  ]);
  const none = await load('in/x*.csv', '--table', 'jobs');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no file matches in\/x\*\.csv in .*\n {2}\* stands for/);
});

test('a file whose name has a * or brackets is that file', async () => {
  writeFileSync(at('jobs-[1].csv'), jobs(650, 1));
  assert.deepEqual(column((await load('jobs-[1].csv')).json, 'file', 'state'), [
    ['jobs-[1].csv', 'completed'],
  ]);
});

test('a folder stands for its files of every readable kind', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('folder', 'jobs-1.csv'), jobs(700, 1));
  writeFileSync(at('folder', 'jobs-2.csv.zst'), zstdCompressSync(jobs(710, 1)));
  pythonZip(at('folder', 'a.zip'), [{ name: 'jobs-3.csv', content: jobs(720, 1) }]);
  writeFileSync(at('folder', '.hidden.csv.gz'), '');
  const { json } = await load('folder');
  assert.deepEqual(column(json, 'file'), [
    ['folder/a.zip!jobs-3.csv'],
    ['folder/jobs-1.csv'],
    ['folder/jobs-2.csv.zst'],
  ]);
});

test('standard input, plain and packed, under the name that is given', async () => {
  const rows = Buffer.from(jobs(800, 3));
  const first = await piped(rows, 'load', '-', '--table', 'jobs', '--name', 'jobs-2021.csv');
  assert.deepEqual([first.code, column([first.line], 'file', 'inserted')], [0, [['jobs-2021.csv', 3]]]);
  assert.equal(namesInLedger().at(-1), 'jobs-2021.csv');
  const again = await piped(gzipSync(rows), 'load', '-', '--table', 'jobs');
  assert.deepEqual(column([again.line], 'file', 'state', 'load'), [['stdin', 'duplicate', first.line.load]]);
  const checked = await piped(Buffer.from('900,x\n901,\n'), 'check', '-', '--table', 'jobs');
  assert.deepEqual([checked.code, column([checked.line], 'file', 'rejected')], [3, [['stdin', 1]]]);
  assert.deepEqual(leftIn(home.path), []);
});

test('wrong use: standard input without a table, or twice; one name for many', async () => {
  const untold = await load('-');
  assert.equal(untold.code, 2);
  assert.match(untold.stderr, /standard input has no name that tells its table\n {2}say which: --table T/);
  const twice = await load('-', '-', '--table', 'jobs');
  assert.deepEqual([twice.code, /- stands twice/.test(twice.stderr)], [2, true]);
  const many = await load('folder', '--name', 'x.csv');
  assert.deepEqual([many.code, /--name is for one file, and there are 3/.test(many.stderr)], [2, true]);
  const size = await load('folder', '--max-expanded', 'much');
  assert.deepEqual([size.code, /expected a size such as 500M or 64G/.test(size.stderr)], [2, true]);
});

const MAIN = new URL('../../src/cli/main.ts', import.meta.url).pathname;
/** The empty folder of a process that was killed may stay. */
const spools = () => leftIn(home.path).filter((name) => name.endsWith('.spool'));

/** A load that is in the middle of unpacking, as its standard input does not end. */
async function unpacking(t: TestContext) {
  const child = spawn(process.execPath, [MAIN, 'load', '-', '--table', 'jobs'], { cwd: home.path });
  t.after(() => child.kill('SIGKILL'));
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    told += text;
  });
  child.stdin.on('error', () => {}).write('1,half of');
  while (spools().length === 0) {
    assert.equal(child.exitCode, null, told);
    await pause(10);
  }
  return { child, ended: once(child, 'close'), told: () => told };
}

test('Ctrl-C while it comes in: nothing is left', async (t) => {
  const { child, ended, told } = await unpacking(t);
  child.kill('SIGINT');
  assert.deepEqual(await ended, [1, null]);
  assert.match(told(), /stopping/);
  assert.deepEqual(leftIn(home.path), []);
});

test('kill -9 while it comes in: the next command takes away what is left', async (t) => {
  const { child, ended } = await unpacking(t);
  child.kill('SIGKILL');
  await ended;
  assert.equal(spools().length, 1);
  writeFileSync(at('jobs-next.csv'), jobs(950, 1));
  assert.equal((await load('jobs-next.csv')).code, 0);
  assert.deepEqual(spools(), []);
});

test('through a real pipe, with a file of many parts', async () => {
  const rows = jobs(40_000, 100_000, 60);
  writeFileSync(at('many.csv'), rows);
  execFileSync('gzip', ['-k', at('many.csv')]);
  const command = `gzip -dc many.csv.gz | "${process.execPath}" "${MAIN}" load - --table jobs --json`;
  const line = JSON.parse(execFileSync('sh', ['-c', command], { cwd: home.path, encoding: 'utf8' }));
  assert.deepEqual([line.inserted, line.bytes], [100_000, rows.length]);
  const again = await rowferry(home.path, ['load', 'many.csv.gz', '--table', 'jobs']);
  assert.match(again.stdout, /jobs from many\.csv\.gz[\s\S]*this content was loaded before/);
  assert.deepEqual(spools(), []);
});

const plan = (...args: readonly string[]) => runHere(home.path, ['plan', ...args, '--json']);

test('plan takes packed files, and says what to type for them', async () => {
  mkdirSync(at('packed'));
  writeFileSync(at('packed', 'towns.csv.gz'), gzipSync('id,name\n1,Bern\n2,Basel\n'));
  writeFileSync(at('packed', 'people.csv.zst'), zstdCompressSync('id,town_id\n1,2\n2,1\n3,1\n'));
  pythonZip(at('packed', 'more.zip'), [
    { name: 'trees.csv', content: 'id;height\n1;2\n' },
    { name: 'leaves.csv', content: 'id,tree\n1,1\n' },
  ]);
  const { json, code, stderr } = await plan('packed');
  assert.equal(code, 0, stderr);
  assert.deepEqual(column(json, 'table', 'files').sort(), [
    ['leaves', ['packed/more.zip!leaves.csv']],
    ['people', ['packed/people.csv.zst']],
    ['towns', ['packed/towns.csv.gz']],
    ['trees', ['packed/more.zip!trees.csv']],
  ]);
  const trees = json.find(({ table }) => table === 'trees');
  assert.deepEqual(trees?.load, [
    {
      files: ['packed/more.zip!trees.csv'],
      table: null,
      dialect: { delimiter: ';', header: true },
    },
  ]);
  assert.deepEqual(spools(), []);
});

test('plan reads standard input, and the load to type does too', async () => {
  const { line, code } = await piped(gzipSync('id,name\n1,Bern\n'), 'plan', '-', '--table', 'cities');
  assert.equal(code, 0);
  assert.deepEqual([line.table, line.rows, line.files], ['cities', 1, ['stdin']]);
  assert.deepEqual(line.load, [{ files: ['-'], table: 'cities', dialect: null }]);
  const named = await piped(Buffer.from('id\n1\n'), 'plan', '-', '--table', 'cities', '--name', 'cities.csv');
  assert.deepEqual(named.line.load, [{ files: ['-'], table: 'cities', dialect: null }]);
  const nameless = await piped(Buffer.from('id\n1\n'), 'plan', '-');
  assert.match(nameless.stderr, /standard input has no name/);
  assert.deepEqual(spools(), []);
});

test('plan reads the files of a table as the configuration says, and their footers', async () => {
  const dialects = { dates: { dateFormat: '%d/%m/%Y' } };
  writeFileSync(at('rowferry.config.json'), JSON.stringify({ dialects }));
  writeFileSync(at('dates.csv'), 'id,day\n1,03/04/2021\n2,05/06/2021\n');
  const dayIs = async () => {
    const { json, stderr } = await plan('dates.csv');
    assert.equal(json.length, 1, stderr);
    return Reflect.get(Object(Object(json[0]?.columns)[1]), 'kind');
  };
  assert.equal(await dayIs(), 'date');
  rmSync(at('rowferry.config.json'));
  assert.equal(await dayIs(), 'text');
  const rows = Array.from({ length: 60_000 }, (_, i) => `${i},some words of row ${i}`);
  writeFileSync(at('long.csv'), `id,words\n${rows.join('\n')}\n60000 rows\n`);
  const long = await plan('long.csv');
  assert.deepEqual(
    [long.json[0]?.rows, Reflect.get(Object(long.json[0]?.dialect), 'skipFooterRows')],
    [60_000, 1],
  );
});

test('clean takes packed files and standard input, and writes plain ones', async () => {
  const clean = (...args: readonly string[]) => runHere(home.path, ['clean', ...args, '--auto']);
  mkdirSync(at('odd'));
  writeFileSync(at('odd', 'a.csv.gz'), gzipSync('id;name\n1;x\n2;y\n'));
  pythonZip(at('odd', 'two.zip'), [
    { name: 'b.csv', content: 'id|name\n3|z\n4|w\n' },
    { name: 'c.csv', content: 'id,name\n5,v\n' },
  ]);
  const { code, stderr } = await clean('odd', '--out', 'plain/');
  assert.equal(code, 0, stderr);
  assert.match(stderr, /odd\/two\.zip!b\.csv: 2 of 2 records written/);
  const texts = ['a.csv', 'b.csv', 'c.csv'].map((name) => readFileSync(at('plain', name), 'utf8'));
  assert.deepEqual(texts, ['id,name\n1,x\n2,y\n', 'id,name\n3,z\n4,w\n', 'id,name\n5,v\n']);
  const over = await clean('odd/a.csv.gz', '--out', 'odd/a.csv.gz');
  assert.equal(over.code, 2);
  assert.match(over.stderr, /odd\/a\.csv\.gz is the file that is cleaned/);
  const input = gzipSync('id;name\n6;u\n7;t\n');
  const { line } = await piped(input, 'clean', '-', '--auto', '--out', at('plain', 'd.csv'));
  assert.deepEqual([line.file, line.written], ['stdin', 2]);
  assert.equal(readFileSync(at('plain', 'd.csv'), 'utf8'), 'id,name\n6,u\n7,t\n');
  assert.deepEqual(spools(), []);
});
