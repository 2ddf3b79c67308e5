import assert from 'node:assert/strict';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { withDatabase } from '../client/rig.ts';
import { makeHome, runHere } from './command.ts';

let home: Awaited<ReturnType<typeof makeHome>>;
const database = () => join(home.path, 'data', 'rowferry.sqlite');
const query = (sql: string) =>
  withDatabase(database(), (db) =>
    db
      .prepare(sql)
      .all()
      .map((row) => Object.values(row)),
  );
const path = (name: string) => join(home.path, name);

before(async () => {
  home = await makeHome();
  const { makeDatabase } = await import('../client/rig.ts');
  await makeDatabase(home.path);
  withDatabase(database(), (db) =>
    db.exec('CREATE TABLE notes (id INTEGER PRIMARY KEY, note VARCHAR(30) NOT NULL, n SMALLINT)'),
  );
});
after(() => home[Symbol.asyncDispose]());

async function load(name: string, content: string | Buffer, ...more: string[]): Promise<string> {
  await writeFile(path(name), content);
  const args = ['load', name, '--table', 'notes', '--max-rejects', '100%', '--json', ...more];
  const { json, stderr } = await runHere(home.path, args);
  assert.equal(typeof json[0]?.load, 'string', stderr);
  return String(json[0]?.load);
}

const rejects = (...args: string[]) => runHere(home.path, ['rejects', ...args]);
const CONTENT = 'note,id,n\nfine,1,1\n"=cmd|\'/C calc\'!A0, really long indeed",2,x\n,3,-5\n@SUM(A1),4,＝1\n';

test('exported raw, as ndjson, and as CSV in which no cell is a formula', async () => {
  const id = await load('notes.csv', CONTENT);
  const raw = await rejects(id, '--export', 'raw');
  assert.equal(raw.stdout, CONTENT.replace('fine,1,1\n', ''));
  const lines = (await rejects(id, '--export', 'ndjson')).json;
  assert.deepEqual(
    lines.map(({ line, state }) => [line, state]),
    [
      [3, 'open'],
      [4, 'open'],
      [5, 'open'],
    ],
  );
  assert.equal((await rejects(id, '--json')).stdout, (await rejects(id, '--export', 'ndjson')).stdout);
  const csv = await rejects(id, '--export', 'csv', '--out', 'reasons.csv');
  assert.equal(csv.stdout, '');
  const sheet = (await readFile(path('reasons.csv'), 'utf8')).split('\r\n');
  assert.equal(sheet[0], 'line,byte_offset,column,value,code,message');
  assert.equal(sheet.length, 6);
  assert.match(sheet[1] ?? '', /^3,19,note,"'=cmd\|'\/C calc'!A0, really long indeed",length,/);
  assert.match(sheet[4] ?? '', /^5,\d+,n,'＝1,type.integer,/);
  assert.match((await rejects(id, '--out', 'x')).stderr, /--out is for an export/);
});

test('filtered by code and column', async () => {
  const id = await load('filter.csv', '10,,1\n11,a,x\n12,,y\n');
  const lines = async (...args: string[]) =>
    (await rejects(id, '--json', ...args)).json.map(({ line }) => line);
  assert.deepEqual(await lines('--code', 'missing'), [1, 3]);
  assert.deepEqual(await lines('--column', 'n'), [2, 3]);
  assert.deepEqual(await lines('--code', 'missing', '--column', 'n'), []);
});

test('mended and sent back: each once, lines kept, what is still wrong stays open', async () => {
  const id = await load('mend.csv', 'id,note,n\n20,a,1\n21,,1\n22,,1\n23,c,x\n');
  await rejects(id, '--export', 'raw', '--out', 'fixed.csv');
  const fixed = await readFile(path('fixed.csv'), 'utf8');
  assert.equal(fixed, 'id,note,n\n21,,1\n22,,1\n23,c,x\n');
  await writeFile(path('fixed.csv'), fixed.replace('21,,1', '21,b,1').replace('23,c,x', '23,c,99999'));
  const first = await rejects('retry', id, '--with', 'fixed.csv', '--json');
  assert.deepEqual(
    [first.code, first.json.length, first.json[0]?.inserted, first.json[0]?.rejected],
    [3, 1, 1, 2],
  );
  const open = (await rejects(id, '--json')).json;
  assert.deepEqual(
    open.map(({ line }) => line),
    [4, 5],
  );
  assert.match(JSON.stringify(open[1]?.errors), /"range".*"99999"/);
  const shown = await rejects(id);
  assert.match(
    shown.stdout,
    new RegExp(`^notes from mend.csv\n(?:.*\n)* *1 was loaded since by ${first.json[0]?.load}`),
  );
  const receipt = await runHere(home.path, ['receipts', id]);
  assert.match(receipt.stdout, new RegExp(`1 was loaded since by .*\n\nnext: rowferry rejects ${id}\n$`));
  const retry = await runHere(home.path, ['receipts', String(first.json[0]?.load)]);
  assert.match(retry.stdout, new RegExp(`, retries ${id} from mend\\.csv\n`));
  const still = await rejects(String(first.json[0]?.load));
  assert.match(still.stdout, /^notes from mend\.csv\n(?:.*\n)* +4 +note /);
  const every = (await rejects(id, '--all')).stdout;
  assert.match(every, new RegExp(`\n +3 +note +missing .* ${first.json[0]?.load}\n`));
  assert.match(every, /\nnext: mend them/);
  const again = await rejects('retry', id, '--with', 'fixed.csv', '--json');
  assert.deepEqual([again.code, again.json[0]?.inserted, again.json[0]?.rejected], [3, 0, 2]);
  await writeFile(path('fixed.csv'), 'id,note,n\n21,b,1\n22,b,1\n23,c,1\n');
  assert.equal((await rejects('retry', id, '--with', 'fixed.csv')).code, 0);
  const nothing = await rejects('retry', id, '--with', 'fixed.csv');
  assert.match(nothing.stdout, /nothing was left to load/);
  assert.deepEqual(query('SELECT id, note FROM notes WHERE id BETWEEN 20 AND 29 ORDER BY id'), [
    [20, 'a'],
    [21, 'b'],
    [22, 'b'],
    [23, 'c'],
  ]);
  const all = (await rejects(id, '--all', '--json')).json;
  assert.deepEqual(
    all.map(({ state }) => state),
    ['retried', 'retried', 'retried'],
  );
  assert.doesNotMatch((await rejects(id, '--all')).stdout, /next:/, 'there is nothing left to be done');
  for (const load of [id, String(first.json[0]?.load)]) {
    const { stdout } = await runHere(home.path, ['receipts', load]);
    assert.match(stdout, /\n\nall of its rejects were loaded since\n$/);
  }
});

test('more than fit one request: in pieces, again and again nothing twice', async () => {
  const numbers = Array.from({ length: 60_000 }, (_, i) => 1000 + i);
  const id = await load(
    'many.csv',
    `id,note,n\n${numbers.map((n) => `${n},,1\n`).join('')}`,
    '--max-rejects',
    '100%',
  );
  const mended = numbers.map((n) => `${n},${n % 1000 === 0 ? '' : 'ok'},1\n`).join('');
  await writeFile(path('many-fixed.csv'), `id,note,n\n${mended}`);
  const outcome = await rejects('retry', id, '--with', 'many-fixed.csv', '--json');
  assert.deepEqual(
    outcome.json.map(({ read }) => read),
    [49_999, 10_001],
    outcome.stderr,
  );
  assert.deepEqual(query('SELECT count(*) FROM notes WHERE id >= 1000'), [[59_940]]);
  const again = await rejects('retry', id, '--with', 'many-fixed.csv', '--json');
  assert.equal(
    again.json.reduce((sum, { read }) => sum + Number(read), 0),
    60,
  );
  await writeFile(path('many-fixed.csv'), `id,note,n\n${mended.slice(mended.indexOf('\n') + 1)}`);
  const other = await rejects('retry', id, '--with', 'many-fixed.csv');
  assert.deepEqual(
    [other.code, /59999 records; load .* has 60000 rejects/.test(other.stderr) || other.stderr],
    [2, true],
  );
  await rm(path('many.csv'));
});

test('a file in another encoding goes out and comes back as it was', async () => {
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, 'utf16le');
  const id = await load('wide.csv', utf16('id,note,n\n30,é,1\n31,Ÿ,x\n'));
  await rejects(id, '--export', 'raw', '--out', 'wide-fixed.csv');
  const raw = (await readFile(path('wide-fixed.csv'))).toString('utf16le');
  assert.equal(raw, 'id,note,n\n31,Ÿ,x\n');
  await writeFile(path('wide-fixed.csv'), Buffer.from(raw.replace('x', '2'), 'utf16le'));
  assert.equal((await rejects('retry', id, '--with', 'wide-fixed.csv')).code, 0);
  assert.deepEqual(query('SELECT note, n FROM notes WHERE id = 31'), [['Ÿ', 2]]);
});
