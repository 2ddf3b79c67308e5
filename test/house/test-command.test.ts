import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';

const REPOSITORY = join(import.meta.dirname, '../..');
const IMPORTS = `import { test } from 'node:test';`;
let root = '';
let temporary = '';

before(() => {
  root = mkdtempSync(join(tmpdir(), 'rowferry-house-'));
  temporary = join(root, 'tmp');
  mkdirSync(temporary);
  cpSync(join(REPOSITORY, 'scripts'), join(root, 'scripts'), { recursive: true });
  symlinkSync(join(REPOSITORY, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(root, 'package.json'), '{"type":"module"}');
  put('database/sqlite/good.test.ts', `${IMPORTS} test('good', () => {});`);
  put('house/bad.test.ts', `${IMPORTS} test('bad', () => { throw new Error('no'); });`);
  put('skipped/skipped.test.ts', `${IMPORTS} test('fine', () => {}); test.skip('skipped', () => {});`);
  put(
    'seeded/seeded.test.ts',
    `${IMPORTS} import fc from 'fast-check'; test('t', () => console.log('drawn with ' + fc.readConfigureGlobal().seed));`,
  );
  put('broken/broken.test.ts', 'const = ;');
  put(
    'suite/suite.test.ts',
    `import { describe, test } from 'node:test'; describe('s', () => test('t', () => {}));`,
  );
});

after(() => rmSync(root, { recursive: true, force: true }));

function put(file: string, content: string): void {
  const path = join(root, 'test', file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}

function run(...parameters: string[]): { status: number | null; last: string; output: string } {
  // Inside a test the runner would take itself for a child and run nothing.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/test.ts', ...parameters], {
    cwd: root,
    encoding: 'utf8',
    env: { ...environment, TMPDIR: temporary },
  });
  const output = `${stdout}${stderr}`;
  return { status, last: output.trimEnd().split('\n').at(-1) ?? '', output };
}

test('passing tests exit 0 and are counted, in an area, a file and a suite', () => {
  assert.deepEqual(pick(run('--only', 'sqlite')), [0, '1 test files: 1 passed, 0 failed']);
  assert.deepEqual(pick(run('test/database/sqlite/good.test.ts')), [0, '1 test files: 1 passed, 0 failed']);
  assert.deepEqual(pick(run('--only', 'database', '--only', 'suite')), [
    0,
    '2 test files: 2 passed, 0 failed',
  ]);
  assert.deepEqual(readdirSync(temporary), []);
});

test('property tests draw with the seed of the run: 1, another or one by chance', () => {
  const seedOf = (...parameters: string[]): string | undefined =>
    /^drawn with (\d+)$/m.exec(run('--only', 'seeded', ...parameters).output)?.[1];
  assert.equal(seedOf(), '1');
  assert.equal(seedOf('--seed', '7'), '7');
  assert.notEqual(seedOf('--seed', 'random'), seedOf('--seed', 'random'));
  assert.deepEqual(pick(run('--seed', 'seven')), [
    2,
    '--seed seven: expected a whole number below 1000000000, or the word random',
  ]);
});

test('a failing test, a skipped one, and a file that does not start each exit 1', () => {
  assert.deepEqual(pick(run('--only', 'house')), [1, '1 test files: 0 passed, 1 failed']);
  assert.deepEqual(pick(run('--only', 'skipped')), [1, '1 test files: 1 passed, 1 failed']);
  assert.deepEqual(pick(run('--only', 'broken')), [1, '1 test files: 0 passed, 1 failed']);
  assert.equal(run().status, 1);
});

test('an unknown area, a missing file and a file that is no test exit 2 and say what there is', () => {
  assert.deepEqual(pick(run('--only', 'nowhere')), [
    2,
    'no area nowhere; there are: broken, database, house, seeded, skipped, sqlite, suite',
  ]);
  assert.deepEqual(pick(run('test/none.test.ts')), [2, 'no file test/none.test.ts']);
  assert.equal(run('package.json').status, 2);
});

test('--list names the areas and their files', () => {
  const { status, output } = run('--list');
  assert.equal(status, 0);
  assert.match(output, /^sqlite\s+test\/database\/sqlite\/good\.test\.ts$/m);
});

test('without the peers nothing runs, and what to install is said', () => {
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['scripts/test.ts', '--only', 'sqlite'], {
    cwd: root,
    encoding: 'utf8',
    // Without a PATH there is no apt-get either, so nothing is installed here.
    env: { ...environment, PATH: temporary },
  });
  assert.equal(status, 1);
  assert.match(stdout, /^not found: .*avrocat, .*sqlite3/m);
  assert.match(stdout, /apt-get install .*avro-bin .*sqlite3/);
});

function pick(result: ReturnType<typeof run>): [number | null, string] {
  return [result.status, result.last];
}
