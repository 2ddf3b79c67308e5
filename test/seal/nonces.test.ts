import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NonceStore } from '../../src/seal/nonces.ts';

const MINUTE = 60_000;

test('a nonce is known for ten minutes at least and twelve at most', () => {
  fc.assert(
    fc.property(fc.nat(20 * MINUTE), fc.array(fc.nat(MINUTE), { maxLength: 40 }), (start, steps) => {
      let now = start;
      const store = new NonceStore({ now: () => now });
      const seenAt = new Map<string, number>();
      for (const [index, step] of steps.entries()) {
        now += step;
        assert.equal(store.remember('key', String(index)), 'new');
        seenAt.set(String(index), now);
        for (const [nonce, at] of seenAt) {
          if (now - at > 10 * MINUTE) continue;
          assert.equal(store.remember('key', nonce), 'seen');
        }
      }
      now += 12 * MINUTE + 1;
      for (const nonce of seenAt.keys()) assert.equal(store.remember('key', nonce), 'new');
    }),
  );
});

test('a nonce is known for ten minutes whenever it came after another', () => {
  for (let after = 0; after <= 3 * MINUTE; after += 1000) {
    let now = 0;
    const store = new NonceStore({ now: () => now });
    store.remember('key', 'first');
    for (now = after; now < after + 10 * MINUTE; now += MINUTE) store.remember('key', `at ${now}`);
    now = after + 10 * MINUTE;
    assert.equal(store.remember('key', `at ${after}`), 'seen', `${after} ms`);
  }
});

test('the same nonce of another key is another', () => {
  const store = new NonceStore();
  assert.deepEqual(
    ['a', 'b', 'a'].map((key) => store.remember(key, 'n')),
    ['new', 'new', 'seen'],
  );
});

test('a full store forgets none early, takes no new one, and has room again later', () => {
  let now = 0;
  const store = new NonceStore({ now: () => now, capacity: 100 });
  for (let index = 0; index < 100; index += 1) assert.equal(store.remember('key', `${index}`), 'new');
  assert.equal(store.remember('key', 'another'), 'full');
  assert.equal(store.remember('key', '0'), 'seen');
  assert.equal(store.size, 100);
  now += 13 * MINUTE;
  assert.equal(store.remember('key', 'another'), 'new');
  assert.equal(store.size, 1);
});
