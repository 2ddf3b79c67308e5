import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { freshMemory, giveBack, Slabs } from '../../src/lib/slabs.ts';

const MIB = 1 << 20;

test('memory is used again when it was given back, not before', () => {
  const slabs = new Slabs();
  const first = slabs.take(1000);
  const second = slabs.take(1000);
  assert.notEqual(first.buffer, second.buffer);
  giveBack(first);
  assert.equal(slabs.take(2000).buffer, first.buffer);
  assert.notEqual(slabs.take(2000).buffer, first.buffer);
});

test('as many bytes as were asked for, whatever the slab has', () => {
  const slabs = new Slabs();
  for (const bytes of [0, 1, MIB - 5, MIB - 4, MIB - 3, MIB, 3 * MIB + 7]) {
    const taken = slabs.take(bytes);
    assert.equal(taken.length, bytes);
    taken.fill(255);
    giveBack(taken);
  }
});

test('a slab that is too small gives way to a larger one', () => {
  const slabs = new Slabs();
  const small = slabs.take(10);
  giveBack(small);
  const large = slabs.take(5 * MIB);
  giveBack(large);
  assert.equal(slabs.take(10).buffer, large.buffer);
  assert.notEqual(slabs.take(10).buffer, small.buffer);
});

test('of more than eight at a time the others are of their own, and stay apart', () => {
  const slabs = new Slabs();
  const taken = Array.from({ length: 12 }, (_, nth) => slabs.take(100).fill(nth));
  assert.equal(new Set(taken.map(({ buffer }) => buffer)).size, 12);
  assert.deepEqual(
    taken.map((bytes) => bytes.every((byte) => byte === taken.indexOf(bytes))),
    Array(12).fill(true),
  );
  assert.equal(taken.filter(({ buffer }) => buffer instanceof SharedArrayBuffer).length, 8);
  for (const bytes of taken) giveBack(bytes);
});

test('bytes that are of no slab are left alone', () => {
  const bytes = freshMemory(8).fill(7);
  giveBack(bytes);
  assert.deepEqual([...bytes], Array(8).fill(7));
});

test('another thread reads what was written, and gives it back', async () => {
  const slabs = new Slabs();
  const bytes = slabs.take(3).fill(5);
  const code = `
    import { parentPort } from 'node:worker_threads';
    import { giveBack } from ${JSON.stringify(new URL('../../src/lib/slabs.ts', import.meta.url).href)};
    parentPort.once('message', (bytes) => { const sum = bytes[0] + bytes[1] + bytes[2]; giveBack(bytes); parentPort.postMessage(sum); });
  `;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  worker.postMessage(bytes);
  assert.deepEqual(await once(worker, 'message'), [15]);
  assert.equal(slabs.take(3).buffer, bytes.buffer);
  await worker.terminate();
});
