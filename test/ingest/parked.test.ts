import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { Parked, park } from '../../src/ingest/parked.ts';

test('parked bytes are gone here, and there when somebody looks', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const parked = new Parked(park(bytes));
  assert.equal(bytes.length, 0);
  assert.deepEqual(parked.bytes, Uint8Array.of(1, 2, 3));
  assert.equal(parked.bytes, parked.bytes);
  parked.close();
  assert.equal(parked.bytes.length, 0, 'their memory is given back');
});

test('a part of a larger buffer keeps its place', () => {
  const parked = new Parked(park(Uint8Array.of(1, 2, 3, 4).subarray(1, 3)));
  assert.deepEqual([...parked.bytes], [2, 3]);
  parked.close();
});

test('in another thread: the bytes come with the port', async () => {
  const code = `
    const { parentPort } = require('node:worker_threads');
    import(${JSON.stringify(import.meta.resolve('../../src/ingest/parked.ts'))}).then(({ Parked }) => {
      parentPort.once('message', (port) => parentPort.postMessage([...new Parked(port).bytes]));
    });`;
  const worker = new Worker(code, { eval: true });
  const port = park(Uint8Array.of(7, 8));
  worker.postMessage(port, [port]);
  const [said] = await once(worker, 'message');
  assert.deepEqual(said, [7, 8]);
  await worker.terminate();
});

test('bytes that nobody looked at are gone when they are closed', async () => {
  const port = park(Uint8Array.of(1));
  const closed = once(port, 'close');
  // A port alone keeps no process alive.
  const alive = setTimeout(() => assert.fail('the port was not closed'), 10_000);
  const parked = new Parked(port);
  parked.close();
  await closed;
  clearTimeout(alive);
  assert.equal(parked.bytes.length, 0);
});
