import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { BackupInfo, BackupResult } from '../../src/backup/backups.ts';
import type { RejectPage } from '../../src/ingest/ingest.ts';
import type { BatchReceipt, Load } from '../../src/model/receipt.ts';
import { ACTIONS } from '../../src/seal/scopes.ts';
import { isLoopback } from '../../src/server/auth.ts';
import { startTestServer } from './harness.ts';
import { isGuarded, type Operation, readOperations, target } from './operations.ts';

const server = await startTestServer();
const { call, fail, token } = server;

/** A load into jobs that is still receiving, and a backup of jobs: what the routes with an id are asked for. */
const content = '900,Lookout\n';
const announcement = {
  table: 'jobs',
  name: 'jobs.csv',
  size: content.length,
  sha256: createHash('sha256').update(content).digest('hex'),
};
const load = (await call<Load>('POST', '/v1/loads', { body: announcement })).json.id;
const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables: ['jobs'] } });
const backup = made.json.backups[0]?.id ?? assert.fail(made.text);

/** What each route under /v1 asks for on the table jobs; null: the key alone. */
const ASKED: Readonly<
  Record<string, { scope: string | null; hidden?: 200 | 403 | 404; body?: unknown; type?: string }>
> = {
  listTables: { scope: null },
  getTable: { scope: null, hidden: 404 },
  insertRows: { scope: 'insert', body: [] },
  insertRowsOfTables: { scope: 'insert', body: { jobs: [] } },
  announceLoad: { scope: 'insert', body: announcement },
  sendPart: { scope: 'insert', body: '', type: 'text/csv' },
  finishLoad: { scope: 'insert' },
  abortLoad: { scope: 'insert' },
  listLoads: { scope: null },
  getLoad: { scope: null, hidden: 404 },
  watchLoad: { scope: null, hidden: 404 },
  listRejects: { scope: 'rejects' },
  retryRejects: { scope: 'rejects' },
  listBatches: { scope: null, hidden: 404 },
  reconcileLoad: { scope: 'read', body: '', type: 'text/csv' },
  runBackup: { scope: 'backup', body: { tables: ['jobs'] } },
  listBackups: { scope: null },
  listBackupJobs: { scope: null },
  stopBackupJob: { scope: null, hidden: 404 },
  downloadBackup: { scope: 'backup' },
  verifyBackup: { scope: 'backup' },
  pruneBackups: { scope: 'backup', body: { table: 'jobs', dryRun: true } },
  holdBackup: { scope: 'backup' },
  releaseBackup: { scope: 'backup' },
  restoreTable: { scope: 'restore', body: { backup, dryRun: true } },
  listKeys: { scope: 'keys:admin', hidden: 403 },
  createKey: { scope: 'keys:admin', hidden: 403, body: { owner: 'x', scopes: ['keys:admin'] } },
  rotateKey: { scope: 'keys:admin', hidden: 403 },
  revokeKey: { scope: 'keys:admin', hidden: 403 },
  listAudit: { scope: 'keys:admin', hidden: 403 },
  verifyAudit: { scope: 'keys:admin', hidden: 403 },
};

const operations = (await readOperations(server)).filter(isGuarded);

function where(operation: Operation): string {
  const kind = operation.path.split('/')[2];
  const id = kind === 'backups' ? backup : load;
  return target(operation, { table: 'jobs', id });
}

function request(operation: Operation, held: string) {
  const { body, type } = ASKED[operation.operationId] ?? assert.fail(operation.operationId);
  return { token: held, ...(body === undefined ? {} : { body }), ...(type === undefined ? {} : { type }) };
}

test('every route has an entry here', () => {
  const names = operations.map(({ operationId }) => operationId).sort();
  assert.deepEqual(names, Object.keys(ASKED).sort());
});

test('a table that is not there brings up no near name the key must not know of', async () => {
  const held = token('tables:departments:insert');
  for (const name of ['job', 'jobss']) {
    const one = await fail('POST', `/v1/tables/${name}/rows`, { token: held, body: [] });
    const several = await fail('POST', '/v1/rows', { token: held, body: { [name]: [] } });
    for (const { json, text } of [one, several]) {
      assert.equal(json.code, 'table-not-found');
      assert.doesNotMatch(text, /jobs\b/);
    }
  }
});

test('a key for another table: what is asked for does not exist', async () => {
  const held = token(...ACTIONS.map((action) => `tables:departments:${action}`));
  for (const operation of operations) {
    const { scope, hidden = scope === null ? 200 : 404 } = ASKED[operation.operationId] ?? assert.fail();
    const { status, text } = await fail(operation.method, where(operation), request(operation, held));
    assert.equal(status, hidden, `${operation.operationId}: ${text}`);
    assert.doesNotMatch(text, /"(name|table)":"jobs"/, operation.operationId);
  }
});

test('a table that may not be seen and one that is not there: the same answer', async () => {
  const held = token('tables:departments:read');
  const ask = async (table: string) => {
    const { status, json } = await fail('GET', `/v1/tables/${table}`, { token: held });
    const { detail, hint, code } = json;
    return [status, code, detail.replaceAll(table, 'TABLE'), hint];
  };
  assert.deepEqual(await ask('jobs'), await ask('jobz'));
});

test('every action but the one asked for: 403, on every route', async () => {
  for (const operation of operations) {
    const { scope } = ASKED[operation.operationId] ?? assert.fail();
    if (scope === null || scope === 'keys:admin') continue;
    const others = ACTIONS.filter((action) => action !== scope).map((action) => `tables:jobs:${action}`);
    const { status, json, text } = await fail(
      operation.method,
      where(operation),
      request(operation, token(...others)),
    );
    assert.equal(status, 403, `${operation.operationId}: ${text}`);
    assert.match(json.detail, new RegExp(scope), operation.operationId);
  }
});

test('the one action asked for is enough, and upsert asks for upsert', async () => {
  const held = (action: string) => token(`tables:jobs:${action}`);
  const rows = (mode: string, action: string) =>
    call('POST', `/v1/tables/jobs/rows?mode=${mode}`, { token: held(action), body: [] });
  assert.equal((await rows('insert', 'insert')).status, 200);
  assert.equal((await rows('skip', 'insert')).status, 200);
  assert.equal((await rows('upsert', 'upsert')).status, 200);
  assert.equal((await rows('upsert', 'insert')).status, 403);
  assert.equal((await rows('insert', 'upsert')).status, 403);
  const backups = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { token: held('backup') });
  assert.deepEqual(
    backups.json.backups.map(({ table }) => table),
    ['jobs'],
    'all the tables the key may back up',
  );
  assert.equal((await fail('POST', '/v1/backups', { token: held('read') })).status, 403);
  const rejects = await call<RejectPage>('GET', `/v1/loads/${load}/rejects`, { token: held('rejects') });
  assert.deepEqual([rejects.status, rejects.json.rejects], [200, []]);
});

test('one table out of several that a key may not write into refuses the whole request', async () => {
  const body = { departments: [{ id: 600, department: 'Deck' }], jobs: [{ id: 600, job: 'Deckhand' }] };
  const before = server.rows('departments');
  const held = token('tables:departments:insert');
  assert.equal((await fail('POST', '/v1/rows', { token: held, body })).status, 404);
  const seen = token('tables:departments:insert', 'tables:jobs:read');
  assert.equal((await fail('POST', '/v1/rows', { token: seen, body })).status, 403);
  assert.equal(server.rows('departments'), before, 'nothing was loaded');
});

test('lists hold what the key may see', async () => {
  const held = token('tables:departments:read');
  const tables = await call<{ tables: Array<{ name: string }> }>('GET', '/v1/tables', { token: held });
  assert.deepEqual(
    tables.json.tables.map(({ name }) => name),
    ['departments'],
  );
  const loads = await call<{ loads: Load[] }>('GET', '/v1/loads', { token: held });
  assert.deepEqual(loads.json.loads, []);
  const backups = await call<{ backups: BackupInfo[] }>('GET', '/v1/backups', { token: held });
  assert.deepEqual(backups.json.backups, []);
});

test('the number of rows is for keys that may read', async () => {
  const rows = async (action: string) =>
    (await call<{ rows: number | null }>('GET', '/v1/tables/jobs', { token: token(`tables:jobs:${action}`) }))
      .json.rows;
  assert.equal(await rows('read'), 183);
  assert.equal(await rows('insert'), null);
  const counted = await call<{ tables: Array<{ name: string; rows: number | null }> }>(
    'GET',
    '/v1/tables?counts=true',
  );
  assert.equal(counted.json.tables.find(({ name }) => name === 'departments')?.rows, 12);
});

test('another owner’s Idempotency-Key is another key', async () => {
  const key = '0123456789abcdef';
  const one = server.server.keys.createEphemeral(['tables:*:*'], 'one').token;
  const two = server.server.keys.createEphemeral(['tables:*:*'], 'two').token;
  const first = await call<BatchReceipt>('POST', '/v1/tables/jobs/rows', { key, token: one, body: [] });
  const other = await call<BatchReceipt>('POST', '/v1/tables/jobs/rows', {
    key,
    token: two,
    body: [{ id: 1 }],
  });
  assert.equal(first.status, 200);
  assert.equal(other.status, 422);
  assert.equal(other.headers.get('idempotency-replayed'), null);
});

test('loopback is 127.0.0.0/8 and ::1, also written as IPv6, and nothing else', () => {
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1'])
    assert.ok(isLoopback(address), address);
  for (const address of [
    '10.0.0.1',
    '128.0.0.1',
    '::',
    '::ffff:10.0.0.1',
    'fe80::1',
    '2001:db8::1',
    undefined,
  ]) {
    assert.ok(!isLoopback(address), String(address));
  }
});
