import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeHome, runHere } from './command.ts';

let home: Awaited<ReturnType<typeof makeHome>>;
before(async () => {
  home = await makeHome();
  await writeFile(join(home.path, 'a.csv'), 'id;name\n1;x\n2;"y, z"\n');
  await writeFile(join(home.path, 'b.csv'), 'id;name\n3;w\n4\n');
});
after(() => home[Symbol.asyncDispose]());

const SEMICOLONS = ['--dialect', '{"delimiter":";"}'];
const run = (...args: string[]) => runHere(home.path, ['clean', ...args]);

test('one file goes to stdout, the words to stderr', async () => {
  const { code, stdout, stderr } = await run('a.csv', ...SEMICOLONS);
  assert.equal(code, 0);
  assert.equal(stdout, 'id,name\n1,x\n2,"y, z"\n');
  assert.match(stderr, /a\.csv: 2 of 2 records written/);
});

test('--auto says how the file was read', async () => {
  const { code, stdout, stderr } = await run('a.csv', '--auto');
  assert.equal(code, 0);
  assert.equal(stdout, 'id,name\n1,x\n2,"y, z"\n');
  assert.match(stderr, /read as: semicolons/);
});

test('what does not look like RFC 4180 is pointed to --auto', async () => {
  await writeFile(join(home.path, 'latin.csv'), Buffer.from('id,name\n1,\xfc\n2,\xf6\n3,x\n', 'latin1'));
  const hint = /does not look like; --auto finds out/;
  for (const file of ['a.csv', 'latin.csv']) assert.match((await run(file)).stderr, hint);
  await writeFile(join(home.path, 'good.csv'), 'id,name\n1,x;y\n');
  assert.doesNotMatch((await run('good.csv')).stderr, hint);
  assert.doesNotMatch((await run('a.csv', '--auto')).stderr, hint);
});

test('several files go into a folder; what was left out is said, with exit code 3', async () => {
  const { code, stdout, stderr } = await run('a.csv', 'b.csv', ...SEMICOLONS, '--out', 'clean/');
  assert.equal(code, 3);
  assert.equal(stdout, '');
  assert.match(stderr, /b\.csv: 1 of 2 records written/);
  assert.match(stderr, /line 3, record 2: columns\.few: 1 field; expected 2/);
  assert.deepEqual(await readdir(join(home.path, 'clean')), ['a.csv', 'b.csv']);
  assert.equal(await readFile(join(home.path, 'clean/b.csv'), 'utf8'), 'id,name\n3,w\n');
});

test('--json writes a report for each file, and no content', async () => {
  const text = await readFile(new URL('../../docs/cli-json.md', import.meta.url), 'utf8');
  const example = /## clean\n[\s\S]*?```json\n(.*)\n```/.exec(text)?.[1] ?? '';
  const { code, json } = await run('b.csv', ...SEMICOLONS, '--json');
  assert.equal(code, 3);
  assert.deepEqual(Object.keys(json[0] ?? {}), Object.keys(JSON.parse(example)));
  assert.deepEqual(json[0]?.rejects, [
    { record: 2, line: 3, code: 'columns.few', message: '1 field; expected 2' },
  ]);
});

test('wrong use is told: several files into one, onto itself, a dialect that is none', async () => {
  await mkdir(join(home.path, 'other'), { recursive: true });
  await writeFile(join(home.path, 'other/a.csv'), 'id\n1\n');
  for (const [args, words] of [
    [['a.csv', 'b.csv'], /several files without --out/],
    [['a.csv', 'b.csv', '--out', 'one.csv'], /several files into one file/],
    [['a.csv', 'other/a.csv', '--out', 'clean/'], /two files are named a\.csv/],
    [['a.csv', '--out', 'a.csv'], /a\.csv is the file that is cleaned/],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 2, stderr);
    assert.match(stderr, words);
  }
  assert.notEqual((await run('a.csv', '--dialect', '{"delimiter":""}')).code, 0);
  assert.equal(await readFile(join(home.path, 'a.csv'), 'utf8'), 'id;name\n1;x\n2;"y, z"\n');
});
