import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_PART_BYTES, PART_BYTES, PartSize } from '../../src/client/part-size.ts';

test('parts are small at first and grow with what is taken', () => {
  const size = new PartSize();
  assert.equal(size.bytes, FIRST_PART_BYTES);
  size.take(1 << 18);
  assert.equal(size.bytes, FIRST_PART_BYTES);
  size.take(3 << 18);
  assert.equal(size.bytes, 1 << 20);
  size.take(1 << 30);
  assert.equal(size.bytes, PART_BYTES);
});

test('after a loss they are as small as at first, and grow more slowly', () => {
  const size = new PartSize();
  size.take(1 << 30);
  size.lose();
  assert.equal(size.bytes, FIRST_PART_BYTES);
  size.take(24 << 20);
  assert.equal(size.bytes, 2 << 20);
});
