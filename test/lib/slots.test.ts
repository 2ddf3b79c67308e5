import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Slots } from '../../src/lib/slots.ts';

test('so many at one time, in the order they came, also after one that failed', {
  timeout: 60_000,
}, async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const running = Array.from({ length: 5 }, (_, index) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const ended = slots.run(async () => {
      begun.push(index);
      await promise;
      return index;
    });
    return { resolve, reject, ended };
  });
  const [first, second, third, ...others] = running;
  await Promise.resolve();
  assert.deepEqual(begun, [0, 1]);
  second?.resolve();
  assert.equal(await second?.ended, 1);
  first?.reject(new RangeError('broken'));
  await assert.rejects(first?.ended ?? Promise.resolve(), RangeError);
  third?.resolve();
  assert.equal(await third?.ended, 2);
  for (const each of others) each.resolve();
  assert.deepEqual(await Promise.all(others.map(({ ended }) => ended)), [3, 4]);
  assert.deepEqual(begun, [0, 1, 2, 3, 4]);
  assert.equal(await slots.run(async () => 'free again'), 'free again');
});
