/** Test 13 of the security tests: every route of the OpenAPI document with every scope, sealed and not. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '../../src/backup/backups.ts';
import type { Load } from '../../src/model/receipt.ts';
import { ACTIONS, type Action, KEYS_ADMIN } from '../../src/seal/scopes.ts';
import type { Problem } from '../../src/server/problems.ts';
import { startTestServer } from '../server/harness.ts';
import { isGuarded, type Operation, readOperations, target } from '../server/operations.ts';
import { sendSealed, signerOf } from '../server/sealed.ts';

const server = await startTestServer();
const { call, url, token } = server;

const announcement = { table: 'jobs', name: 'jobs.csv', size: 12, sha256: 'a'.repeat(64) };
const load = (await call<Load>('POST', '/v1/loads', { body: announcement })).json.id;
// An ended load: its events are an answer that ends.
await call('DELETE', `/v1/loads/${load}`);
const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables: ['jobs'] } });
const backup = made.json.backups[0]?.id ?? assert.fail(made.text);

/** list: the answer holds what the key may see. see: any action on the table. Else these actions, or keys:admin. */
type Needs = readonly Action[] | typeof KEYS_ADMIN | 'list' | 'see';

const NEEDS: Readonly<Record<string, { readonly needs: Needs; readonly body?: unknown }>> = {
  listTables: { needs: 'list' },
  getTable: { needs: 'see' },
  insertRows: { needs: ['insert'], body: [] },
  insertRowsOfTables: { needs: ['insert'], body: { jobs: [] } },
  announceLoad: { needs: ['insert'], body: announcement },
  sendPart: { needs: ['insert'] },
  finishLoad: { needs: ['insert'] },
  abortLoad: { needs: ['insert'] },
  listLoads: { needs: 'list' },
  getLoad: { needs: 'see' },
  watchLoad: { needs: 'see' },
  listRejects: { needs: ['rejects'] },
  retryRejects: { needs: ['rejects', 'insert'] },
  listBatches: { needs: 'see' },
  reconcileLoad: { needs: ['read'] },
  runBackup: { needs: ['backup'], body: { tables: ['jobs'] } },
  listBackups: { needs: 'list' },
  listBackupJobs: { needs: 'list' },
  stopBackupJob: { needs: 'list' },
  downloadBackup: { needs: ['backup'] },
  verifyBackup: { needs: ['backup'] },
  pruneBackups: { needs: ['backup'], body: { table: 'jobs', dryRun: true } },
  holdBackup: { needs: ['backup'] },
  releaseBackup: { needs: ['backup'] },
  restoreTable: { needs: ['restore'], body: { backup, dryRun: true } },
  listKeys: { needs: KEYS_ADMIN },
  createKey: { needs: KEYS_ADMIN, body: { owner: 'x', scopes: [KEYS_ADMIN] } },
  rotateKey: { needs: KEYS_ADMIN },
  revokeKey: { needs: KEYS_ADMIN },
  listAudit: { needs: KEYS_ADMIN },
  verifyAudit: { needs: KEYS_ADMIN },
};

const operations = (await readOperations(server)).filter(isGuarded);

type Verdict = 'allowed' | 'forbidden' | 'hidden';

/** What keys are tried: with these actions on jobs, with keys:admin, with everything on another table, with nothing. */
const KEYS: ReadonlyArray<{ readonly actions: readonly Action[]; readonly others?: readonly string[] }> = [
  ...ACTIONS.map((action) => ({ actions: [action] })),
  { actions: ACTIONS },
  { actions: [], others: [KEYS_ADMIN] },
  { actions: [], others: ['tables:departments:*'] },
  { actions: [] },
];

function expected(needs: Needs, { actions, others = [] }: (typeof KEYS)[number]): Verdict {
  if (needs === 'list') return 'allowed';
  if (needs === KEYS_ADMIN) return others.includes(KEYS_ADMIN) ? 'allowed' : 'forbidden';
  if (actions.length === 0) return 'hidden';
  if (needs === 'see' || needs.every((need) => actions.includes(need))) return 'allowed';
  return 'forbidden';
}

const HIDDEN = new Set(['table-not-found', 'load-not-found', 'backup-not-found']);

/** By the code alone: what is allowed may still be refused for what it says. */
function verdict({ code, status }: Problem): Verdict {
  assert.notEqual(status, 401, code);
  assert.ok(!(status >= 500), code);
  if (code === 'forbidden') return 'forbidden';
  return HIDDEN.has(code) ? 'hidden' : 'allowed';
}

function where(operation: Operation): string {
  const id = operation.path.startsWith('/v1/backups/') ? backup : load;
  return target(operation, { table: 'jobs', id });
}

const WAYS: Readonly<Record<string, (held: string, operation: Operation) => Promise<Problem>>> = {
  Bearer: async (held, operation) => {
    const { body } = NEEDS[operation.operationId] ?? {};
    const sent = body === undefined ? {} : { body };
    return (await call<Problem>(operation.method, where(operation), { token: held, ...sent })).json;
  },
  sealed: async (held, operation) => {
    const { body } = NEEDS[operation.operationId] ?? {};
    const sent = body === undefined ? {} : { body };
    return (await sendSealed<Problem>(url, signerOf(held), operation.method, where(operation), sent)).json;
  },
};

test('every route of the document has an entry here', () => {
  const names = operations.map(({ operationId }) => operationId);
  assert.deepEqual(names.sort(), Object.keys(NEEDS).sort());
});

for (const [way, ask] of Object.entries(WAYS)) {
  test(`${way}: every route × every scope is allowed, forbidden or hidden as it should be`, async () => {
    for (const key of KEYS) {
      const scopes = [...key.actions.map((action) => `tables:jobs:${action}`), ...(key.others ?? [])];
      const held = token(...scopes);
      for (const operation of operations) {
        const { needs } = NEEDS[operation.operationId] ?? assert.fail(operation.operationId);
        const found = verdict(await ask(held, operation));
        assert.equal(found, expected(needs, key), `${operation.operationId} with [${scopes}]`);
      }
    }
  });
}
