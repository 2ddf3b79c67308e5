import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { RowferryError } from '../../src/errors.ts';
import { announce, openHome, requestOf, sendPart, summary, utf8 } from './fixture.ts';

const workers = new Set<Worker>();
const note = (worker: Worker): void => {
  workers.add(worker);
  worker.once('exit', () => workers.delete(worker));
};
process.on('worker', note);
after(() => void process.off('worker', note));

const home = await openHome('CREATE TABLE t (id INTEGER PRIMARY KEY)');

/** Writers and preparers alike, as when their memory runs out. */
async function endAllThreads(): Promise<void> {
  while (workers.size < 2) await sleep(5);
  const living = [...workers];
  await Promise.all(living.map((worker) => worker.terminate()));
}

test('threads that ended are replaced: the next request finds others', async () => {
  const { ingest } = home;
  for (const round of [1, 2]) {
    await endAllThreads();
    const bytes = utf8(`${round}0\n${round}1\n`);
    const { id } = await announce(ingest, bytes);
    assert.equal(summary((await sendPart(ingest, id, bytes, 0)).part), '2 = 2 + 0 + 0 + 0');
  }
});

test('the request of a thread that ended may be sent again, and is done once', async () => {
  const { ingest, outside, values } = home;
  const key = randomUUID();
  const request = () => requestOf('70\n71\n', { format: 'csv', key });
  using other = new DatabaseSync(home.path);
  other.exec('BEGIN IMMEDIATE');
  const first = ingest.batch(request()).then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );
  await sleep(300);
  const ended = endAllThreads();
  // A thread that waits for a lock ends when the wait does.
  other.exec('ROLLBACK');
  await ended;
  const failure = await first;
  assert.ok(failure instanceof RowferryError, String(failure));
  assert.deepEqual([failure.code, failure.status, failure.retryable], ['lane-lost', 503, true]);
  assert.equal(failure.retryAfterSeconds, 1);
  const { answer, replayed } = await ingest.batch(request());
  assert.deepEqual([summary(answer), replayed], ['2 = 2 + 0 + 0 + 0', false]);
  assert.deepEqual(values('SELECT id FROM t WHERE id >= 70'), [[70], [71]]);
  outside('DELETE FROM t WHERE id >= 70');
});
