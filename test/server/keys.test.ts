import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import type { CreatedKey, KeyInfo } from '../../src/ledger/keys.ts';
import { parseToken } from '../../src/seal/token.ts';
import { startTestServer } from './harness.ts';
import { sendSealed, signerOf } from './sealed.ts';

const { call, fail, log, config, url } = await startTestServer();

const create = (owner: string, extra: object = {}) =>
  call<CreatedKey>('POST', '/v1/keys', { body: { owner, scopes: ['tables:*:read'], ...extra } });
const tablesWith = async (token: string) => (await call('GET', '/v1/tables', { token })).status;

test('a key is made, used, listed, rotated and revoked', async () => {
  const made = await create('payroll', { name: 'nightly', expiresInDays: 30 });
  assert.equal(made.status, 201, made.text);
  const { token, key } = made.json;
  assert.ok(parseToken(token));
  assert.equal(Date.parse(key.expiresAt) - Date.parse(key.createdAt), 30 * 86_400_000);
  assert.equal(await tablesWith(token), 200);

  const second = await call<CreatedKey>('POST', `/v1/keys/${key.id}/rotate`);
  assert.equal(second.status, 201, second.text);
  assert.equal(second.json.key.owner, 'payroll');
  assert.deepEqual([await tablesWith(token), await tablesWith(second.json.token)], [200, 200]);
  assert.equal((await fail('POST', `/v1/keys/${key.id}/rotate`)).json.code, 'key-limit');

  const revoked = await call<KeyInfo>('DELETE', `/v1/keys/${key.id}`);
  assert.ok(revoked.json.revokedAt, revoked.text);
  assert.deepEqual([await tablesWith(token), await tablesWith(second.json.token)], [401, 200]);

  const { json, text } = await call<{ keys: KeyInfo[] }>('GET', '/v1/keys');
  assert.deepEqual(new Set(json.keys.map(({ id }) => id)), new Set([key.id, second.json.key.id]));
  assert.doesNotMatch(text, /rfk_|wrapped/);
});

test('the token is shown once: a replay has none, and neither ledger nor log keeps it', async () => {
  const body = { owner: 'once', scopes: ['keys:admin'] };
  const key = randomUUID();
  const first = await call<CreatedKey>('POST', '/v1/keys', { body, key });
  const again = await call<{ token: null; key: KeyInfo }>('POST', '/v1/keys', { body, key });
  assert.equal(again.status, 201);
  assert.equal(again.headers.get('idempotency-replayed'), 'true');
  assert.deepEqual(again.json, { token: null, key: first.json.key });
  const secret = parseToken(first.json.token)?.secret ?? assert.fail('no token');
  assert.ok(!log.join('').includes(secret));
  const { DatabaseSync } = await import('node:sqlite');
  const db = new DatabaseSync(config.databaseUrl.slice('sqlite:'.length), { readOnly: true });
  const answers = db.prepare('SELECT body FROM rowferry_answers').all();
  db.close();
  assert.ok(answers.length > 0);
  assert.ok(!JSON.stringify(answers).includes(secret));
});

test('a sealed-only key as a Bearer token: 403 with what to do; sealed it is taken', async () => {
  const { json } = await create('sealed', { sealedOnly: true });
  assert.equal(json.key.sealedOnly, true);
  const refused = await fail('GET', '/v1/tables', { token: json.token });
  assert.deepEqual([refused.status, refused.json.code], [403, 'seal-required']);
  assert.match(refused.json.hint ?? '', /rowferry seal.*rowferry keys rotate/);
  const sealed = await sendSealed<{ tables: unknown[] }>(url, signerOf(json.token), 'GET', '/v1/tables');
  assert.deepEqual([sealed.status, sealed.json.tables.length], [200, 3]);
  const listed = await call<{ keys: KeyInfo[] }>('GET', '/v1/keys');
  assert.equal(listed.json.keys.find(({ id }) => id === json.key.id)?.sealedOnly, true);
  assert.equal(
    (await fail('POST', '/v1/keys', { body: { owner: 'x', scopes: ['keys:admin'], sealedOnly: 1 } })).status,
    400,
  );
});

test('scopes and owners that are none are refused', async () => {
  const scope = await fail('POST', '/v1/keys', {
    body: { owner: 'x', scopes: ['tables:*:read', 'tables:*:drop'] },
  });
  assert.deepEqual([scope.status, scope.json.errors?.[0]?.pointer], [400, '/scopes/1']);
  for (const body of [
    { owner: '', scopes: ['keys:admin'] },
    { owner: 'a b', scopes: ['keys:admin'] },
    { owner: 'x', scopes: [] },
  ]) {
    assert.equal((await fail('POST', '/v1/keys', { body })).status, 400, JSON.stringify(body));
  }
});

test('a key revoked during an upload: the next part is refused', async () => {
  const { json } = await create('loader', { scopes: ['tables:jobs:insert'] });
  const content = '950,Purser\n';
  const load = await call<{ id: string }>('POST', '/v1/loads', {
    token: json.token,
    body: { table: 'jobs', name: 'jobs.csv', size: 22, sha256: '0'.repeat(64) },
  });
  const part = { token: json.token, body: content, type: 'text/csv' };
  assert.equal((await call('PATCH', `/v1/loads/${load.json.id}?offset=0`, part)).status, 200);
  await call('DELETE', `/v1/keys/${json.key.id}`);
  assert.equal((await call('PATCH', `/v1/loads/${load.json.id}?offset=11`, part)).status, 401);
});
