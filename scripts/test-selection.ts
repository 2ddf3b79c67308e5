/**
 * Which test files to run. An area is a folder under test/, named by the last part of its path: `sqlite` is
 * test/database/sqlite, `database` is test/database with everything in it.
 */
import { existsSync, globSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** What was asked cannot be run; the message says what can. */
export class SelectionError extends Error {}

/** Paths from `root`, sorted. */
export function allTests(root: string): string[] {
  return globSync('test/**/*.test.ts', { cwd: root }).sort();
}

/** Area → its test files. A name that stands twice in the tree names both folders. */
export function areas(tests: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const test of tests) {
    for (const area of new Set(dirname(test).split('/').slice(1))) {
      const files = found.get(area) ?? [];
      files.push(test);
      found.set(area, files);
    }
  }
  return new Map([...found].sort(([left], [right]) => left.localeCompare(right)));
}

/** Throws a SelectionError for an unknown area, a missing file, or when nothing is left to run. */
export function select(root: string, only: readonly string[], files: readonly string[]): string[] {
  const tests = allTests(root);
  if (only.length === 0 && files.length === 0) return nonEmpty(tests);
  const known = areas(tests);
  const chosen = new Set(files.map((file) => testFile(root, file)));
  for (const area of only) {
    const members = known.get(area);
    if (members === undefined) {
      throw new SelectionError(`no area ${area}; there are: ${[...known.keys()].join(', ')}`);
    }
    for (const member of members) chosen.add(member);
  }
  return nonEmpty([...chosen].sort());
}

function testFile(root: string, file: string): string {
  if (!existsSync(resolve(root, file))) throw new SelectionError(`no file ${file}`);
  const path = relative(root, resolve(root, file));
  if (!path.startsWith(join('test', '/')) || !path.endsWith('.test.ts')) {
    throw new SelectionError(`${file} is no test; expected test/…/<name>.test.ts`);
  }
  return path;
}

function nonEmpty(tests: string[]): string[] {
  if (tests.length === 0) throw new SelectionError('there are no tests to run');
  return tests;
}
