import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startTestServer } from './harness.ts';

const { call, url, log, server } = await startTestServer();

test('the front page stands alone: no scripts, nothing from elsewhere, and its links answer', async () => {
  const { status, headers, text } = await call('GET', '/', { token: null });
  assert.equal(status, 200);
  assert.match(headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/);
  assert.doesNotMatch(text, /<script|src=|@import|url\(|https:/i);
  assert.match(text, /prefers-color-scheme: dark/);
  const links = [...text.matchAll(/href="([^"]+)"/g)].map(([, link = '']) => link);
  assert.ok(links.length >= 4);
  for (const link of links) assert.equal((await call('GET', link, { token: null })).status, 200, link);
});

test('the reference page needs no other host', async () => {
  const page = await call('GET', '/docs', { token: null });
  assert.equal(page.status, 200);
  const parts = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(
    ([, part = '']) => new URL(part, `${url}/docs/`),
  );
  assert.ok(parts.length > 3);
  for (const part of parts) {
    assert.equal(part.origin, url, `${part} is elsewhere`);
    const { status, text } = await call('GET', part.pathname, { token: null });
    assert.equal(status, 200, part.pathname);
    const said = text.replaceAll(/^\s*\/\/.*$/gm, '');
    if (part.pathname.endsWith('swagger-initializer.js'))
      assert.doesNotMatch(said, /https?:/, 'nothing from elsewhere');
  }
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /https?:|unsafe|upgrade-insecure-requests/);
});

test('health: live and ready, and not ready with its reason', async () => {
  assert.equal((await call('GET', '/health/live', { token: null })).status, 200);
  assert.equal((await call<{ status: string }>('GET', '/health/ready', { token: null })).json.status, 'ok');
  const { ready } = server.ingest;
  Object.assign(server.ingest, { ready: async () => ({ ok: false, checks: { database: 'no answer' } }) });
  const down = await call('GET', '/health/ready', { token: null });
  Object.assign(server.ingest, { ready });
  assert.equal(down.status, 503);
  assert.deepEqual(down.json, { status: 'unavailable', checks: { database: 'no answer' } });
});

test('metrics count requests and rows, and name no table', async () => {
  await call('POST', '/v1/tables/jobs/rows', {
    body: [
      { id: 960, job: 'Cox' },
      { id: 960, job: 'Cox' },
    ],
  });
  const { text, headers } = await call('GET', '/metrics', { token: null });
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  assert.match(text, /rowferry_rows_total\{outcome="inserted"\} 1\n/);
  assert.match(text, /rowferry_rows_total\{outcome="rejected"\} 1\n/);
  assert.match(
    text,
    /rowferry_http_request_seconds_count\{method="POST",route="\/v1\/tables\/:table\/rows",status="200"\} 1/,
  );
  assert.doesNotMatch(text, /jobs/);
});

test('one line in the log for each request: no key, no query', async () => {
  const start = log.length;
  await call('GET', '/v1/loads?table=jobs');
  const [line = ''] = log.slice(start).filter((each) => each.includes('/v1/loads'));
  const { method, path, status, keyId, msg } = JSON.parse(line);
  assert.deepEqual([method, path, status, msg], ['GET', '/v1/loads', 200, 'request']);
  assert.match(keyId, /^[0-9A-Za-z]{12}$/);
  assert.doesNotMatch(log.join(''), /rfk_/);
});
