import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIRST_PART_BYTES, PART_BYTES, PartSize } from '../../src/client/part-size.ts';

test('parts are of full size until something is lost', () => {
  const size = new PartSize();
  assert.equal(size.bytes, PART_BYTES);
  for (let i = 0; i < 100; i++) size.take(PART_BYTES);
  assert.equal(size.bytes, PART_BYTES);
});

test('a loss before anything was taken makes them small at once', () => {
  const size = new PartSize();
  size.lose();
  assert.equal(size.bytes, FIRST_PART_BYTES);
});

test('they are a share of what was taken between two losses, and grow when more is taken after the last', () => {
  const size = new PartSize();
  size.take(24 << 20);
  size.lose();
  assert.equal(size.bytes, 1 << 20);
  size.take(12 << 20);
  assert.equal(size.bytes, 1 << 20);
  size.take(36 << 20);
  assert.equal(size.bytes, 2 << 20);
  size.take(1 << 30);
  assert.equal(size.bytes, PART_BYTES);
  size.lose();
  size.lose();
  assert.equal(size.bytes, FIRST_PART_BYTES);
});
