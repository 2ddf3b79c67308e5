import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { Api } from '../../src/client/retry.ts';
import { RowferryError } from '../../src/errors.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { type Answer, ok, problem, stage } from './stage.ts';

const cut: Answer = (request) => request.socket.destroy();
const half: Answer = (request, response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
  response.write('{"load":', () => request.socket.destroy());
};

test('retryable problems and cut connections are tried again with the same Idempotency-Key and body', async () => {
  await using at = await stage([problem('overloaded', 503), cut, half, problem('request-running', 409), ok]);
  await at.client.table('jobs').insert([{ id: 1n, job: 'x' }]);
  assert.equal(at.keys.length, 5);
  assert.equal(new Set(at.keys).size, 1);
  assert.match(at.keys[0] ?? '', /^"[A-Za-z0-9_-]{16,64}"$/);
  assert.deepEqual(new Set(at.bodies), new Set(['[{"id":"1","job":"x"}]']));
});

test('a load whose announcement is held by a server that died is announced under another key, at once', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-retry-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 't.csv');
  writeFileSync(file, '1\n');
  const held = problem('request-running', 409, { 'retry-after': '60' });
  await using at = await stage([held, problem('table-not-found', 404)]);
  const startedAt = performance.now();
  const load = at.client.load(file, { table: 't', sniff: false, sha256: 'a'.repeat(64) });
  await assert.rejects(load, { code: 'table-not-found' });
  assert.equal(new Set(at.keys).size, 2);
  assert.ok(performance.now() - startedAt < 20_000);
});

test('what is waited for is asked for every second, however long it is away', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-retry-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 't.csv');
  writeFileSync(file, '1\n');
  const answers = [
    ...new Array<Answer>(2).fill(problem('database-unavailable', 503)),
    problem('table-not-found', 404),
  ];
  await using at = await stage(answers, { backoff: { baseMs: 60_000, capMs: 60_000 } });
  const startedAt = performance.now();
  const load = at.client.load(file, { table: 't', sniff: false, sha256: 'a'.repeat(64), waitMs: 600_000 });
  await assert.rejects(load, { code: 'table-not-found' });
  assert.ok(performance.now() - startedAt < 25_000);
});

test('two calls have two keys; a given key is used as it is', async () => {
  await using at = await stage([ok]);
  await at.client.table('jobs').insert([]);
  await at.client.table('jobs').insert([]);
  await at.client.table('jobs').insert([], { idempotencyKey: 'my-own-key-000001' });
  assert.notEqual(at.keys[0], at.keys[1]);
  assert.equal(at.keys[2], '"my-own-key-000001"');
});

test('the wait is never shorter than Retry-After', async () => {
  await using at = await stage([problem('rate-limited', 429, { 'retry-after': '1' }), ok]);
  const startedAt = performance.now();
  await at.client.tables();
  assert.ok(performance.now() - startedAt >= 990);
});

test('a date is held against the clock of the server, and a pause that is seen is told of', async () => {
  const fields = { date: 'Sun, 01 Feb 2026 03:04:05 GMT', 'retry-after': 'Sun, 01 Feb 2026 03:04:07 GMT' };
  const told: unknown[] = [];
  const onPause = ({ code }: RowferryError, waitMs: number) => told.push(code, waitMs);
  await using at = await stage([problem('rate-limited', 429, fields), ok], { onPause });
  const startedAt = performance.now();
  await at.client.tables();
  assert.ok(performance.now() - startedAt >= 1990);
  assert.deepEqual(told, ['rate-limited', 2000]);
});

test('that nobody answers is told of at the first attempt, once; other short pauses are not', async () => {
  for (const code of ['unreachable', 'database-unavailable', 'overloaded'] as const) {
    const told: string[] = [];
    const onPause = ({ detail }: RowferryError) => void told.push(detail);
    const send = async () => {
      throw new RowferryError(code, 'nobody is there');
    };
    const api = new Api({ transport: { send, close: () => {} }, backoff: { baseMs: 1 }, onPause });
    await assert.rejects(api.call('GET /v1/tables', { query: {} }), { code });
    assert.deepEqual(told, code === 'overloaded' ? [] : ['nobody is there']);
  }
});

test('who asks for more than a minute is not waited for, and the failure says when to come again', async () => {
  const in90s = new Date(Date.now() + 90_000).toUTCString();
  for (const asked of ['90', in90s]) {
    await using at = await stage([problem('overloaded', 503, { 'retry-after': asked, date: 'none' })]);
    const error = await at.client.tables().catch((caught) => caught);
    assert.deepEqual([error.code, at.keys.length], ['overloaded', 1]);
    assert.ok(Math.abs(error.retryAfterSeconds - 90) <= 20, String(error.retryAfterSeconds));
  }
});

test('an abort ends the waiting', async () => {
  await using at = await stage([problem('rate-limited', 429, { 'retry-after': '60' })]);
  const reason = new Error('enough');
  const signal = AbortSignal.timeout(50);
  const failed = await at.client
    .table('jobs')
    .insert([], { signal })
    .catch((error) => error);
  assert.equal(failed.name, 'TimeoutError');
  const early = at.client.table('jobs').insert([], { signal: AbortSignal.abort(reason) });
  await assert.rejects(early, reason);
  assert.equal(at.keys.length, 1);
});

test('what cannot succeed is not tried again, and comes with all it said', async () => {
  await using at = await stage([problem('rows-rejected', 422)]);
  const error = await at.client
    .table('jobs')
    .insert([])
    .catch((caught) => caught);
  assert.ok(error instanceof RowferryError);
  assert.deepEqual([error.code, error.detail, error.hint], ['rows-rejected', 'said rows-rejected', 'do so']);
  assert.deepEqual(error.extra, { receipt: 7 });
  assert.equal(at.keys.length, 1);
});

test('attempts end: the last failure is thrown', async () => {
  await using at = await stage([problem('database-busy', 503)]);
  await assert.rejects(at.client.tables(), { code: 'database-busy' });
  assert.equal(at.keys.length, 5);
});

for (const [status, code] of [
  [401, 'unauthorized'],
  [404, 'not-found'],
  [413, 'body-too-large'],
  [418, 'answer-invalid'],
  [302, 'answer-invalid'],
] as const) {
  test(`a sealed ${status} that is no problem document is ${code}`, async () => {
    await using at = await stage([
      (_request, _response, seal) => seal({ status, type: 'text/html', body: '<html>' }),
    ]);
    await assert.rejects(at.client.receipt('x'), { code });
  });
}

test('200 without JSON is no answer', async () => {
  await using at = await stage([(_request, _response, seal) => seal({ type: 'text/html', body: '<html>' })]);
  await assert.rejects(at.client.tables(), { code: 'answer-invalid' });
});

test('nobody there: unreachable, with what to do', async () => {
  const backoff = { baseMs: 1, capMs: 1 };
  const client = new Rowferry({ url: 'http://127.0.0.1:1', key: makeToken().token, backoff });
  const error = await client.tables().catch((caught) => caught);
  assert.deepEqual(
    [error.code, error.hint],
    ['unreachable', 'is it running there? start it with: rowferry up'],
  );
});

test('a fetch of the caller is used in place of node:http, below the path of the URL', async () => {
  const urls: string[] = [];
  await using at = await stage([ok], { url: 'http://localhost/below/', fetch: recorded });
  async function recorded(...[input, init]: Parameters<typeof fetch>): Promise<Response> {
    urls.push(`${init?.method} ${input}`);
    return fetch(String(input).replace('http://localhost/below', at.url), init);
  }
  await at.client.tables({ counts: true });
  assert.deepEqual(urls, ['GET http://localhost/below/v1/tables?counts=true']);
});

test('with fetch the same failures come', async () => {
  await using at = await stage([problem('overloaded', 503), cut, ok], { fetch });
  await at.client.table('jobs').insert([{ id: 1 }]);
  assert.deepEqual(at.bodies, ['[{"id":1}]', '[{"id":1}]', '[{"id":1}]']);
  assert.equal(new Set(at.keys).size, 1);
});

test('the URL has to be one, and the key too', () => {
  const { token } = makeToken();
  assert.throws(() => new Rowferry({ url: 'localhost:5000', key: token }), TypeError);
  const mistyped = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  for (const key of ['', 'rfk_test', mistyped]) {
    assert.throws(() => new Rowferry({ url: 'http://localhost:1', key }), { code: 'unauthorized' });
  }
  for (const url of ['https://db.example', 'http://db.example:5000', 'http://[::1]:1'])
    new Rowferry({ url, key: token }).close();
});
