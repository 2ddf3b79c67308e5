import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isUlid, ulid } from '../../src/lib/ulid.ts';

test('a ULID begins with its time', () => {
  // The first ten characters of the specification's example, and the time that stands in them.
  assert.equal(ulid(1_469_918_176_385).slice(0, 10), '01ARYZ6S41');
});

test('ULIDs sort in the order they were made, within a millisecond and with the clock set back', () => {
  const now = Date.now();
  const made = [now, now, now, now + 1, now - 5000, now + 1].map((time) => ulid(time));
  assert.deepEqual([...made].sort(), made);
  assert.equal(new Set(made).size, made.length);
});

test('isUlid tells ULIDs from other names', () => {
  assert.ok(isUlid(ulid()));
  for (const other of ['', '.lock', '8ZZZZZZZZZZZZZZZZZZZZZZZZZ', `${ulid()}x`, ulid().toLowerCase()]) {
    assert.ok(!isUlid(other), other);
  }
});
