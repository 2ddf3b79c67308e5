import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import { createLog } from '../../src/log.ts';
import { authenticate } from '../../src/server/auth.ts';
import { startServer } from '../../src/server/listen.ts';
import { eventually, startTestServer } from './harness.ts';
import { Wire } from './wire.ts';

const silent = createLog({ level: 'silent' });

test('a server that stops: running requests end well, new ones are refused, streams end', async () => {
  const { server, url, token, call } = await startTestServer();
  const authorization = `Authorization: Bearer ${token('tables:*:*')}`;
  const { json } = await call<{ id: string }>('POST', '/v1/loads', {
    body: { table: 'jobs', name: 'jobs.csv', size: 5, sha256: '0'.repeat(64) },
  });

  const running = await Wire.to(url);
  const body = '970,Helmsman\n';
  running.head(
    'POST /v1/tables/jobs/rows HTTP/1.1',
    'Host: test',
    authorization,
    'Idempotency-Key: 0123456789abcdef',
    'Content-Type: text/csv',
    `Content-Length: ${body.length}`,
    'Expect: 100-continue',
  );
  await eventually(() => running.received.includes('100 Continue'), 'the head was read');
  const late = await Wire.to(url);
  late.send('GET /v1/tables HTTP/1.1\r\nHost: test\r\n');
  const stream = await Wire.to(url);
  stream.head(`GET /v1/loads/${json.id}/events HTTP/1.1`, 'Host: test', authorization);
  await eventually(() => stream.received.includes('event: load'), 'the stream is open');
  const idle = await Wire.to(url);
  idle.head('GET /health/live HTTP/1.1', 'Host: test');
  await eventually(() => idle.received.includes('"ok"'), 'the answer came');

  const before = performance.now();
  const closing = server.close();
  await eventually(() => idle.closed, 'the idle connection is closed');
  assert.match((await stream.answer()).text, /\r\n0\r\n\r\n$/, 'the stream ended as it should');
  await assert.rejects(fetch(`${url}/health/live`), 'no new connection');
  late.head(authorization);
  const refused = await late.answer();
  assert.equal(refused.status, 503, refused.text);
  assert.match(refused.text, /shutting-down/);
  assert.match(refused.text, /retry-after: 5/i);
  running.send(body);
  const { text } = await running.answer();
  assert.match(text, /HTTP\/1\.1 200 OK/);
  assert.match(text, /"inserted":1/);
  await closing;
  assert.ok(performance.now() - before < 20_000, 'nothing had to be cut');
});

test('a server that stops behind a database that stands still: after 20 s rows that no lane has are refused', async (t) => {
  const { server, url, token, config, rows } = await startTestServer();
  const before = rows('jobs');
  const wires = await Promise.all(Array.from({ length: 5 }, () => Wire.to(url)));
  const body = '970,Helmsman\n';
  for (const [i, wire] of wires.entries()) {
    wire.head(
      'POST /v1/tables/jobs/rows?mode=skip HTTP/1.1',
      'Host: test',
      `Authorization: Bearer ${token('tables:*:*')}`,
      `Idempotency-Key: 0123456789abcdef${i}`,
      'Content-Type: text/csv',
      `Content-Length: ${body.length}`,
      'Expect: 100-continue',
    );
    await eventually(() => wire.received.includes('100 Continue'), 'the head was read');
  }
  using other = new DatabaseSync(join(config.home, 'data', 'rowferry.sqlite'));
  other.exec('BEGIN IMMEDIATE');
  const batch = t.mock.method(server.ingest, 'batch');
  const real = setTimeout;
  let giveUp = () => {};
  t.mock.method(globalThis, 'setTimeout', (act: () => void, ms: number) => {
    if (ms === 20_000) giveUp = act;
    return real(act, ms);
  });
  const closing = server.close();
  for (const wire of wires) wire.send(body);
  await eventually(() => batch.mock.callCount() === wires.length, 'all of them are under way');
  giveUp();
  const isRefused = ({ received }: Wire) => received.includes('had not begun with it');
  const isDone = ({ received }: Wire) => /HTTP\/1\.1 200 OK/.test(received);
  await eventually(() => wires.filter(isRefused).length >= 3, 'all but two are refused');
  other.exec('ROLLBACK');
  await Promise.all(wires.map((wire) => wire.answer()));
  assert.ok(
    wires.every((wire) => isRefused(wire) || isDone(wire)),
    wires.map(({ received }) => received).join('\n'),
  );
  await closing;
  assert.equal(rows('jobs') - before, wires.some(isDone) ? 1 : 0);
});

test('closing twice is closing once', async () => {
  const { server } = await startTestServer();
  await Promise.all([server.close(), server.close()]);
});

test('a port in use: an error that names it, and nothing stays open', async () => {
  const { config } = await startTestServer();
  const holder = createServer().listen(0, '127.0.0.1');
  await eventually(() => holder.listening, 'the port is taken');
  const address = holder.address();
  const port = typeof address === 'object' && address !== null ? address.port : assert.fail();
  await assert.rejects(
    startServer({ config, log: silent, port }),
    (error) =>
      error instanceof RowferryError &&
      error.code === 'config-invalid' &&
      error.detail.includes(String(port)) &&
      (error.hint ?? '').includes('--port'),
  );
  holder.close();
});

test('a server starts however long the machine stands still meanwhile', async (t) => {
  const real = setTimeout;
  // As the timers of a process are that did not run for 10 s.
  t.mock.method(globalThis, 'setTimeout', (act: () => void, ms: number) => real(act, ms === 10_000 ? 0 : ms));
  const { call } = await startTestServer();
  assert.equal((await call('GET', '/health/ready')).status, 200);
});

test('the key file is made beside the database', async () => {
  const { config } = await startTestServer();
  assert.ok(existsSync(join(config.home, 'rowferry.key')));
});

test('a bearer key over plain HTTP from elsewhere is refused before it is looked at', async () => {
  const { server } = await startTestServer();
  const { token } = await server.keys.create({ owner: 'far', scopes: ['tables:*:*'] });
  const from = (address: string, encrypted: boolean): IncomingMessage => {
    const socket = Object.defineProperty(new Socket(), 'remoteAddress', { value: address });
    const request = new IncomingMessage(encrypted ? Object.assign(socket, { encrypted }) : socket);
    request.headers.authorization = `Bearer ${token}`;
    return request;
  };
  await assert.rejects(
    authenticate(from('10.1.2.3', false), server.keys),
    (error) => error instanceof RowferryError && error.code === 'insecure-transport',
  );
  assert.equal((await authenticate(from('10.1.2.3', true), server.keys)).owner, 'far');
  assert.equal((await authenticate(from('::ffff:127.0.0.1', false), server.keys)).owner, 'far');
});

test('too many requests of one address: 429 with Retry-After; of one key too', async () => {
  const address = await startTestServer({ limits: { requestsPerAddress: 5 } });
  const statuses = await Promise.all(
    Array.from({ length: 8 }, async () => (await address.call('GET', '/health/live')).status),
  );
  assert.equal(statuses.filter((status) => status === 429).length, 3);
  const refused = await address.fail('GET', '/health/live');
  assert.equal(refused.json.code, 'rate-limited');
  assert.match(refused.headers.get('retry-after') ?? '', /^([1-9]|10)$/);

  const key = await startTestServer({ limits: { requestsPerKey: 2 } });
  const [one, two] = [key.token('tables:*:read'), key.token('tables:*:read')];
  const ask = async (token: string) => (await key.call('GET', '/v1/tables', { token })).status;
  assert.deepEqual([await ask(one), await ask(one), await ask(one), await ask(two)], [200, 200, 429, 200]);
});

test('the head of a request that does not come: 408', async () => {
  const { url } = await startTestServer({ limits: { headMs: 500 } });
  const wire = await Wire.to(url);
  wire.send('GET /health/live HTTP/1.1\r\nHost: te');
  const { status, text } = await wire.answer();
  assert.equal(status, 408, text);
  assert.match(text, /problem\+json/);
  assert.match(text, /^Retry-After: 1\r$/m);
});
