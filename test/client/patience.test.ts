import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rowferry } from '../../src/client/client.ts';
import { Patience, type Waiting } from '../../src/client/patience.ts';
import { Api } from '../../src/client/retry.ts';
import type { WireRequest } from '../../src/client/transport.ts';
import { RowferryError } from '../../src/errors.ts';
import { makeToken } from '../../src/seal/keys.ts';
import { type Answer, problem, stage } from './stage.ts';

const away = new RowferryError('database-unavailable', 'nobody answers', { hint: 'start it' });

test('what is away is borne until the limit, and told of once', async () => {
  const told: Array<Waiting | null> = [];
  const onWaiting = (waiting: Waiting | null) => void told.push(waiting);
  const patience = new Patience({ limitMs: 1000, tellAfterMs: 40, onWaiting });
  assert.equal(patience.bears(away), true);
  assert.deepEqual(told, []);
  await sleep(50);
  for (const _ of [1, 2]) assert.equal(patience.bears(away), true);
  assert.deepEqual(
    told.map((waiting: Waiting | null) => waiting?.reason),
    [away],
  );
  await sleep(1000);
  assert.throws(() => patience.bears(away), {
    code: 'database-unavailable',
    detail: /^nobody answers \(waited for \d+ s\)$/,
    hint: 'start it; nothing is lost: the same again goes on where the load stands',
  });
});

test('what asks for a long wait is told of before it, and one that would be too long is not begun', () => {
  const told: Array<Waiting | null> = [];
  const patience = new Patience({ limitMs: 60_000, onWaiting: (waiting) => void told.push(waiting) });
  assert.equal(patience.bears(away, 1000), true);
  assert.equal(told.length, 0);
  assert.equal(patience.bears(away, 30_000), true);
  assert.equal(told.length, 1);
  const full = new RowferryError('disk-full', 'no room', { retryAfterSeconds: 90 });
  assert.throws(() => patience.bears(full, 90_000), {
    detail: 'no room (waited for 0 s)',
    hint: 'it is to be asked again in 90 s; nothing is lost: the same again goes on where the load stands',
    retryAfterSeconds: 90,
  });
});

test('the time that a server waited for a lock counts, that of other requests does not', async () => {
  for (const code of ['database-unavailable', 'database-busy'] as const) {
    const told: Array<Waiting | null> = [];
    const onWaiting = (waiting: Waiting | null) => void told.push(waiting);
    const stop = new AbortController();
    let sentAt = 0;
    const send = async ({ method }: WireRequest) => {
      if (method === 'GET') return { status: 200, header: () => undefined, body: bytesOf('{}') };
      sentAt = Date.now();
      await sleep(60);
      stop.abort(new Error('enough'));
      throw new RowferryError(code, 'said so');
    };
    const patience = new Patience({ limitMs: 60_000, tellAfterMs: 50, onWaiting });
    const api = new Api({ transport: { send, close: () => {} }, patience });
    const path = { id: 'L' };
    await api.call('GET /v1/loads/{id}', { path });
    const failed = api.call('POST /v1/loads/{id}/finish', { path, signal: stop.signal });
    await assert.rejects(failed, { message: 'enough' });
    const since = told.map((waiting) => (waiting?.since.getTime() ?? 0) - sentAt);
    if (code === 'database-unavailable') assert.deepEqual(since, [], 'it may have worked all that time');
    else assert.ok(since.length === 1 && (since[0] ?? 60) < 5, `${since} ms after it was sent`);
  }
});

test('any answer ends the wait, and the limit counts from the next failure on', async () => {
  const told: Array<Waiting | null> = [];
  const onWaiting = (waiting: Waiting | null) => void told.push(waiting);
  const patience = new Patience({ limitMs: 60, tellAfterMs: 0, onWaiting });
  patience.end();
  assert.equal(patience.bears(away), true);
  await sleep(80);
  patience.end();
  assert.equal(patience.bears(away), true);
  assert.deepEqual(
    told.map((waiting) => waiting === null),
    [false, true, false],
  );
});

test('little is waited between two attempts while little time is lost', async () => {
  const patience = new Patience({ limitMs: 60_000 });
  assert.equal(patience.pauseMs, 20);
  patience.bears(away);
  assert.equal(patience.pauseMs, 20);
  await sleep(1000);
  assert.ok(patience.pauseMs >= 31 && patience.pauseMs <= 500, String(patience.pauseMs));
  patience.end();
  assert.equal(patience.pauseMs, 20);
});

test('what will not pass by itself is not borne', () => {
  const patience = new Patience({ limitMs: 1000 });
  for (const code of ['answer-invalid', 'lane-lost', 'offset-mismatch', 'content-mismatch'] as const) {
    assert.equal(patience.bears(new RowferryError(code, 'said so')), false, code);
  }
});

test('a load waits for its server longer than any number of attempts, and no longer than it was told', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-patience-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 't.csv');
  writeFileSync(file, '1\n');
  const gone: Answer = (_request, _response, seal) => seal({ status: 404, ...PROBLEM });
  const busy = problem('database-busy', 503);
  await using at = await stage([...new Array<Answer>(25).fill(busy), gone]);
  const options = { table: 't', sniff: false, sha256: 'a'.repeat(64) };
  await assert.rejects(at.client.load(file, { ...options, waitMs: 60_000 }), { code: 'table-not-found' });
  assert.equal(at.keys.length, 26);
  const gateway: Answer = (_request, response) => response.writeHead(502).end('<html>Bad Gateway</html>');
  await using proxied = await stage([busy, ...new Array<Answer>(12).fill(gateway), gone]);
  await assert.rejects(proxied.client.load(file, { ...options, waitMs: 60_000 }), {
    code: 'table-not-found',
  });
  await using never = await stage([busy]);
  await assert.rejects(never.client.load(file, { ...options, waitMs: 1 }), { detail: /\(waited for 0 s\)$/ });
});

const PROBLEM = {
  type: 'application/problem+json',
  body: JSON.stringify({ type: '/problems/table-not-found', detail: 'none' }),
};

test('a server that dies over every part is waited for as one that is away, and no longer', async () => {
  const sent: string[] = [];
  const send = async ({ method }: WireRequest) => {
    sent.push(method);
    if (method === 'PATCH') throw new RowferryError('unreachable', 'cut off');
    return { status: 200, header: () => undefined, body: bytesOf('{}') };
  };
  const patience = new Patience({ limitMs: 40 });
  const api = new Api({ transport: { send, close: () => {} }, backoff: { baseMs: 1, capMs: 1 }, patience });
  const path = { id: 'L' };
  const part = () => api.call('PATCH /v1/loads/{id}', { path, query: { offset: 0 }, sentOnce: true });
  const look = () => api.call('GET /v1/loads/{id}', { path, endsWait: false });
  await look();
  const cutOff = await part().catch((error: unknown) => error);
  assert.deepEqual(sent, ['GET', 'PATCH'], 'its caller asks what became of it');
  await api.beforeNext(cutOff, { attempt: 99, attempts: 10 });
  await sleep(60);
  await look();
  await assert.rejects(api.beforeNext(cutOff, { attempt: 1, attempts: 10 }), { detail: /waited for 0 s/ });
  const impatient = new Api({ transport: { send, close: () => {} } });
  await assert.rejects(impatient.beforeNext(cutOff, { attempt: 10, attempts: 10 }), { detail: 'cut off' });
});

async function* bytesOf(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}

test('a server that never answered is not waited for: its URL may be mistyped', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'rowferry-patience-'));
  t.after(() => rm(folder, { recursive: true }));
  const file = join(folder, 't.csv');
  writeFileSync(file, '1\n');
  const backoff = { baseMs: 1, capMs: 1 };
  const client = new Rowferry({ url: 'http://127.0.0.1:1', key: makeToken().token, backoff });
  const load = client.load(file, { table: 't', sniff: false, waitMs: 3_600_000 });
  await assert.rejects(load, { code: 'unreachable', detail: /^no answer from/ });
});
