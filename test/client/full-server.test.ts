import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { eventually, startTestServer } from '../server/harness.ts';
import { Wire } from '../server/wire.ts';

const ROOM = 1 << 20;
const server = await startTestServer({ limits: { rowsBytes: ROOM, bufferedBytes: ROOM } });
const token = server.token('tables:*:*');

/** Has all the room there is for bodies until it is destroyed. */
async function occupy(): Promise<Wire> {
  const wire = await Wire.to(server.url);
  wire.head(
    'POST /v1/tables/jobs/rows HTTP/1.1',
    'Host: localhost',
    `Authorization: Bearer ${token}`,
    `Idempotency-Key: ${randomUUID()}`,
    'Content-Type: text/csv',
    `Content-Length: ${ROOM}`,
  );
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const refusal = { status: 0, retryAfter: '' };
  await eventually(async () => {
    const init = { method: 'POST', headers: { ...headers, 'idempotency-key': randomUUID() }, body: '[]' };
    const answer = await fetch(`${server.url}/v1/tables/jobs/rows`, init);
    Object.assign(refusal, { status: answer.status, retryAfter: answer.headers.get('retry-after') });
    return answer.status === 503;
  }, 'there is no room');
  assert.deepEqual(refusal, { status: 503, retryAfter: '1' });
  return wire;
}

/** When the requests for rows came that were answered so. Milliseconds. */
const timesOf = (status: number): number[] =>
  server.log
    .map((line) => JSON.parse(line))
    .filter((line) => line.msg === 'request' && line.path.endsWith('/rows') && line.status === status)
    .map(({ time }) => Date.parse(time));

test('a server without room says when to come again, and the client comes no sooner', async () => {
  const occupant = await occupy();
  const before = timesOf(503).length;
  const client = new Rowferry({ url: server.url, key: token });
  const inserting = client.table('jobs').insert([{ id: 9001, job: 'Stoker' }]);
  await eventually(() => timesOf(503).length >= before + 2, 'it tries again');
  occupant.socket.destroy();
  assert.equal((await inserting).inserted, 1);
  client.close();
  const attempts = [...timesOf(503).slice(before), ...timesOf(200).slice(-1)];
  const gaps = attempts.slice(1).map((time, index) => time - (attempts[index] ?? 0));
  assert.ok(
    gaps.every((gap) => gap >= 990),
    `it waited ${gaps.join(', ')} ms`,
  );
});
