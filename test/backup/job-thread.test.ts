import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { coded, makeHome } from './fixture.ts';

test('a thread that dies fails its job alone: the next one has another thread', async (t) => {
  const backups = await makeHome(t, 'CREATE TABLE t (id INTEGER PRIMARY KEY)').backups();
  // Of its error Node tells before its end: meanwhile it takes messages and does nothing with them.
  const { postMessage } = Worker.prototype;
  let dying: Worker | null = null;
  t.mock.method(Worker.prototype, 'postMessage', function (this: Worker, message: unknown) {
    if (dying !== null) return this === dying ? undefined : postMessage.call(this, message);
    dying = this;
    this.emit('error', new Error('out of memory'));
    this.once('online', () => setTimeout(() => this.terminate(), 50));
  });
  const first = backups.run();
  const second = backups.run();
  await assert.rejects(first, coded('internal', 'the backup thread ended without an answer: out of memory'));
  assert.deepEqual(
    (await second).map(({ table }) => table),
    ['t'],
  );
});
