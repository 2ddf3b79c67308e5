import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BackupResult } from '../../src/backup/backups.ts';
import type { KeyInfo } from '../../src/ledger/keys.ts';
import type { BatchReceipt, Load } from '../../src/model/receipt.ts';
import { ANNOUNCEMENT } from '../../src/server/examples.ts';
import { startTestServer } from './harness.ts';
import { readOperations, target } from './operations.ts';
import { type Opened, open, type SealedCall, seal, send, signerOf } from './sealed.ts';
import { stopOneUnderWay } from './stopping.ts';

const server = await startTestServer();
const { url, token } = server;
const signer = signerOf(token('tables:*:*', 'keys:admin'));
const operations = await readOperations(server);
const answered = new Set<string>();

/** Sends the last example of an operation sealed; its answer opens, or this throws. */
async function sendExample<T>(
  id: string,
  names: Readonly<Record<string, string>> = {},
  swap?: SealedCall,
): Promise<Opened<T>> {
  const operation = operations.find(({ operationId }) => operationId === id) ?? assert.fail(id);
  const [type, media] = Object.entries(operation.bodies).at(-1) ?? [];
  const example = type === undefined ? {} : { type, body: media?.example };
  const path = target(operation, { table: 'hired_employees', ...names });
  const sealed = seal(signer, operation.method, path, swap ?? example);
  const answer = open<T>(sealed, await send(url, sealed));
  assert.ok(answer.status < 300, `${id}: ${answer.text}`);
  assert.ok(answer.text.length > 0, id);
  const documented = operation.responses[answer.status]?.content ?? {};
  assert.ok(Object.hasOwn(documented, (answer.headers['content-type'] ?? '').split(';')[0] ?? ''), id);
  answered.add(id);
  return answer;
}

test('operations, tables, rows, keys and the audit log are answered sealed', async () => {
  for (const id of ['live', 'ready', 'metrics', 'listTables', 'getTable', 'insertRows', 'insertRowsOfTables'])
    await sendExample(id);
  const { json } = await sendExample<{ key: KeyInfo }>('createKey');
  for (const id of ['rotateKey', 'listKeys', 'revokeKey']) await sendExample(id, { id: json.key.id });
  for (const id of ['listAudit', 'verifyAudit']) await sendExample(id);
});

test('loads and rejects are answered sealed', async () => {
  const aborted = await sendExample<Load>('announceLoad', {}, { body: { ...ANNOUNCEMENT, table: 'jobs' } });
  await sendExample('abortLoad', { id: aborted.json.id });
  const { json } = await sendExample<Load>('announceLoad');
  for (const id of ['sendPart', 'finishLoad', 'getLoad', 'listLoads', 'watchLoad', 'listRejects'])
    await sendExample(id, { id: json.id });
  for (const id of ['listBatches', 'reconcileLoad']) await sendExample(id, { id: json.id });
  const body = '8930,A,2021-07-27T16:02:08Z,1,1\n8931,,never,1,1\n';
  const rejected = await sendExample<BatchReceipt>('insertRows', {}, { type: 'text/csv', body });
  const mended = '8931,B,2021-07-27T16:02:08Z,1,1\n';
  await sendExample('retryRejects', { id: rejected.json.load }, { type: 'text/csv', body: mended });
});

test('backups and restores are answered sealed', async () => {
  const made = await sendExample<{ backups: BackupResult[] }>(
    'runBackup',
    {},
    { body: { tables: ['jobs'] } },
  );
  const id = made.json.backups[0]?.id ?? assert.fail(made.text);
  const ofOne = ['verifyBackup', 'downloadBackup', 'holdBackup', 'releaseBackup'];
  for (const name of ['listBackups', 'listBackupJobs', ...ofOne]) await sendExample(name, { id });
  await sendExample('pruneBackups');
  const ask = async (method: string, path: string, call: SealedCall = {}) => {
    const sealed = seal(signer, method, path, call);
    return open(sealed, await send(url, sealed));
  };
  const stopped = await stopOneUnderWay(
    (key) => ask('POST', '/v1/backups', { key }),
    (key) => ask('DELETE', `/v1/backups/jobs/${key}`),
  );
  assert.equal(stopped.status, 200, stopped.text);
  answered.add('stopBackupJob');
  await sendExample('restoreTable', { table: 'jobs' }, { body: { backup: id, dryRun: true } });
});

test('pages and documents outside the operations are answered sealed too', async () => {
  for (const path of ['/', '/openapi.json', '/docs/', '/docs/json', '/problems/seal-stale']) {
    const sealed = seal(signer, 'GET', path);
    const { status, text } = open(sealed, await send(url, sealed));
    assert.equal(status, 200, path);
    assert.ok(text.length > 0, path);
  }
});

test('no operation was left out', () => {
  assert.deepEqual([...answered].sort(), operations.map(({ operationId }) => operationId).sort());
});
