import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backoffMs, pause } from '../../src/lib/backoff.ts';

test('the wait doubles from the base to the cap', () => {
  const options = { baseMs: 100, capMs: 1000, random: () => 1 };
  assert.deepEqual(
    [1, 2, 3, 4, 5, 60].map((attempt) => backoffMs(attempt, options)),
    [100, 200, 400, 800, 1000, 1000],
  );
});

test('half of it is certain, half at random', () => {
  assert.equal(backoffMs(3, { baseMs: 100, random: () => 0 }), 200);
  assert.equal(backoffMs(3, { baseMs: 100, random: () => 0.5 }), 300);
});

test('an abort ends the wait with its own reason', async () => {
  const controller = new AbortController();
  const reason = new Error('stopped by a person');
  const waiting = pause(60_000, controller.signal);
  controller.abort(reason);
  await assert.rejects(waiting, reason);
});
