import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import type { BatchReceipt } from '../../src/model/receipt.ts';
import { RECORD_OVERHEAD } from '../../src/seal/framing.ts';
import type { Problem } from '../../src/server/problems.ts';
import { startTestServer } from './harness.ts';
import {
  open,
  type Sealed,
  type SealedCall,
  seal,
  send,
  sendSealed,
  signerOf,
  unsealedProblem,
} from './sealed.ts';
import { Wire } from './wire.ts';

const { url, token, rows, call, server, log } = await startTestServer({ limits: { rowsBytes: 8192 } });
const signer = signerOf(token('tables:*:*', 'keys:admin'));
const JOBS = '/v1/tables/jobs/rows';
const HEADER_BYTES = 33;

let nextId = 5000;
/** One row of a new job. */
const job = (name = 'Sealer'): string => {
  nextId += 1;
  return `${nextId},${name}\n`;
};
const csv = (body: string, extra: SealedCall = {}): SealedCall => ({ body, type: 'text/csv', ...extra });

async function refused(sealed: Sealed, code: string): Promise<void> {
  const before = rows('jobs');
  const { json, text } = open<Problem>(sealed, await send(url, sealed));
  assert.equal(json.code, code, text);
  assert.equal(rows('jobs'), before);
}

/** The header fields as lines, for a connection of one's own. */
function headLines({ fields }: Sealed): string[] {
  return ['Host: test', ...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)];
}

test('a sealed request gets a sealed answer, and no name of it crosses the wire', async () => {
  const sealed = seal(signer, 'POST', `${JOBS}?mode=insert`, csv(`7001,\n${job('Zanzibar')}`));
  const received = await send(url, sealed);
  const { status, json, text } = open<BatchReceipt>(sealed, received);
  assert.deepEqual([status, json.read, json.inserted, json.rejected], [200, 2, 1, 1], text);
  assert.equal(received.headers['content-encoding'], 'aes128gcm');
  for (const name of ['Zanzibar', 'read', '7001']) {
    assert.ok(!received.bytes.includes(name) && !sealed.body?.includes(name), name);
  }
});

test('problem documents are sealed: unknown paths, methods, tables, scopes, queries and media types', async () => {
  const narrow = signerOf(token('tables:jobs:read'));
  const cases: Array<
    [code: string, method: string, target: string, call?: SealedCall, signer?: typeof signer]
  > = [
    ['not-found', 'GET', '/v1/nope'],
    ['not-found', 'POST', '/nope', csv('1')],
    ['method-not-allowed', 'PUT', '/v1/tables'],
    ['table-not-found', 'GET', '/v1/tables/nope'],
    ['bad-request', 'GET', '/v1/loads?limit=none'],
    ['media-type-unsupported', 'POST', JOBS, { body: 'x', type: 'text/plain' }],
    ['body-invalid', 'POST', JOBS, csv('x', { coding: 'gzip, aes128gcm' })],
    ['body-invalid', 'POST', JOBS],
    ['body-invalid', 'POST', '/v1/loads', { body: 'not json' }],
    ['idempotency-key-missing', 'POST', JOBS, csv('x', { key: null })],
    ['body-too-large', 'POST', JOBS, csv('x'.repeat(8193))],
    ['body-too-large', 'POST', JOBS, csv('x'.repeat(100_000))],
    ['forbidden', 'POST', JOBS, csv('x'), narrow],
    ['table-not-found', 'GET', '/v1/tables/departments', {}, narrow],
    ['forbidden', 'GET', '/v1/keys', {}, narrow],
  ];
  for (const [code, method, target, options, by = signer] of cases) {
    const { json, text, status } = await sendSealed<Problem>(url, by, method, target, options);
    assert.equal(json.code, code, `${method} ${target}: ${text}`);
    assert.equal(status, json.status);
  }
});

test('a content of exactly the limit is taken, though its records make the body larger', async () => {
  const line = job('x');
  const body = line + '\n'.repeat(8192 - line.length);
  const { status, text } = await sendSealed<BatchReceipt>(
    url,
    signer,
    'POST',
    JOBS,
    csv(body, { recordSize: 1024 }),
  );
  assert.equal(status, 200, text);
});

test('the same bytes twice: seal-replayed, one batch', async () => {
  const before = rows('jobs');
  const sealed = seal(signer, 'POST', JOBS, csv(job()));
  assert.equal(open(sealed, await send(url, sealed)).status, 200);
  await refused(sealed, 'seal-replayed');
  assert.equal(rows('jobs'), before + 1);
});

test('the same Idempotency-Key sealed anew, or with a Bearer key: the stored answer, one batch', async () => {
  const before = rows('jobs');
  const [key, body] = [randomUUID(), job()];
  const first = await sendSealed(url, signer, 'POST', JOBS, csv(body, { key }));
  const second = await sendSealed(url, signer, 'POST', JOBS, csv(body, { key }));
  const third = await call('POST', JOBS, { body, type: 'text/csv', key });
  assert.equal(second.text, first.text);
  assert.equal(second.headers['idempotency-replayed'], 'true');
  assert.equal(third.text, first.text);
  assert.equal(rows('jobs'), before + 1);
  const other = await sendSealed<Problem>(url, signer, 'POST', JOBS, csv(job(), { key }));
  assert.equal(other.json.code, 'idempotency-key-reused', other.text);
});

test('a head that was moved: 401 with one text, unsealed, before a byte of the body', async () => {
  const sealed = seal(signer, 'POST', `${JOBS}?mode=insert`, csv(job()));
  const other = signerOf(token('tables:*:*'));
  const swapped = (from: string, to: string): Sealed => {
    const field = String(sealed.fields['signature-input']).replace(from, to);
    return { ...sealed, fields: { ...sealed.fields, 'signature-input': field } };
  };
  const withField = (name: string, value: string): Sealed => ({
    ...sealed,
    fields: { ...sealed.fields, [name]: value },
  });
  const { signature: _, ...halved } = sealed.fields;
  const moved: Record<string, Sealed> = {
    path: { ...sealed, target: '/v1/tables/departments/rows?mode=insert' },
    query: { ...sealed, target: `${JOBS}?mode=upsert` },
    'no query': { ...sealed, target: JOBS },
    method: { ...sealed, method: 'PATCH' },
    key: swapped(signer.keyId, other.keyId),
    'unknown key': swapped(signer.keyId, 'zzzzzzzzzzzz'),
    'another MAC': withField('signature', `seal=:${'A'.repeat(43)}=:`),
    'no MAC': withField('signature', 'seal=::'),
    type: withField('content-type', 'application/json'),
    coding: withField('content-encoding', 'gzip, aes128gcm'),
    'idempotency key': withField('idempotency-key', randomUUID()),
    'half a signature': { ...sealed, fields: halved },
  };
  const refusal = async ([what, request]: [string, Sealed]): Promise<string> => {
    const wire = await Wire.to(url);
    wire.head(`${request.method} ${request.target} HTTP/1.1`, ...headLines(request), 'Content-Length: 4000');
    const { status, text } = await wire.answer();
    assert.equal(status, 401, `${what}: ${text}`);
    assert.match(text, /"code":"seal-invalid"/, what);
    return text.slice(text.indexOf('{')).replace(/"instance":"[^"]*"/, '');
  };
  const texts = new Set(await Promise.all(Object.entries(moved).map(refusal)));
  assert.equal(texts.size, 1);
});

test('revoked and expired keys answer as unknown ones', async () => {
  const made = await server.keys.create({ owner: 'leaver', scopes: ['tables:*:*'] });
  const leaver = signerOf(made.token);
  assert.equal((await sendSealed(url, leaver, 'GET', '/v1/tables')).status, 200);
  await server.keys.revoke(made.key.id);
  const expired = await server.keys.create({ owner: 'late', scopes: ['tables:*:*'], expiresInDays: -1 });
  const unknown = { ...signer, keyId: 'zzzzzzzzzzzz' };
  const answers = [];
  for (const by of [unknown, leaver, signerOf(expired.token), { ...signer, keys: unknownKeys() }]) {
    const received = await send(url, seal(by, 'GET', '/v1/tables'));
    answers.push({
      problem: unsealedProblem(received),
      status: received.status,
      type: received.headers['content-type'],
    });
  }
  for (const answer of answers) assert.deepEqual(answer, answers[0]);
  assert.equal(answers[0]?.problem.code, 'seal-invalid');
});

const unknownKeys = () => ({ mac: Buffer.alloc(32, 1), seal: Buffer.alloc(32, 2) });

test('a key that is revoked during an upload: the next part is refused', async () => {
  const made = await server.keys.create({ owner: 'uploader', scopes: ['tables:*:*'] });
  const uploader = signerOf(made.token);
  const announced = { table: 'jobs', name: 'jobs.csv', size: 100_000, sha256: '0'.repeat(64) };
  const load = await sendSealed<{ id: string }>(url, uploader, 'POST', '/v1/loads', { body: announced });
  const first = job();
  const part = (offset: number, body: string) =>
    seal(uploader, 'PATCH', `/v1/loads/${load.json.id}?offset=${offset}`, csv(body));
  const taken = part(0, first);
  assert.equal(open(taken, await send(url, taken)).status, 200);
  const before = rows('jobs');
  await server.keys.revoke(made.key.id);
  const received = await send(url, part(first.length, job()));
  assert.equal(unsealedProblem(received).code, 'seal-invalid');
  assert.equal(rows('jobs'), before);
});

test('signed too long ago or too far ahead: seal-stale, sealed', async () => {
  for (const skew of [-310, 310])
    await refused(seal(signer, 'POST', JOBS, csv(job(), { skew })), 'seal-stale');
  for (const skew of [-280, 300]) {
    assert.equal((await sendSealed(url, signer, 'POST', JOBS, csv(job(), { skew }))).status, 200);
  }
});

test('a body that was cut or changed at any byte: seal-body-invalid, no row', async () => {
  const make = () => {
    const sealed = seal(signer, 'POST', JOBS, csv('6000,Cut\n'));
    return { sealed, body: sealed.body ?? assert.fail() };
  };
  const { length } = make().body;
  for (let at = 1; at < length; at += 1) {
    const cut = make();
    await refused({ ...cut.sealed, body: cut.body.subarray(0, at) }, 'seal-body-invalid');
  }
  for (let at = 0; at < length; at += 1) {
    const flipped = make();
    flipped.body[at] = (flipped.body[at] ?? 0) ^ (1 << (at % 8));
    await refused({ ...flipped.sealed, body: flipped.body }, 'seal-body-invalid');
  }
});

test('records swapped, dropped, doubled or appended, and a header alone: seal-body-invalid', async () => {
  const content = Array.from({ length: 300 }, (_, index) => `${8000 + index},Swap\n`).join('');
  const changes: Record<string, (records: readonly Buffer[]) => readonly Buffer[]> = {
    swapped: ([first, second, ...rest]) => [second ?? assert.fail(), first ?? assert.fail(), ...rest],
    'first dropped': ([, ...rest]) => rest,
    'last dropped': (records) => records.slice(0, -1),
    doubled: ([first, ...rest]) => [first ?? assert.fail(), first ?? assert.fail(), ...rest],
    'last doubled': (records) => [...records, records.at(-1) ?? assert.fail()],
    appended: (records) => [...records, Buffer.from([0])],
    'header alone': () => [],
  };
  for (const change of Object.values(changes)) {
    const sealed = seal(signer, 'POST', JOBS, csv(content, { recordSize: 1024 }));
    const body = sealed.body ?? assert.fail();
    const records: Buffer[] = [];
    for (let at = HEADER_BYTES; at < body.length; at += 1024) records.push(body.subarray(at, at + 1024));
    assert.equal(records.length, Math.ceil(content.length / (1024 - RECORD_OVERHEAD)));
    const changed = Buffer.concat([body.subarray(0, HEADER_BYTES), ...change(records)]);
    await refused({ ...sealed, body: changed }, 'seal-body-invalid');
  }
});

test('a record size out of bounds: seal-body-invalid, and no memory is taken for it', async () => {
  const before = process.memoryUsage().rss;
  for (const size of [0, 17, 1_048_577, 2 ** 32 - 1]) {
    const sealed = seal(signer, 'POST', JOBS, csv(job()));
    sealed.body?.writeUInt32BE(size, 16);
    await refused(sealed, 'seal-body-invalid');
  }
  assert.ok(process.memoryUsage().rss - before < 100e6);
});

test('a body that was taken away, or put in another request of the same key: seal-body-invalid', async () => {
  const rejected = await sendSealed<BatchReceipt>(url, signer, 'POST', JOBS, csv(`9001,\n${job()}`));
  const retry = `/v1/loads/${rejected.json.load}/rejects/retry`;
  await refused({ ...seal(signer, 'POST', retry, csv('9001,Mended\n')), body: null }, 'seal-body-invalid');
  const { body } = seal(signer, 'POST', JOBS, csv(job()));
  await refused({ ...seal(signer, 'POST', JOBS, csv(job())), body }, 'seal-body-invalid');
  await refused({ ...seal(signer, 'POST', JOBS, csv(job())), body: Buffer.from(job()) }, 'seal-body-invalid');
});

test('header fields that came twice, and two proofs at once: 400', async () => {
  const sealed = seal(signer, 'POST', JOBS, csv(job()));
  const refusal = async (line: string): Promise<void> => {
    const wire = await Wire.to(url);
    wire.head(`POST ${JOBS} HTTP/1.1`, ...headLines(sealed), 'Content-Length: 4000', line);
    const { status, text } = await wire.answer();
    assert.equal(status, 400, `${line}: ${text}`);
    assert.match(text, /"code":"bad-request"/);
  };
  const [host, ...signed] = headLines(sealed);
  assert.deepEqual([host, signed.length], ['Host: test', 5]);
  await Promise.all([...signed, 'Authorization: Bearer rfk_x'].map(refusal));
});

test('what makes another request of it is refused: Range, method override, HEAD', async () => {
  for (const field of ['range', 'x-http-method-override', 'x-method-override', 'x-http-method']) {
    const headers = { [field]: field === 'range' ? 'bytes=0-1' : 'DELETE' };
    const { json, text } = await sendSealed<Problem>(url, signer, 'GET', '/v1/tables', { headers });
    assert.equal(json.code, 'bad-request', text);
  }
  const { status, headers, bytes } = await send(url, seal(signer, 'HEAD', '/v1/tables'));
  assert.deepEqual([status, bytes.length, headers['content-encoding']], [405, 0, undefined]);
});

/** Writes until the connection ends; answers how many bytes went. */
async function flood(wire: Wire, most: number): Promise<number> {
  const chunk = 'x'.repeat(65_536);
  let sent = 0;
  for (; sent < most && !wire.closed && wire.socket.writable; sent += chunk.length) {
    if (wire.socket.write(chunk)) await new Promise(setImmediate);
    else await Promise.race([once(wire.socket, 'drain'), once(wire.socket, 'close')]).catch(() => undefined);
  }
  return sent;
}

test('a sealed refusal with its body still coming ends the connection, and is whole', async () => {
  const sealed = seal(signer, 'POST', JOBS, csv(job(), { skew: -1000 }));
  const wire = await Wire.to(url);
  wire.head(`POST ${JOBS} HTTP/1.1`, ...headLines(sealed), 'Content-Length: 100000000');
  const taken = await flood(wire, 100_000_000);
  assert.ok(taken < 16_000_000, `${taken} bytes were taken`);
  const { status, text } = await wire.answer();
  assert.match(text, /^connection: close\r$/im);
  const at = text.indexOf('\r\n\r\n') + 4;
  const type = /^content-type: (.*)\r$/im.exec(text)?.[1] ?? '';
  const headers = { 'content-type': type, 'content-encoding': 'aes128gcm', 'cache-control': 'no-store' };
  const opened = open<Problem>(sealed, { status, headers, bytes: Buffer.from(text.slice(at), 'latin1') });
  assert.equal(opened.json.code, 'seal-stale');
});

test('more requests than a key may send: 429, sealed, and others go on', async () => {
  const small = await startTestServer({ limits: { requestsPerKey: 3 } });
  const greedy = signerOf(small.token('tables:*:*'));
  const codes: unknown[] = [];
  for (let count = 0; count < 5; count += 1) {
    codes.push((await sendSealed<Problem>(small.url, greedy, 'GET', '/v1/tables')).json.code);
  }
  assert.deepEqual(codes, [undefined, undefined, undefined, 'rate-limited', 'rate-limited']);
  const other = signerOf(small.token('tables:*:*'));
  assert.equal((await sendSealed(small.url, other, 'GET', '/v1/tables')).status, 200);
});

test('the log names the key of a sealed request and holds none of its keys', async () => {
  const secrets = [signer.keys.mac, signer.keys.seal].flatMap((key) => [
    key.toString('hex'),
    key.toString('base64'),
  ]);
  const text = log.join('');
  assert.match(text, new RegExp(`"keyId":"${signer.keyId}"`));
  for (const secret of secrets) assert.ok(!text.includes(secret));
});
