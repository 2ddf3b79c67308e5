import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { barrels, cycles, longFiles, oddNames, outsideOf, ownerBreaches, rankBreaches } from './rules.ts';
import { importsOf, ROOT, readSources, type Sources } from './source.ts';

const source = readSources('src/**/*.ts');
const everything = readSources('{src,test,scripts,bench,examples}/**/*.ts');

const one = (path: string, text: string): Sources => new Map([[path, text]]);

test('every kind of import is seen', () => {
  const text = [
    "import { a } from './a.ts';",
    "import type { B } from './b.ts';",
    "import {\n  c,\n  type D,\n} from '../c.ts';",
    "import * as e from 'e';",
    "import f, { g } from './f.ts';",
    "import './side-effect.ts';",
    "export { h } from './h.ts';",
    "export type { I } from './i.ts';",
    "export * from './j.ts';",
    "const k = await import('./k.ts');",
    "type L = import('./l.ts').L;",
    "const text = `import { no } from './no.ts'`; // import('./no.ts')",
  ].join('\n');
  assert.deepEqual(
    importsOf('src/x/y.ts', text).map(({ specifier, file, typeOnly }) => [specifier, file, typeOnly]),
    [
      ['./a.ts', 'src/x/a.ts', false],
      ['./b.ts', 'src/x/b.ts', true],
      ['../c.ts', 'src/c.ts', false],
      ['e', null, false],
      ['./f.ts', 'src/x/f.ts', false],
      ['./side-effect.ts', 'src/x/side-effect.ts', false],
      ['./h.ts', 'src/x/h.ts', false],
      ['./i.ts', 'src/x/i.ts', true],
      ['./j.ts', 'src/x/j.ts', false],
      ['./k.ts', 'src/x/k.ts', false],
      ['./l.ts', 'src/x/l.ts', false],
    ],
  );
});

test('imports go downward, and folders of one rank do not import each other', () => {
  const breach = (path: string, specifier: string): number =>
    rankBreaches(one(path, `import type { A } from '${specifier}';`)).length;
  assert.equal(breach('src/csv/a.ts', '../ingest/a.ts'), 1, 'upward');
  assert.equal(breach('src/errors.ts', './ledger/a.ts'), 1, 'upward from a loose file');
  assert.equal(breach('src/watch/a.ts', '../client/a.ts'), 1, 'sideways');
  assert.equal(breach('src/model/a.ts', '../lib/a.ts'), 1, 'sideways at the bottom');
  assert.equal(breach('src/index.ts', './cli/main.ts'), 1, 'the entry does not import the program');
  assert.equal(breach('src/attic/a.ts', '../errors.ts'), 1, 'a room without a rank');
  assert.equal(breach('src/server/a.ts', '../ingest/a.ts'), 0);
  assert.equal(breach('src/lib/a.ts', '../errors.ts'), 0);
  assert.equal(breach('src/database/sqlite/a.ts', '../database.ts'), 0);
  assert.deepEqual(rankBreaches(source), []);
});

test('no values go round in a circle', () => {
  const circle = new Map([
    ['src/a/a.ts', "import { b } from './b.ts';"],
    ['src/a/b.ts', "import { c } from './c.ts';"],
    ['src/a/c.ts', "import { b } from './b.ts';"],
  ]);
  assert.deepEqual(cycles(circle), ['src/a/b.ts → src/a/c.ts → src/a/b.ts']);
  circle.set('src/a/c.ts', "import type { B } from './b.ts';");
  assert.deepEqual(cycles(circle), []);
  assert.deepEqual(cycles(source), []);
});

test('each outside thing has one owner', () => {
  const breaches = (path: string, text: string): number => ownerBreaches(one(path, text)).length;
  assert.equal(breaches('src/ledger/a.ts', "import { DatabaseSync } from 'node:sqlite';"), 1);
  assert.equal(breaches('src/database/open.ts', "import pg from 'pg';"), 1);
  assert.equal(breaches('src/ingest/a.ts', "import type { FastifyInstance } from 'fastify';"), 1);
  assert.equal(breaches('src/client/a.ts', "const nats = await import('@nats-io/jetstream');"), 1);
  assert.equal(breaches('src/log.ts', 'const a = process.env.HOME;'), 1);
  assert.equal(breaches('src/server/a.ts', 'const a = process.argv[2];'), 1);
  assert.equal(breaches('src/backup/a.ts', "process.stdout.write('');"), 1);
  assert.equal(breaches('src/watch/a.ts', "console.error('');"), 1);
  assert.equal(breaches('src/database/sqlite/a.ts', "import { DatabaseSync } from 'node:sqlite';"), 0);
  assert.equal(breaches('src/model/a.ts', '// process.env belongs to config.ts\n/** console.log */'), 0);
  assert.deepEqual(ownerBreaches(source), []);
});

test('only the modules that package.json exports re-export', () => {
  const { exports }: { exports: unknown } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const entries = [...JSON.stringify(exports).matchAll(/"\.\/dist\/([^"]+)\.js"/g)].map(
    ([, file]) => `src/${file}.ts`,
  );
  assert.deepEqual(entries, ['src/index.ts', 'src/client/browser.ts', 'src/client/client.ts']);
  assert.equal(barrels(one('src/model/nouns.ts', "export { a } from './a.ts';"), entries).length, 1);
  assert.equal(barrels(one('src/model/nouns.ts', "export * from './a.ts';"), entries).length, 1);
  assert.equal(barrels(one('src/model/index.ts', 'export const a = 1;'), entries).length, 1);
  assert.equal(barrels(one('src/index.ts', "export { a } from './a.ts';"), entries).length, 0);
  assert.deepEqual(barrels(source, entries), []);
});

test('the browser entry reaches nothing that comes from Node or from a package', () => {
  const reached = new Map([
    ['src/a.ts', "import type { N } from 'node:fs';\nimport { b } from './b.ts';"],
    ['src/b.ts', "import { readFile } from 'node:fs';\nimport pino from 'pino';\nconst c = Buffer.from('');"],
  ]);
  assert.deepEqual(outsideOf(reached, 'src/a.ts'), [
    'src/b.ts imports node:fs',
    'src/b.ts imports pino',
    'src/b.ts uses Buffer',
  ]);
  assert.deepEqual(outsideOf(source, 'src/client/browser.ts'), []);
});

test('no file is longer than 400 lines', () => {
  assert.equal(longFiles(one('a.ts', 'x\n'.repeat(401))).length, 1);
  assert.equal(longFiles(one('a.ts', 'x\n'.repeat(400))).length, 0);
  assert.deepEqual(longFiles(everything), []);
});

test('file and folder names are kebab-case', () => {
  assert.equal(oddNames(['src/LoadFile.ts', 'src/load_file.ts', 'src/loadFile/a.ts']).length, 3);
  assert.deepEqual(oddNames(['src/load-file.ts', 'test/a/b-c.test.ts']), []);
  assert.deepEqual(oddNames(everything.keys()), []);
});
