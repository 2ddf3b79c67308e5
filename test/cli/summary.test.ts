import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextStep } from '../../src/cli/summary.ts';
import { NO_COUNTS } from '../../src/model/receipt.ts';

test('what was ended by a person goes on as it is; what was stopped by its rejects is to be looked at', () => {
  const ended = {
    ...NO_COUNTS,
    load: 'L',
    file: 't.csv',
    table: 't',
    sha256: '',
    bytes: 1,
    state: 'aborted' as const,
    reasons: [],
    dialect: null,
    strategy: null,
    seconds: 1,
    rowsPerSecond: 1,
    detail: 'aborted by admin',
    readAs: null,
    warnings: [],
    rejects: null,
  };
  assert.match(nextStep([ended]), /^the same again goes on/);
  assert.match(nextStep([{ ...ended, read: 1, rejected: 1 }]), /^is it the right table/);
});
