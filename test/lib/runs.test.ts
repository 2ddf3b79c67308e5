import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { hasRun } from '../../src/lib/runs.ts';

test('a run is found wherever it stands, and only a whole one', () => {
  const text = fc.string({ unit: fc.constantFrom('0', '9', '.', 'e', ' ', 'ä', '"'), maxLength: 60 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 16 }), (sample, length) => {
      const expected = new RegExp(`[09.e]{${length}}`).test(sample);
      assert.equal(hasRun(sample, length, '09.e'), expected);
    }),
    { numRuns: 5000 },
  );
  assert.equal(hasRun(`x${'9'.repeat(16)}`, 16, '9'), true);
  assert.equal(hasRun(`${'9'.repeat(15)}x${'9'.repeat(15)}`, 16, '9'), false);
});
