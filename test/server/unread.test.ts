import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { eventually, startTestServer } from './harness.ts';
import { Wire } from './wire.ts';

/** Rejected, all of them: an answer of 18 MB, which no system takes off the server's hands. */
const ROWS = `${'x,\n'.repeat(90_000)}`;
const IDLE_MS = 400;
const MEGABYTE = 1 << 20;
const limits = { bufferedBytes: 1.5 * ROWS.length, answerIdleMs: IDLE_MS };
const { url, token, call } = await startTestServer({ limits });

async function ask(server = { url, token }, rows = ROWS): Promise<Wire> {
  const wire = await Wire.to(server.url);
  wire.head(
    'POST /v1/tables/jobs/rows HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${server.token('tables:*:*')}`,
    `Idempotency-Key: ${randomUUID()}`,
    'Content-Type: text/csv',
    'Connection: close',
    `Content-Length: ${rows.length}`,
  );
  wire.send(rows);
  return wire;
}

async function isTaken(): Promise<boolean> {
  const options = { body: '[]', type: 'application/json' };
  return (await call('POST', '/v1/tables/jobs/rows', options)).status !== 503;
}

test('an answer that nobody reads is given up, and its room is free again', async () => {
  const deaf = await ask();
  deaf.socket.pause();
  await eventually(async () => !(await isTaken()), 'the room is taken');
  await eventually(isTaken, 'the room is free again');
  deaf.socket.destroy();
});

test('an answer that nobody reads is held once, not in three times its bytes', async () => {
  const patient = await startTestServer();
  const held = () => process.memoryUsage().arrayBuffers / MEGABYTE;
  const before = held();
  const deaf = await ask(patient);
  deaf.socket.pause();
  await eventually(() => held() - before > 15, 'it is made');
  await eventually(() => held() - before < 30, 'it is held once');
  deaf.socket.destroy();
});

test('answers that nobody reads fill the room: what waited with them is refused, and nothing of it is loaded', async () => {
  // An answer of 12 MB each.
  const count = 60_000;
  const rows = 'x,\n'.repeat(count);
  const full = await startTestServer({ limits: { bufferedBytes: 5 * rows.length } });
  const wires = await Promise.all(Array.from({ length: 4 }, () => ask(full, rows)));
  for (const { socket } of wires) socket.pause();
  const rejected = async () => {
    const { text } = await full.call('GET', '/metrics', { token: null });
    return Number(/rowferry_rows_total\{outcome="rejected"\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const refusals = async () => {
    const { text } = await full.call('GET', '/metrics', { token: null });
    return Number(/rowferry_http_request_seconds_count\{[^}]*status="503"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
  };
  const answered = async () => (await rejected()) / count + (await refusals());
  await eventually(async () => (await answered()) === 4, 'all are answered', 120_000);
  assert.ok((await refusals()) >= 1, `${await refusals()} were refused`);
  for (const { socket } of wires) socket.destroy();
  await eventually(
    async () => (await full.call('POST', '/v1/tables/jobs/rows', { body: [] })).status !== 503,
    'room',
  );
});

test('an answer that is read slowly is whole', async () => {
  const slow = await ask();
  const started = performance.now();
  let read = 0;
  slow.socket.on('data', ({ length }: { length: number }) => {
    read += length;
    if (read < MEGABYTE) return;
    read = 0;
    slow.socket.pause();
    setTimeout(() => slow.socket.resume(), IDLE_MS / 5);
  });
  const { status, text } = await slow.answer();
  assert.ok(performance.now() - started > 2 * IDLE_MS, 'it took its time');
  assert.equal(status, 422);
  assert.equal(JSON.parse(text.slice(text.indexOf('{'))).receipt.rejected, 90_000);
});
