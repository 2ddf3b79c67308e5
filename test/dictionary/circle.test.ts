import assert from 'node:assert/strict';
import { test } from 'node:test';
import { circleOf } from '../../src/dictionary/circle.ts';
import { table } from '../watch/folder-fixture.ts';

test('the shortest circle through a table, itself first; none through itself alone, or beside it', () => {
  const tables = [
    table('a', ['a', 'b', 'x']),
    table('b', ['c', 'a']),
    table('c', ['a']),
    table('child', ['a']),
    table('own', ['own']),
    table('x'),
  ];
  assert.deepEqual(circleOf('a', tables), ['a', 'b']);
  assert.deepEqual(circleOf('c', tables), ['c', 'a', 'b']);
  for (const name of ['child', 'own', 'x', 'none']) assert.deepEqual(circleOf(name, tables), [], name);
});
