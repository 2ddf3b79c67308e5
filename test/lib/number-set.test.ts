import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NumberSet } from '../../src/lib/number-set.ts';

test('a set of numbers says of each whether it was there, as a Set does', () => {
  // So few that some come twice.
  const again = fc.integer({ min: -3, max: 3 });
  const near = fc.integer({ min: -5000, max: 5000 });
  const far = fc.integer({ min: -(10 ** 15), max: 10 ** 15 });
  fc.assert(
    fc.property(fc.array(fc.oneof(again, near, far)), fc.array(fc.oneof(near, far)), (added, others) => {
      const numbers = new NumberSet(1000);
      const known = new Set<number>();
      for (const number of added) {
        assert.equal(numbers.add(number), !known.has(number));
        known.add(number);
      }
      for (const number of [...added, ...others]) assert.equal(numbers.has(number), known.has(number));
    }),
  );
});

test('it says when numbers lie too far apart for the room they may take', () => {
  const numbers = new NumberSet(2);
  for (const number of [0, 4095, 4096]) numbers.add(number);
  assert.equal(numbers.full, false);
  numbers.add(8192);
  assert.equal(numbers.full, true);
});
