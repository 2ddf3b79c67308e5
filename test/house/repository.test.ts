import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { firstSentence, linesOf, mapOf, readSource, withMap } from '../../scripts/architecture-map.ts';
import { ROOT } from './source.ts';

const MOST_TEXT_BYTES = 1 << 20;

const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((path) => path !== '' && existsSync(join(ROOT, path)));
const texts = new Map(
  tracked
    .map((path): [string, Buffer] => [path, readFileSync(join(ROOT, path))])
    .filter(([, bytes]) => bytes.length <= MOST_TEXT_BYTES && !bytes.includes(0))
    .map(([path, bytes]): [string, string] => [path, bytes.toString()]),
);
const pages = new Map([...texts].filter(([path]) => path.endsWith('.md')));

/** What must not stand in a repository that others clone. */
const FORBIDDEN: ReadonlyArray<readonly [string, RegExp]> = [
  ['the path of one machine', /(?:^|[\s"'`(=:])\/(?:work|root|Users\/[a-z]+)\/[\w.-]/m],
  ['the host of a registry', /\bregistry\.[a-z0-9-]+\.[a-z]{2,}|"resolved":\s*"https?:/],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----|AGE-SECRET-KEY-1[A-Z0-9]{20}/],
  ['an access token', /\b(?:gh[pousr]_\w{36}|npm_\w{36}|AKIA[A-Z0-9]{16}|xox[abpr]-\w{10}|_authToken\s*=)/],
];

function forbiddenIn(text: string): string[] {
  return FORBIDDEN.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
}

test('no machine path, registry host, private key or token is tracked', () => {
  assert.deepEqual(forbiddenIn(`cd ${['', 'work', 'main'].join('/')}`), ['the path of one machine']);
  assert.deepEqual(forbiddenIn(`"${['', 'root', 'x'].join('/')}"`), ['the path of one machine']);
  assert.deepEqual(forbiddenIn(`https://${['registry', 'npmjs', 'org'].join('.')}/a`), [
    'the host of a registry',
  ]);
  assert.deepEqual(forbiddenIn(`-----BEGIN ${'PRIVATE KEY'}-----`), ['a private key']);
  assert.deepEqual(forbiddenIn(`gh${'p_'}${'a1B2'.repeat(9)}`), ['an access token']);
  assert.deepEqual(forbiddenIn('data/work/01J8 and //work/ and a.work/x'), []);
  const found = [...texts].flatMap(([path, text]) => forbiddenIn(text).map((what) => `${path}: ${what}`));
  assert.deepEqual(found, []);
});

test('what is made by running is not tracked', () => {
  const made =
    /(^|\/)(node_modules|dist|backups)\/|^data\/|\.(sqlite|log|tgz|avro)$|^log\.txt$|^rowferry\.(key|config\.json)$/;
  assert.ok(made.test('data/rowferry.sqlite') && made.test('rowferry.key') && !made.test('src/backup/a.ts'));
  assert.deepEqual(
    tracked.filter((path) => made.test(path)),
    [],
  );
});

test('the two lines of the README are there', () => {
  const readme = pages.get('README.md') ?? '';
  assert.match(readme, /^ *npm ci && npm start$/m);
  assert.match(readme, /^ *npm ci && npm test$/m);
});

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> }>
  >;
}

/** Optional packages (those of other platforms) that the lock file names but does not list. */
function unlisted({ packages }: Lock): string[] {
  return Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages || `${path}/node_modules/${name}` in packages),
    ),
  );
}

test('the lock file lists the packages of every platform, without which npm ci refuses it', () => {
  assert.deepEqual(unlisted({ packages: { 'node_modules/a': { optionalDependencies: { b: '1' } } } }), ['b']);
  assert.deepEqual(unlisted(JSON.parse(texts.get('package-lock.json') ?? '')), []);
});

/** Relative links of a Markdown page, with the heading they point at. */
function linksOf(markdown: string): Array<{ file: string; heading: string | undefined }> {
  return [...markdown.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]*))?\)/g)].map((match) => ({
    file: match[1] ?? '',
    heading: match[2],
  }));
}

/** Headings as the anchors that Markdown viewers give them. */
function anchorsOf(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.*)$/gm)].map((match) =>
    (match[1] ?? '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

function deadLinks(path: string, markdown: string): string[] {
  return linksOf(markdown)
    .filter(({ file, heading }) => {
      const target = join(dirname(path), decodeURIComponent(file));
      if (file !== '' && !existsSync(join(ROOT, target))) return true;
      const page = file === '' ? markdown : (texts.get(target) ?? '');
      return heading !== undefined && !anchorsOf(page).includes(heading);
    })
    .map(({ file, heading }) => `${path} → ${file}${heading === undefined ? '' : `#${heading}`}`);
}

test('every link of the documentation leads somewhere', () => {
  assert.equal(deadLinks('docs/a.md', '[a](none.md) [b](../README.md#nowhere) [c](#none)').length, 3);
  assert.equal(
    deadLinks('docs/a.md', '# One Two\n[a](../README.md) [b](#one-two) [c](https://x.y)').length,
    0,
  );
  assert.deepEqual(
    [...pages].flatMap(([path, text]) => deadLinks(path, text)),
    [],
  );
});

test('ARCHITECTURE.md maps every file of src/, and no other', () => {
  const page = pages.get('ARCHITECTURE.md') ?? '';
  const [source, lines] = [readSource(), linesOf(page)];
  const wordless = [...source.keys()].filter((path) => !lines.has(path));
  assert.deepEqual(wordless, [], 'run node scripts/architecture-map.ts and give these a line');
  assert.ok(page === withMap(page, mapOf(source, lines)), 'the map is old: node scripts/architecture-map.ts');
});

test('the map keeps the lines that are there, adds new files and drops those that are gone', () => {
  const begin = '<!-- map: node scripts/architecture-map.ts -->';
  const page = `${begin}\n\n**src/lib/**\n\n- \`a.ts\`: Written.\n- \`gone.ts\`: Gone.\n\n<!-- end of map -->`;
  const files = new Map([
    ['src/lib/a.ts', '/** Of the file. */\n'],
    ['src/lib/b.ts', '/** New. */\n'],
    ['src/lib/c.ts', ''],
  ]);
  const renewed = withMap(page, mapOf(files, linesOf(page)));
  assert.match(renewed, /^\*\*src\/lib\/\*\*\n\n- `a.ts`: Written.\n- `b.ts`: New.\n- `c.ts`:\n\n/m);
  assert.deepEqual([...linesOf(renewed).keys()], ['src/lib/a.ts', 'src/lib/b.ts']);
});

test('a new line is the comment of the file, or that of its first export', () => {
  assert.equal(firstSentence('a.ts', '/** One, e.g. this. Two. */\nimport x;'), 'One, e.g. this.');
  assert.equal(
    firstSentence('a.ts', 'import x;\n\n/** Of it all. */\n\n/** A. */\nexport const a = 1;'),
    'Of it all.',
  );
  const text = 'import x;\n/** Private. */\nconst y = 1;\n/**\n * Over\n * lines\n */\nexport const z = 1;';
  assert.equal(firstSentence('a.ts', text), 'Over lines');
  assert.equal(firstSentence('a.ts', 'export interface A {\n  /** Inner. */\n  readonly b: 1;\n}\n'), null);
  assert.equal(firstSentence('a.sql', '-- One\n-- line. Two.\nSELECT 1;\n'), 'One line.');
  assert.equal(firstSentence('a.html', '<!-- A page. -->\n<html>'), 'A page.');
  assert.equal(firstSentence('a.ts', '// no doc comment'), null);
});
