import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ERROR_CODES, type ErrorCode } from '../../src/errors.ts';
import type { Problem } from '../../src/server/problems.ts';
import { type Answer, startTestServer } from './harness.ts';
import { isGuarded, isUnsafe, type Operation, readOperations, target } from './operations.ts';

const server = await startTestServer({ limits: { rowsBytes: 4096, controlBytes: 4096, restoreBytes: 4096 } });
const { fail, call } = server;
const operations = await readOperations(server);
const NAMES = { table: 'hired_employees', id: '01M820BYT28PCRKEF99Z6Q0KM3' };

/** The shape every failure has: RFC 9457 with our members, and nothing of an exception. */
function assertProblem(
  { status, headers, json, text }: Answer<Problem>,
  code: ErrorCode,
  where: string,
): void {
  assert.equal(json.code, code, `${where}: ${text}`);
  assert.equal(status, ERROR_CODES[code].status, where);
  assert.equal(headers.get('content-type')?.split(';')[0], 'application/problem+json', where);
  assert.equal(json.type, `/problems/${code}`, where);
  assert.equal(json.title, ERROR_CODES[code].title, where);
  assert.equal(json.status, status, where);
  assert.equal(json.retryable, ERROR_CODES[code].retryable, where);
  assert.ok(json.detail.length > 10, where);
  assert.ok(json.hint, `${where} has no hint`);
  assert.doesNotMatch(text, /FST_ERR|node_modules|\.ts:|Error:/, where);
}

const each = (which: (operation: Operation) => boolean) =>
  operations
    .filter(which)
    .map((operation) => ({ operation, where: `${operation.method} ${operation.path}` }));

const takesBody = ({ bodies }: Operation) => Object.keys(bodies).length > 0;

/** Where a well-formed body of the wrong kind gets past the key and its scopes: the table or load is there. */
const reachable = (operation: Operation) => !operation.path.includes('{id}');

test('every route is in the OpenAPI document', () => {
  const found = operations.map(({ method, path }) => `${method} ${path}`).sort();
  assert.deepEqual(found, [
    'DELETE /v1/backups/jobs/{id}',
    'DELETE /v1/keys/{id}',
    'DELETE /v1/loads/{id}',
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
    'GET /v1/audit',
    'GET /v1/audit/verification',
    'GET /v1/backups',
    'GET /v1/backups/jobs',
    'GET /v1/backups/{id}/content',
    'GET /v1/keys',
    'GET /v1/loads',
    'GET /v1/loads/{id}',
    'GET /v1/loads/{id}/batches',
    'GET /v1/loads/{id}/events',
    'GET /v1/loads/{id}/rejects',
    'GET /v1/tables',
    'GET /v1/tables/{table}',
    'PATCH /v1/loads/{id}',
    'POST /v1/backups',
    'POST /v1/backups/prune',
    'POST /v1/backups/{id}/hold',
    'POST /v1/backups/{id}/release',
    'POST /v1/backups/{id}/verify',
    'POST /v1/keys',
    'POST /v1/keys/{id}/rotate',
    'POST /v1/loads',
    'POST /v1/loads/{id}/finish',
    'POST /v1/loads/{id}/reconcile',
    'POST /v1/loads/{id}/rejects/retry',
    'POST /v1/rows',
    'POST /v1/tables/{table}/restore',
    'POST /v1/tables/{table}/rows',
  ]);
});

test('without a key: 401 with WWW-Authenticate, on every route under /v1', async () => {
  for (const { operation, where } of each(isGuarded)) {
    const answer = await fail(operation.method, target(operation, NAMES), { token: null });
    assertProblem(answer, 'unauthorized', where);
    assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer/);
  }
});

test('with a token that is none, unknown or for another scheme: 401', async () => {
  const unknown = 'rfk_7Hq2mB9xT4cD_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg000000';
  for (const authorization of [
    'Bearer',
    'Bearer x',
    `Bearer ${unknown}`,
    'Basic eDp5',
    `bearer ${unknown} ${unknown}`,
  ]) {
    const answer = await fail('GET', '/v1/tables', { token: null, headers: { authorization } });
    assertProblem(answer, 'unauthorized', authorization);
  }
});

test('nothing there: 404 for unknown paths, loads, backups, keys and tables', async () => {
  for (const path of [
    '/nope',
    '/v1',
    '/v1/nope',
    '/v1/loads/x/y',
    '/problems/nope',
    '/v1/tables/jobs/rows/',
  ]) {
    assertProblem(await fail('GET', path), 'not-found', path);
  }
  assertProblem(await fail('POST', '/nope', { body: { a: 1 } }), 'not-found', 'POST /nope');
  const codes: Record<string, ErrorCode> = {
    loads: 'load-not-found',
    backups: 'backup-not-found',
    keys: 'key-not-found',
    jobs: 'job-not-found',
  };
  for (const { operation, where } of each(({ path }) => path.includes('{id}'))) {
    const answer = await fail(operation.method, target(operation, NAMES), bodyFor(operation));
    const [, , kind = '', below = ''] = operation.path.split('/');
    assertProblem(answer, codes[below] ?? codes[kind] ?? 'internal', where);
  }
  for (const table of ['hired_employee', 'rowferry_loads', 'sqlite_schema', '..', 'a"b', 'x'.repeat(256)]) {
    const path = `/v1/tables/${encodeURIComponent(table)}`;
    if (table !== '..') assertProblem(await fail('GET', path), 'table-not-found', path);
  }
  const near = await fail('GET', '/v1/tables/hired_employee');
  assert.match(near.json.hint ?? '', /hired_employees/, 'near names are told');
});

/** A body of the kind the route takes, so that nothing but the id is at fault. */
function bodyFor({ bodies }: Operation): { type?: string; body?: unknown } {
  const [type] = Object.keys(bodies).toReversed();
  if (type === undefined) return {};
  return type === 'application/json' ? { body: {} } : { type, body: '1,Ann\n' };
}

test('another method: 405 with Allow, on every path', async () => {
  for (const path of new Set(operations.map((operation) => operation.path))) {
    const own = operations.filter((operation) => operation.path === path);
    const where = target(own[0] ?? assert.fail(), NAMES).split('?')[0] ?? '';
    for (const method of ['PUT', 'OPTIONS']) {
      const answer = await fail(method, where);
      assertProblem(answer, 'method-not-allowed', `${method} ${where}`);
      assert.equal(
        answer.headers.get('allow'),
        own
          .map(({ method }) => method)
          .sort()
          .join(', '),
      );
    }
    assert.equal((await fail('HEAD', where)).status, 405, `HEAD ${where}`);
  }
});

test('another content type: 415 naming those that are taken', async () => {
  for (const { operation, where } of each((operation) => takesBody(operation))) {
    const answer = await fail(operation.method, target(operation, NAMES), { type: 'text/xml', body: '<a/>' });
    assertProblem(answer, 'media-type-unsupported', where);
    for (const type of Object.keys(operation.bodies))
      assert.match(answer.json.hint ?? '', new RegExp(type), where);
  }
  const rows = '/v1/tables/jobs/rows';
  for (const coding of [
    'br',
    'deflate',
    'x-gzip',
    'gzip, gzip',
    'gzip, zstd',
    'aes128gcm',
    'gzip, aes128gcm',
  ]) {
    const answer = await fail('POST', rows, { body: [], headers: { 'content-encoding': coding } });
    assertProblem(answer, 'media-type-unsupported', coding);
    assert.match(answer.json.hint ?? '', /gzip or zstd/, coding);
  }
  const latin = await fail('POST', rows, { body: '1,x\n', type: 'text/csv; charset=latin1' });
  assertProblem(latin, 'media-type-unsupported', 'charset');
});

test('a body where none is taken, and none where one is needed: 400', async () => {
  for (const { operation, where } of each((operation) => isUnsafe(operation) && !takesBody(operation))) {
    const answer = await fail(operation.method, target(operation, NAMES), { body: { a: 1 } });
    assertProblem(answer, 'body-invalid', where);
  }
  const optional = new Set(['runBackup', 'verifyBackup', 'pruneBackups']);
  for (const id of ['sendPart', 'retryRejects', 'reconcileLoad']) optional.add(id);
  for (const { operation, where } of each((each) => takesBody(each) && !optional.has(each.operationId))) {
    assertProblem(await fail(operation.method, target(operation, NAMES)), 'body-invalid', where);
  }
});

test('a body that is too large: 413 naming the way for files of any size', async () => {
  for (const { operation, where } of each((operation) => takesBody(operation) && reachable(operation))) {
    for (const type of Object.keys(operation.bodies)) {
      const answer = await fail(operation.method, target(operation, NAMES), { type, body: 'x'.repeat(5000) });
      assertProblem(answer, 'body-too-large', `${where} ${type}`);
      assert.match(answer.json.hint ?? '', /POST \/v1\/loads.*rowferry load/, where);
    }
  }
});

test('an Idempotency-Key missing, of the wrong form, or doubled: 400', async () => {
  const sql = 'a"); DROP TABLE jobs;--';
  for (const { operation, where } of each((operation) => isGuarded(operation) && isUnsafe(operation))) {
    const path = target(operation, NAMES);
    assertProblem(await fail(operation.method, path, { key: null }), 'idempotency-key-missing', where);
    for (const key of ['short', 'x'.repeat(65), sql, '"0123456789abcdef', 'ünïcödé-0123456789']) {
      assertProblem(
        await fail(operation.method, path, { key }),
        'idempotency-key-invalid',
        `${where} ${key}`,
      );
    }
  }
  for (const key of ['0123456789abcdef', '"0123456789abcdeg"', 'x'.repeat(64)]) {
    const { status } = await call('POST', '/v1/tables/jobs/rows', { key, body: [] });
    assert.equal(status, 200, key);
  }
});

test('queries that are unknown, doubled or of the wrong form: 400 with a pointer', async () => {
  const cases: Array<[path: string, pointer: string]> = [
    ['/v1/tables?x=1', '/query/x'],
    ['/v1/loads?limit=0', '/query/limit'],
    ['/v1/loads?limit=ten', '/query/limit'],
    ['/v1/loads?limit=1&limit=2', '/query/limit'],
    ['/v1/loads?state=gone', '/query/state'],
  ];
  for (const [path, pointer] of cases) {
    const answer = await fail('GET', path);
    assertProblem(answer, 'bad-request', path);
    assert.equal(answer.json.errors?.[0]?.pointer, pointer, path);
  }
});

test('JSON of the wrong shape: 400 with a pointer for each fault', async () => {
  const body = { table: 'jobs', name: 1, size: -1, sha256: 'X', 'a/b~c': true };
  const answer = await fail('POST', '/v1/loads', { body });
  assertProblem(answer, 'bad-request', 'announcement');
  const pointers = answer.json.errors?.map(({ pointer }) => pointer) ?? [];
  assert.deepEqual(pointers.toSorted(), ['/a~1b~0c', '/name', '/sha256', '/size']);
  for (const wrong of [
    '{',
    '',
    'nul',
    '{"__proto__":{"a":1}}',
    '{"constructor":{"prototype":{}}}',
    '[1]\u0000',
  ]) {
    const refused = await fail('POST', '/v1/keys', { body: wrong });
    assert.equal(refused.status, 400, wrong);
    assertProblem(refused, refused.json.code, wrong);
  }
  const latin = await fail('POST', '/v1/keys', { body: Buffer.from('{"owner":"é"}', 'latin1') });
  assertProblem(latin, 'body-invalid', 'not UTF-8');
});

test('answers under /v1 are never cached, and no answer names its maker', async () => {
  const answer = await call('GET', '/v1/tables');
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.equal(answer.headers.get('x-powered-by'), null);
  assert.equal(answer.headers.get('server'), null);
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
});

test('a failure nobody foresaw shows an id, and the log tells the rest under it', async () => {
  const { ingest } = server.server;
  const { tables } = ingest;
  Object.assign(ingest, { tables: () => Promise.reject(new Error('secret of the inside')) });
  try {
    const answer = await call<Problem & { id: string }>('GET', '/v1/tables');
    assertProblem(answer, 'internal', 'a fault');
    assert.doesNotMatch(answer.text, /secret of the inside/);
    assert.ok(
      server.log.some((line) => line.includes(answer.json.id) && line.includes('secret of the inside')),
    );
  } finally {
    Object.assign(ingest, { tables });
  }
});

test('the page of every problem type answers', async () => {
  for (const code of Object.keys(ERROR_CODES)) {
    const { status, json } = await call<{ code: string }>('GET', `/problems/${code}`, { token: null });
    assert.deepEqual([status, json.code], [200, code]);
  }
});
