import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { BackupInfo, BackupResult, Pruned } from '../../src/backup/backups.ts';
import { openDatabase } from '../../src/database/open.ts';
import { lastRunOf, replaceRun } from '../../src/ledger/schedules.ts';
import type { AuditEntry } from '../../src/model/audit.ts';
import { startTestServer } from './harness.ts';

const { call, fail, token, config } = await startTestServer({ config: { backupRetention: { keepLast: 1 } } });

type Listed = { backups: BackupInfo[]; lastRun: { state: string; detail?: string } | null };

const back = async (table: string): Promise<string> => {
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables: [table] } });
  return made.json.backups[0]?.id ?? assert.fail(made.text);
};

const listed = async (table: string): Promise<string[]> =>
  (await call<Listed>('GET', `/v1/backups?table=${table}`)).json.backups.map(({ id }) => id);

test('the rules go by themselves after a backup; a held one stays until it is released and pruned', async () => {
  const first = await back('jobs');
  const held = await call<BackupInfo>('POST', `/v1/backups/${first}/hold`);
  assert.deepEqual([held.status, held.json.held], [200, true], held.text);
  await back('jobs');
  const last = await back('jobs');
  assert.deepEqual(await listed('jobs'), [last, first]);
  const key = randomUUID();
  const released = await call<BackupInfo>('POST', `/v1/backups/${first}/release`, { key });
  assert.equal(released.json.held, false);
  await call('POST', `/v1/backups/${first}/release`, { key });
  const dry = await call<{ backups: Pruned[]; dryRun: boolean }>('POST', '/v1/backups/prune', {
    body: { dryRun: true, table: 'jobs' },
  });
  assert.deepEqual(
    dry.json.backups.map(({ backup, keep, reasons }) => [backup.id, keep, reasons]),
    [
      [last, true, ['the newest that is verified', 'last 1 of 1']],
      [first, false, ['no rule keeps it']],
    ],
  );
  assert.equal((await listed('jobs')).length, 2);
  const pruned = await call<{ backups: Pruned[]; dryRun: boolean }>('POST', '/v1/backups/prune');
  assert.equal(pruned.json.dryRun, false);
  assert.deepEqual(await listed('jobs'), [last]);
  const { json } = await call<{ entries: AuditEntry[] }>('GET', '/v1/audit');
  const told = json.entries.filter(({ subject }) => subject === first).map(({ event }) => event);
  assert.deepEqual(told.sort(), [
    'backup-deleted',
    'backup-deletion-started',
    'backup-held',
    'backup-released',
  ]);
});

test('a key deletes only what its tables are backed up as', async () => {
  const first = await back('departments');
  await call('POST', `/v1/backups/${first}/hold`);
  await back('departments');
  await call('POST', `/v1/backups/${first}/release`);
  const held = token('tables:jobs:backup');
  const pruned = await call<{ backups: Pruned[] }>('POST', '/v1/backups/prune', { token: held });
  assert.ok(pruned.json.backups.every(({ backup }) => backup.table === 'jobs'));
  assert.equal((await listed('departments')).length, 2);
  const none = token('tables:jobs:read');
  const nothing = await call<{ backups: Pruned[] }>('POST', '/v1/backups/prune', { token: none });
  assert.deepEqual([nothing.status, nothing.json.backups], [200, []]);
});

test('verify goes as deep as it is asked to', async () => {
  const id = await back('jobs');
  const level = async (number: number): Promise<BackupInfo> =>
    (await call<BackupInfo>('POST', `/v1/backups/${id}/verify?level=${number}`)).json;
  assert.equal((await level(1)).testRestoredAt, null);
  assert.notEqual((await level(3)).testRestoredAt, null);
  assert.equal((await fail('POST', `/v1/backups/${id}/verify?level=4`)).status, 400);
});

test('the last run of the schedule is in the list and in the health, without what made it fail', async () => {
  const ledger = await openDatabase(config.databaseUrl);
  const startedAt = '2026-11-22T03:00:00.000Z';
  const run = { name: 'backup', due: startedAt, place: 'here', attempts: 1, startedAt };
  const end = {
    state: 'failed',
    finishedAt: '2026-11-22T03:00:09.000Z',
    detail: 'the backup of secret failed',
  } as const;
  assert.equal((await call<Listed>('GET', '/v1/backups')).json.lastRun, null);
  const written = await replaceRun(ledger, await lastRunOf(ledger, 'backup'), { ...run, ...end });
  assert.ok(written !== null);
  assert.equal(await replaceRun(ledger, null, { ...run, ...end }), null, 'another was faster');
  const { json, text } = await call<Listed>('GET', '/v1/backups');
  assert.equal(json.lastRun?.state, 'failed');
  assert.doesNotMatch(text, /secret/);
  const health = await call<{ checks: Record<string, string> }>('GET', '/health/ready');
  assert.equal(health.json.checks.lastBackup, 'failed 2026-11-22T03:00:09.000Z');
  await ledger.close();
});
