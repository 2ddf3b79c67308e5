import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowferryError } from '../../src/errors.ts';
import { ACTIONS, ALL_TABLES, allows, checkScopes, sees } from '../../src/seal/scopes.ts';

test('deny by default', () => {
  assert.ok(!allows([], 'jobs', 'read'));
  assert.ok(!sees([], 'jobs'));
  assert.ok(!sees(['keys:admin'], 'jobs'), 'an administrator of keys sees no table');
});

test('a scope holds its action on its table and nothing else', () => {
  for (const held of ACTIONS) {
    for (const asked of ACTIONS) {
      assert.equal(allows([`tables:jobs:${held}`], 'jobs', asked), held === asked, `${held} ${asked}`);
      assert.ok(!allows([`tables:jobs:${held}`], 'job', asked));
      assert.ok(allows([ALL_TABLES], 'jobs', asked));
    }
  }
});

test('a star stands for any run of characters', () => {
  const cases: Array<[glob: string, name: string, matches: boolean]> = [
    ['*', '', true],
    ['hr_*', 'hr_jobs', true],
    ['hr_*', 'hr_', true],
    ['hr_*', 'xhr_jobs', false],
    ['*_log', 'a_log', true],
    ['*_log', 'a_logs', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'acb', false],
    ['ab*ba', 'aba', false],
    ['a.b', 'axb', false],
    ['JOBS', 'jobs', false],
  ];
  for (const [glob, name, matches] of cases) {
    assert.equal(allows([`tables:${glob}:read`], name, 'read'), matches, `${glob} ${name}`);
  }
});

test('a glob agrees with the regular expression of the same meaning', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 8 });
  const names = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 8 });
  fc.assert(
    fc.property(letters, names, (glob, name) => {
      fc.pre(glob !== '');
      const expected = new RegExp(`^${glob.replaceAll(/\*+/g, '.*')}$`).test(name);
      assert.equal(allows([`tables:${glob}:read`], name, 'read'), expected);
    }),
    { numRuns: 1000 },
  );
});

test('a glob of many stars takes no time', () => {
  const started = performance.now();
  assert.ok(!allows([`tables:${'*a'.repeat(120)}:read`], `${'a'.repeat(10_000)}b`, 'read'));
  assert.ok(performance.now() - started < 500);
});

test('what is no scope is refused by name', () => {
  checkScopes(['keys:admin', 'tables:*:*', 'tables:hr_*:insert', 'tables:order lines:read']);
  for (const wrong of [
    '',
    'admin',
    'tables:jobs',
    'tables::read',
    'tables:jobs:drop',
    'tables:a:b:read',
    'keys:*',
  ]) {
    assert.throws(
      () => checkScopes(['tables:*:read', wrong]),
      (error) => error instanceof RowferryError && error.errors?.[0]?.pointer === '/scopes/1',
      wrong,
    );
  }
});
