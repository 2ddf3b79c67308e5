import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orNothing } from '../../src/backup/nothing-changed.ts';
import { failedCommit, TransientFailure } from '../../src/database/transient-failure.ts';
import { coded } from './fixture.ts';

const lost = new TransientFailure('database-unavailable', 'the connection was lost', { hint: 'try again' });

test('a failure says that nothing was changed', async () => {
  await assert.rejects(
    orNothing(() => Promise.reject(lost)),
    coded('database-unavailable', 'the connection was lost. Nothing was changed.'),
  );
});

test('a COMMIT without an answer does not say so', async () => {
  await assert.rejects(
    orNothing(() => Promise.reject(failedCommit(lost))),
    (error: Error) => {
      assert.match(
        error.message,
        /^the connection was lost \(on COMMIT\)\. Everything was changed or nothing/,
      );
      return true;
    },
  );
});
