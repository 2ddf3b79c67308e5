import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import type { BatchReceipt, Load } from '../../src/model/receipt.ts';
import { openResponseStream } from '../../src/seal/open.ts';
import type { Problem } from '../../src/server/problems.ts';
import { eventually, startTestServer } from './harness.ts';
import { open, type Sealed, seal, send, sendSealed, signerOf } from './sealed.ts';

const { url, token, rows, config } = await startTestServer({
  limits: { restoreBytes: 20_000, eventStreams: 1, heartbeatMs: 600_000 },
});
const signer = signerOf(token('tables:*:*'));
const RESTORE = '/v1/tables/jobs/restore';
const AVRO = 'application/avro';

async function backUp(): Promise<{ id: string; avro: Buffer }> {
  const made = await sendSealed<{ backups: BackupResult[] }>(url, signer, 'POST', '/v1/backups', {
    body: { tables: ['jobs'] },
  });
  const { id, bytes } = made.json.backups[0] ?? assert.fail(made.text);
  const sealed = seal(signer, 'GET', `/v1/backups/${id}/content`);
  const received = await send(url, sealed);
  open(sealed, received);
  const chunks: Uint8Array[] = [];
  const head = { status: 200, contentType: AVRO, contentEncoding: 'aes128gcm' };
  for await (const chunk of openResponseStream(sealed.exchange, head, [received.bytes])) chunks.push(chunk);
  const avro = Buffer.concat(chunks);
  assert.equal(avro.length, bytes);
  assert.equal(received.headers['content-length'], String(received.bytes.length));
  assert.ok(!received.bytes.includes('Obj\u0001'));
  return { id, avro };
}

const uploads = (): string[] => readdirSync(join(config.home, 'data', 'work', 'uploads'));

test('a backup is downloaded and restored, sealed both ways', async () => {
  const { avro } = await backUp();
  await sendSealed(url, signer, 'POST', '/v1/tables/jobs/rows', {
    body: '9900,Stowaway\n',
    type: 'text/csv',
  });
  assert.equal(rows('jobs'), 184);
  for (const recordSize of [1024, 1_048_576]) {
    const restored = await sendSealed<RestoreResult>(url, signer, 'POST', RESTORE, {
      body: avro,
      type: AVRO,
      recordSize,
    });
    assert.deepEqual([restored.status, restored.json.rows, rows('jobs')], [200, 183, 183], restored.text);
  }
  assert.deepEqual(uploads(), []);
});

test('an upload that was cut, changed or is too large: refused, sealed, and the table stays', async () => {
  const { avro } = await backUp();
  const call = { body: avro, type: AVRO, recordSize: 1024 };
  const bodyOf = (sealed: Sealed): Buffer => sealed.body ?? assert.fail();
  const changes: Record<string, (body: Buffer) => Buffer> = {
    cut: (body) => body.subarray(0, -1),
    'cut at a record': (body) => body.subarray(0, 33 + 1024),
    'first record changed': (body) => Buffer.from(body.with(40, (body[40] ?? 0) ^ 1)),
    'last record changed': (body) => Buffer.from(body.with(-1, (body.at(-1) ?? 0) ^ 1)),
    appended: (body) => Buffer.concat([body, body.subarray(33)]),
  };
  const refusal = async (sealed: Sealed, code: string, what: string): Promise<void> => {
    const { json, text } = open<Problem>(sealed, await send(url, sealed));
    assert.equal(json.code, code, `${what}: ${text}`);
    assert.equal(rows('jobs'), 183, what);
  };
  for (const [what, change] of Object.entries(changes)) {
    const sealed = seal(signer, 'POST', RESTORE, call);
    await refusal({ ...sealed, body: change(bodyOf(sealed)) }, 'seal-body-invalid', what);
  }
  const sizes = [
    { bytes: 20_001, recordSize: 1_048_576, code: 'body-too-large' },
    { bytes: 200_000, recordSize: 1024, code: 'body-too-large' },
    { bytes: 20_000, recordSize: 1024, code: 'backup-invalid' },
  ];
  for (const { bytes, recordSize, code } of sizes) {
    const sealed = seal(signer, 'POST', RESTORE, { body: Buffer.alloc(bytes), type: AVRO, recordSize });
    await refusal(sealed, code, `${bytes} bytes`);
  }
  await eventually(() => uploads().length === 0, 'the uploads are removed');
});

test('rejects as CSV and NDJSON are sealed streams', async () => {
  const lines = Array.from({ length: 50 }, (_, index) => `${9000 + index},\n`).join('');
  const made = await sendSealed<{ load: string }>(url, signer, 'POST', '/v1/tables/jobs/rows', {
    body: `${lines}9700,Good\n`,
    type: 'text/csv',
  });
  const load = made.json.load ?? assert.fail(made.text);
  for (const [format, type] of [
    ['csv', 'text/csv; charset=utf-8; header=present'],
    ['ndjson', 'application/x-ndjson'],
  ]) {
    const answer = await sendSealed(url, signer, 'GET', `/v1/loads/${load}/rejects?format=${format}`);
    assert.equal(answer.headers['content-type'], type);
    assert.equal(answer.text.trimEnd().split('\n').length, format === 'csv' ? 51 : 50);
  }
});

/** Asks for the events of a load and answers as soon as the head of the answer is there. */
async function listen(sealed: Sealed): Promise<IncomingMessage> {
  const { hostname, port } = new URL(url);
  const asked = request({ hostname, port, path: sealed.target, headers: sealed.fields, agent: false }).end();
  const [response]: IncomingMessage[] = await once(asked, 'response');
  return response ?? assert.fail();
}

test('events arrive one by one while the load runs, sealed; a listener that goes gives its place free', async () => {
  const body = '9800,Watcher\n9801,Waiter\n';
  const announced = { table: 'jobs', name: 'w.csv', size: body.length, sha256: 'ab'.repeat(32) };
  const { json } = await sendSealed<Load>(url, signer, 'POST', '/v1/loads', { body: announced });
  const target = `/v1/loads/${json.id}/events`;
  (await listen(seal(signer, 'GET', target))).destroy();

  const answers: IncomingMessage[] = [];
  let sealed = seal(signer, 'GET', target);
  await eventually(async () => {
    sealed = seal(signer, 'GET', target);
    const response = await listen(sealed);
    if (response.statusCode === 200) answers.push(response);
    else response.destroy();
    return answers.length > 0;
  }, 'the place of the listener that went is free');
  const response = answers[0] ?? assert.fail();
  const head = { status: 200, contentType: 'text/event-stream; charset=utf-8', contentEncoding: 'aes128gcm' };
  const events = openResponseStream(sealed.exchange, head, response);
  const first = await events.next();
  assert.match(Buffer.from(first.value ?? []).toString(), /^event: load\ndata: .*"state":"receiving"/);
  const part = { body: body.slice(0, 13), type: 'text/csv' };
  const sent = await sendSealed<BatchReceipt>(url, signer, 'PATCH', `/v1/loads/${json.id}?offset=0`, part);
  assert.equal(sent.status, 200, sent.text);
  const second = await events.next();
  assert.match(Buffer.from(second.value ?? []).toString(), /"offset":13\b/);
  await sendSealed(url, signer, 'DELETE', `/v1/loads/${json.id}`);
  let rest = '';
  for await (const chunk of events) rest += Buffer.from(chunk).toString();
  assert.match(rest, /"state":"aborted"/, 'and the stream ends with its last record');
});
