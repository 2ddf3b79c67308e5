import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ROOT } from './source.ts';

const page = readFileSync(join(ROOT, 'docs/security-tests.md'), 'utf8');

/** What the page names: a test file and a test in it. A name may be a part of one that is put together. */
function named(text: string): Array<readonly [file: string, name: string]> {
  const cells = text.matchAll(/\]\(\.\.\/(test\/[^)]+)\): “([^”]+)”/g);
  return [...cells].map(([, file = '', name = '']) => [file, name]);
}

/** Those that are not there. */
function missing(text: string): string[] {
  return named(text).flatMap(([file, name]) => {
    const path = join(ROOT, file);
    const titles = existsSync(path) ? titlesOf(readFileSync(path, 'utf8')) : [];
    return titles.some((title) => title.includes(name)) ? [] : [`${file}: ${name}`];
  });
}

function titlesOf(source: string): string[] {
  return [...source.matchAll(/^ *test\(\s*(['`])(.*)\1/gm)].map(([, , title = '']) => title);
}

test('docs/security-tests.md names tests that are there', () => {
  assert.ok(named(page).length >= 30);
  assert.deepEqual(missing(page), []);
});

test('docs/security-tests.md has a line for each of the security tests of the sealed wire', () => {
  const numbers = [...page.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
  assert.deepEqual(
    numbers,
    Array.from({ length: 20 }, (_, index) => index + 1),
  );
});

test('a test that is not there is found', () => {
  const lines = [
    '[a](../test/house/none.test.ts): “a test”',
    '[b](../test/house/security-page.test.ts): “no such test”',
    '[c](../test/house/security-page.test.ts): “a test that is not there is found”',
  ];
  assert.equal(missing(lines.join('\n')).length, 2);
});
