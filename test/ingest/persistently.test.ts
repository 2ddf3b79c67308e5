import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransientFailure } from '../../src/database/transient-failure.ts';
import { RowferryError } from '../../src/errors.ts';
import {
  type Attempt,
  type Persistence,
  persistently,
  type RunAgain,
} from '../../src/ingest/persistently.ts';

const busy = () => new TransientFailure('database-busy', 'a deadlock');
const inDoubt = () => new TransientFailure('database-unavailable', 'lost on COMMIT', { inDoubt: true });

/** Work that fails so, one after the other, and then comes through: what was seen of it. */
function failing(failures: readonly unknown[], persistence: Persistence = {}, ledgerDecides = true) {
  const attempts: Attempt[] = [];
  const told: RunAgain[] = [];
  const work = async (attempt: Attempt): Promise<string> => {
    attempts.push(attempt);
    const failure = failures[attempts.length - 1];
    if (failure !== undefined) throw failure;
    return 'through';
  };
  const onAgain = (again: RunAgain) => {
    told.push(again);
  };
  return { attempts, told, end: persistently(work, { onAgain, ...persistence }, { ledgerDecides }) };
}

test('what failed in passing is run again, and told each time', async () => {
  const { attempts, told, end } = failing([busy(), busy()]);
  assert.equal(await end, 'through');
  assert.equal(attempts.length, 3);
  assert.deepEqual(told, [
    { code: 'database-busy', detail: 'a deadlock', inDoubt: false, failed: 1 },
    { code: 'database-busy', detail: 'a deadlock', inDoubt: false, failed: 2 },
  ]);
});

test('five attempts and no more; the last failure is the answer', async () => {
  const failures = Array.from({ length: 9 }, busy);
  const { attempts, told, end } = failing(failures);
  await assert.rejects(end, (error) => error === failures[4]);
  assert.deepEqual([attempts.length, told.length], [5, 4]);
});

test('what the rows or the table are to blame for is not', async () => {
  for (const failure of [new RowferryError('database-refused', 'no'), new TypeError('no')]) {
    const { attempts, end } = failing([failure]);
    await assert.rejects(end, (error) => error === failure);
    assert.equal(attempts.length, 1);
  }
});

test('a COMMIT in doubt is followed by another attempt only where the ledger decides', async () => {
  const settled = failing([busy(), inDoubt(), busy()]);
  assert.equal(await settled.end, 'through');
  assert.deepEqual(
    settled.attempts.map((attempt) => attempt.inDoubt),
    [false, false, true, true],
  );
  const blind = failing([busy(), inDoubt()], {}, false);
  await assert.rejects(blind.end, /lost on COMMIT/);
  assert.equal(blind.attempts.length, 2);
});

test('a server that stops answers with the last failure instead of waiting', async () => {
  const stop = new AbortController();
  stop.abort();
  const failure = busy();
  const { attempts, told, end } = failing([failure], { stopping: stop.signal });
  await assert.rejects(end, (error) => error === failure);
  assert.deepEqual([attempts.length, told.length], [1, 0]);
});
