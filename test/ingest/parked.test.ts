import assert from 'node:assert/strict';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { MessageChannel, Worker } from 'node:worker_threads';
import { openWriterThread } from '../../src/ingest/lane.ts';
import type { LanePart } from '../../src/ingest/lane-ops.ts';
import { Parked, park } from '../../src/ingest/parked.ts';
import { Slabs } from '../../src/lib/slabs.ts';

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

test('a part that comes to a lane without a connection, or to none, is let go of', async (t) => {
  const thread = openWriterThread(`sqlite:${tmpdir()}`);
  t.after(() => thread.close());
  const lane = thread.open(() => undefined);
  for (const code of ['database-unavailable', 'lane-lost']) {
    const slabs = new Slabs();
    const data = slabs.take(1);
    const { port1, port2 } = new MessageChannel();
    const closed = once(port1, 'close');
    const part = { prepared: { encoded: { data } }, bytes: port2 };
    await assert.rejects(lane.call('commitPart', part as unknown as LanePart, [port2]), { code });
    const alive = setTimeout(() => assert.fail('the port was not closed'), 10_000);
    await closed;
    clearTimeout(alive);
    if (code !== 'lane-lost') assert.equal(slabs.take(1).buffer, data.buffer);
    await thread.close();
  }
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
