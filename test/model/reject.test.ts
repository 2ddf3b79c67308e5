import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { REJECT_CODES } from '../../src/model/reject.ts';

const PAGE = join(import.meta.dirname, '../../docs/rejects.md');

/** The codes a page explains: the first cell of each row of its tables. */
function explained(page: string): string[] {
  return [...page.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '');
}

test('docs/rejects.md explains every code, each once, and no other', () => {
  assert.deepEqual(explained('| `a.b` | x |\n| c | `d` |'), ['a.b']);
  assert.deepEqual(explained(readFileSync(PAGE, 'utf8')).sort(), [...REJECT_CODES].sort());
});
