import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { Compile } from 'typebox/compile';
import type { BackupResult } from '../../src/backup/backups.ts';
import type { KeyInfo } from '../../src/ledger/keys.ts';
import type { Load } from '../../src/model/receipt.ts';
import { DOCUMENTS } from '../../src/server/documents.ts';
import { ANNOUNCEMENT, PART_CSV } from '../../src/server/examples.ts';
import { startTestServer } from './harness.ts';
import { isGuarded, isUnsafe, type OpenApi, type Operation, readOperations, target } from './operations.ts';
import { stopOneUnderWay } from './stopping.ts';

const server = await startTestServer();
const { call, config, url, token } = server;
const operations = await readOperations(server);

/** The example rows have the same ids in every form, so they go before they come again. */
function deleteExamples(): void {
  const db = new DatabaseSync(config.databaseUrl.slice('sqlite:'.length), { timeout: 10_000 });
  db.exec('DELETE FROM hired_employees WHERE id > 900; DELETE FROM jobs WHERE id > 900');
  db.exec('DELETE FROM departments WHERE id > 900');
  db.close();
}

/** A JSON Schema with every reference in it replaced, and no member that it does not name allowed. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  if ('$ref' in schema) return closed(DOCUMENTS[String(schema.$ref).split('/').at(-1) ?? '']);
  const members = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const strict = 'properties' in schema ? { additionalProperties: false } : {};
  return { ...Object.fromEntries(members), ...strict };
}

function assertDocumented(operation: Operation, status: number, type: string, body: unknown): void {
  const media = operation.responses[status]?.content[type];
  const where = `${operation.operationId} ${status} ${type}`;
  assert.ok(media?.schema, `${where} is not documented`);
  if (!type.endsWith('json')) return;
  const schema = closed(media.schema);
  assert.ok(typeof schema === 'object' && schema !== null);
  const check = Compile(schema);
  assert.deepEqual(check.Errors(body), [], where);
}

/** Sends every example of an operation; answers the last answer's document. */
async function sendExamples<T>(id: string, names: Record<string, string> = {}, swap?: unknown): Promise<T> {
  const operation = operations.find(({ operationId }) => operationId === id) ?? assert.fail(id);
  const examples = Object.entries(operation.bodies).map(([type, { example }]) => ({
    type,
    body: swap ?? example,
  }));
  let last: unknown;
  for (const request of examples.length > 0 ? examples : [{}]) {
    if (id.startsWith('insert')) deleteExamples();
    const path = target(operation, { table: 'hired_employees', ...names });
    const { status, headers, json, text } = await call<unknown>(operation.method, path, request);
    assert.ok(status < 300, `${id}: ${text}`);
    if (id.startsWith('insert')) assert.doesNotMatch(text, /"rejected":[1-9]/, id);
    assertDocumented(operation, status, headers.get('content-type')?.split(';')[0] ?? '', json);
    last = json;
  }
  sent.add(id);
  // The caller names the document that the operation answers with; it was just checked.
  return last as T;
}

const sent = new Set<string>();

test('the document is OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const { json, text } = await call<OpenApi>('GET', '/openapi.json', { token: null });
  assert.equal(json.openapi, '3.1.0');
  const references = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  assert.ok(references.length > 50);
  const components: Readonly<Record<string, Readonly<Record<string, unknown>>>> = json.components;
  for (const [, kind = '', name = ''] of references) assert.ok(components[kind]?.[name], `${kind} ${name}`);
  const ids = operations.map(({ operationId }) => operationId);
  assert.equal(new Set(ids).size, ids.length);
  for (const { operationId, bodies, responses } of operations) {
    assert.ok(responses.default?.content['application/problem+json'], operationId);
    for (const [type, { example }] of Object.entries(bodies)) assert.ok(example, `${operationId} ${type}`);
  }
});

test('what needs a key names the seal and Bearer as alternatives, and says that answers are sealed', async () => {
  const { json } = await call<OpenApi>('GET', '/openapi.json', { token: null });
  const { seal, bearer } = json.components.securitySchemes;
  assert.deepEqual([seal?.type, seal?.name, bearer?.scheme], ['apiKey', 'Signature', 'bearer']);
  assert.match(seal?.description ?? '', /docs\/protocol\.md/);
  for (const operation of operations) {
    const { operationId, security, parameters, bodies, responses } = operation;
    const guarded = isGuarded(operation);
    assert.deepEqual(security, guarded ? [{ seal: [] }, { bearer: [] }] : undefined, operationId);
    const referred = parameters.flatMap(({ $ref }) => ($ref === undefined ? [] : [$ref.split('/').at(-1)]));
    const sealed = ['SignatureInput', 'Signature'];
    if (Object.keys(bodies).length > 0) sealed.push('ContentEncoding');
    if (isUnsafe(operation)) sealed.unshift('IdempotencyKey');
    assert.deepEqual(referred, guarded ? sealed : [], operationId);
    for (const [status, { headers }] of Object.entries(responses)) {
      assert.equal(
        headers !== undefined && 'Content-Encoding' in headers,
        guarded,
        `${operationId} ${status}`,
      );
    }
  }
});

test('operations, tables and rows: every example does what is documented', async () => {
  for (const id of ['live', 'ready', 'metrics', 'listTables', 'getTable', 'insertRows'])
    await sendExamples(id);
  await sendExamples('insertRowsOfTables');
});

test('loads and rejects: every example does what is documented', async () => {
  deleteExamples();
  const { id } = await sendExamples<Load>('announceLoad');
  await sendExamples('announceLoad');
  const aborted = await call<Load>('POST', '/v1/loads', { body: { ...ANNOUNCEMENT, table: 'jobs' } });
  await sendExamples('abortLoad', { id: aborted.json.id });
  const part = await sendExamples<Load>('sendPart', { id });
  assert.equal(part.offset, ANNOUNCEMENT.size, 'the part example is the announced file');
  for (const name of ['finishLoad', 'getLoad', 'listLoads', 'watchLoad', 'listRejects'])
    await sendExamples(name, { id });
  await sendExamples('listBatches', { id });
  const reconcile = operations.find(({ operationId }) => operationId === 'reconcileLoad') ?? assert.fail();
  const held = await call('POST', `/v1/loads/${id}/reconcile?offset=0&last=true`, {
    type: 'text/csv',
    body: PART_CSV,
  });
  assert.equal(held.status, 200, held.text);
  assertDocumented(reconcile, 200, 'application/json', held.json);
  sent.add('reconcileLoad');
  const rejected = await call<{ load: string }>('POST', '/v1/tables/hired_employees/rows', {
    // As many rejects as the examples have rows.
    body: '930,A,2021-07-27T16:02:08Z,1,1\n931,,never,1,1\n932,,never,1,1\n',
    type: 'text/csv',
  });
  const { json } = await call('GET', `/v1/loads/${rejected.json.load}/rejects`);
  const operation = operations.find(({ operationId }) => operationId === 'listRejects') ?? assert.fail();
  assertDocumented(operation, 200, 'application/json', json);
  const retry = operations.find(({ operationId }) => operationId === 'retryRejects') ?? assert.fail();
  for (const [type, { example }] of Object.entries(retry.bodies)) {
    deleteExamples();
    const path = `/v1/loads/${rejected.json.load}/rejects/retry`;
    const answer = await call('POST', path, { type, body: example });
    assert.equal(answer.status, 200, `${type}: ${answer.text}`);
    assertDocumented(retry, 200, 'application/json', answer.json);
  }
  sent.add('retryRejects');
});

test('backups: every example does what is documented', async () => {
  await sendExamples<{ backups: BackupResult[] }>('runBackup');
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', {
    body: { tables: ['hired_employees'] },
  });
  const id = made.json.backups[0]?.id ?? assert.fail(made.text);
  const ofOne = ['verifyBackup', 'downloadBackup', 'holdBackup', 'releaseBackup'];
  for (const name of ['listBackups', 'listBackupJobs', ...ofOne]) await sendExamples(name, { id });
  await sendExamples('pruneBackups');
  const stopped = await stopOneUnderWay(
    (key) => call('POST', '/v1/backups', { key }),
    (key) => call('DELETE', `/v1/backups/jobs/${key}`),
  );
  const stop = operations.find(({ operationId }) => operationId === 'stopBackupJob') ?? assert.fail();
  assertDocumented(stop, 200, 'application/json', stopped.json);
  sent.add('stopBackupJob');
  const content = await fetch(`${url}/v1/backups/${id}/content`, {
    headers: { authorization: `Bearer ${token('tables:*:*')}` },
  });
  const bytes = new Uint8Array(await content.arrayBuffer());
  const operation = operations.find(({ operationId }) => operationId === 'restoreTable') ?? assert.fail();
  for (const [type, { example }] of Object.entries(operation.bodies)) {
    const body = type === 'application/json' ? { ...Object(example), backup: id } : bytes;
    const answer = await call('POST', '/v1/tables/hired_employees/restore', { type, body });
    // What is not encrypted is not what that type promises; test/backup/encrypted.test.ts restores what is.
    const isPlain = !type.endsWith('keyed-age');
    assert.equal(answer.status, isPlain ? 200 : 422, `${type}: ${answer.text}`);
    if (isPlain) assertDocumented(operation, 200, 'application/json', answer.json);
  }
  sent.add('restoreTable');
});

test('keys: every example does what is documented', async () => {
  const { key } = await sendExamples<{ key: KeyInfo }>('createKey');
  for (const name of ['rotateKey', 'listKeys', 'revokeKey']) await sendExamples(name, { id: key.id });
});

test('the audit log: every example does what is documented', async () => {
  const { entries } = await sendExamples<{ entries: unknown[] }>('listAudit');
  assert.ok(entries.length > 0, 'of the keys and restores above');
  await sendExamples('verifyAudit');
});

test('a refused batch is documented too', async () => {
  const operation = operations.find(({ operationId }) => operationId === 'insertRows') ?? assert.fail();
  const { json } = await call('POST', '/v1/tables/jobs/rows', { body: [{ id: 1 }] });
  assertDocumented(operation, 422, 'application/problem+json', json);
});

test('no operation was left out', () => {
  assert.deepEqual([...sent].sort(), operations.map(({ operationId }) => operationId).sort());
});
