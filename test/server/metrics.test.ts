import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ErrorCode } from '../../src/errors.ts';
import { createMetrics } from '../../src/server/metrics.ts';

test('transactions that were run again are counted by what had failed, each once', async () => {
  const tables = async () => [];
  const backups = { list: async () => [] };
  const retries = new Map<ErrorCode, number>([['database-busy', 2]]);
  const metrics = createMetrics({ audit: { dropped: 0 }, ingest: { retries, tables }, backups });
  assert.match(
    (await metrics.text()).body,
    /^rowferry_transaction_retries_total\{code="database-busy"\} 2$/m,
  );
  retries.set('database-unavailable', 1);
  const { body } = await metrics.text();
  assert.match(body, /^rowferry_transaction_retries_total\{code="database-busy"\} 2$/m);
  assert.match(body, /^rowferry_transaction_retries_total\{code="database-unavailable"\} 1$/m);
});
