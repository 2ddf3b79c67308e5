import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import type { BackupResult } from '../../src/backup/backups.ts';
import type { CreatedKey } from '../../src/ledger/keys.ts';
import type { AuditEntry, AuditVerification } from '../../src/model/audit.ts';
import { formatToken } from '../../src/seal/token.ts';
import { startTestServer } from './harness.ts';
import { outside } from './outside.ts';
import { open, seal, send, sendSealed, signerOf } from './sealed.ts';

const server = await startTestServer({ config: { host: '0.0.0.0' } });
const { call, fail, token, config } = server;
const { port } = new URL(server.url);
const url = `http://127.0.0.1:${port}`;
const SECRET = 'S'.repeat(43);

interface Page {
  readonly entries: readonly AuditEntry[];
  readonly next: number | null;
}

async function newest(): Promise<AuditEntry> {
  const { json, text } = await call<Page>('GET', '/v1/audit?limit=1');
  return json.entries[0] ?? assert.fail(text);
}

/** The entries that the work leaves, oldest first. */
async function entriesOf(work: () => Promise<unknown>): Promise<AuditEntry[]> {
  const { json } = await call<Page>('GET', '/v1/audit?limit=1');
  const before = json.entries[0]?.sequence ?? 0;
  await work();
  const after = await call<Page>('GET', '/v1/audit?limit=1000');
  return after.json.entries.filter(({ sequence }) => sequence > before).reverse();
}

function assertEntry(entry: AuditEntry | undefined, expected: Record<string, unknown>, where = ''): void {
  assert.ok(entry, `${where}: no entry`);
  const { detail, ...members }: Record<string, unknown> = expected;
  for (const [name, value] of Object.entries(members)) {
    assert.equal(Object.entries(entry).find(([member]) => member === name)?.[1], value, `${where}: ${name}`);
  }
  const found = entry.detail;
  for (const [name, value] of Object.entries(Object(detail))) {
    assert.deepEqual(found[name], value, `${where}: ${name} of ${JSON.stringify(found)}`);
  }
}

test('bearer keys that are refused: none, of no form, unknown, sealed-only', async () => {
  const unknown = formatToken({ keyId: 'NoSuchKey123', secret: SECRET });
  const made = await call<CreatedKey>('POST', '/v1/keys', {
    body: { owner: 'seal', scopes: ['tables:*:*'], sealedOnly: true },
  });
  const cases: ReadonlyArray<readonly [bearer: string | null, code: string, keyId: string | null]> = [
    [null, 'unauthorized', null],
    ['rfk_NoSuchKey123_short', 'unauthorized', null],
    [unknown, 'unauthorized', 'NoSuchKey123'],
    [made.json.token, 'seal-required', made.json.key.id],
  ];
  for (const [bearer, code, keyId] of cases) {
    const entries = await entriesOf(() => fail('GET', '/v1/tables/jobs?counts=true', { token: bearer }));
    assert.equal(entries.length, 1, code);
    const detail = { code, count: 1, method: 'GET', route: '/v1/tables/:table' };
    assertEntry(entries[0], {
      event: 'auth-failed',
      owner: null,
      keyId,
      address: '127.0.0.1',
      subject: null,
      detail,
    });
  }
});

test('a bearer key over plain HTTP from elsewhere', async () => {
  const headers = { authorization: `Bearer ${token('tables:*:*')}` };
  const entries = await entriesOf(async () => {
    assert.equal((await fetch(`http://${outside}:${port}/v1/tables`, { headers })).status, 403);
  });
  const detail = { code: 'insecure-transport', route: '/v1/tables' };
  assertEntry(entries[0], { event: 'auth-failed', owner: null, address: outside, detail });
});

test('sealed requests that are refused: bad MAC, unknown key, stale, replayed, a body that does not open', async () => {
  const signer = signerOf(token('tables:*:*'));
  const stranger = signerOf(formatToken({ keyId: 'NoSuchKey123', secret: SECRET }));
  const forged = { ...stranger, keyId: signer.keyId };
  const once = seal(signer, 'GET', '/v1/tables');
  await send(url, once);
  const broken = seal(signer, 'POST', '/v1/tables/jobs/rows', { body: '1,a\n', type: 'text/csv' });
  const cases = [
    ['seal-invalid', null, signer.keyId, () => send(url, seal(forged, 'GET', '/v1/tables'))],
    ['seal-invalid', null, 'NoSuchKey123', () => send(url, seal(stranger, 'GET', '/v1/tables'))],
    ['seal-stale', 'local', signer.keyId, () => send(url, seal(signer, 'GET', '/v1/tables', { skew: -400 }))],
    ['seal-replayed', 'local', signer.keyId, () => send(url, once)],
    [
      'seal-body-invalid',
      'local',
      signer.keyId,
      () => send(url, { ...broken, body: Buffer.from(broken.body ?? []).reverse() }),
    ],
  ] as const;
  for (const [code, owner, keyId, work] of cases) {
    const entries = await entriesOf(work);
    assert.equal(entries.length, 1, code);
    assertEntry(entries[0], { event: 'auth-failed', owner, keyId, detail: { code, count: 1 } }, code);
  }
});

test('denials name the table, whether the answer is 403 or 404, by Bearer and sealed', async () => {
  const narrow = token('tables:departments:read', 'tables:jobs:read');
  const hired = '/v1/tables/hired_employees';
  const cases: ReadonlyArray<
    readonly [method: string, path: string, code: string, subject: string, body?: unknown]
  > = [
    ['POST', '/v1/tables/jobs/rows', 'forbidden', 'jobs', []],
    ['GET', hired, 'table-not-found', 'hired_employees'],
    ['POST', `${hired}/rows`, 'table-not-found', 'hired_employees', []],
    ['POST', `${hired}/restore`, 'table-not-found', 'hired_employees', { backup: 'x' }],
    ['POST', '/v1/rows', 'table-not-found', 'hired_employees', { hired_employees: [] }],
    ['GET', '/v1/tables/nowhere', 'table-not-found', 'nowhere'],
    ['GET', '/v1/keys', 'forbidden', 'keys:admin'],
    ['GET', '/v1/audit', 'forbidden', 'keys:admin'],
    ['POST', '/v1/backups', 'forbidden', '*', {}],
  ];
  const { keyId } = signerOf(narrow);
  for (const [method, path, code, subject, body] of cases) {
    const where = `${method} ${path}`;
    const options = body === undefined ? {} : { body };
    const bearer = await entriesOf(() => fail(method, path, { token: narrow, ...options }));
    const sealed = await entriesOf(() => sendSealed(url, signerOf(narrow), method, path, options));
    for (const entries of [bearer, sealed]) {
      assert.equal(entries.length, 1, where);
      const expected = { event: 'denied', owner: 'local', keyId, subject, detail: { code, method } };
      assertEntry(entries[0], expected, where);
    }
  }
});

test('what is only not there is no denial, nor what is wrong in other ways', async () => {
  const entries = await entriesOf(async () => {
    await fail('GET', '/v1/tables/nowhere');
    await fail('GET', '/v1/loads/nowhere');
    await fail('GET', '/nowhere');
    await fail('POST', '/v1/tables/jobs/rows', { body: '{', key: 'a' });
  });
  assert.deepEqual(entries, []);
});

test('the life of a key: who made, rotated and revoked it; a refusal leaves no entry', async () => {
  const admin = token('keys:admin');
  const body = { owner: 'payroll', name: 'a\u001b[2J\r\nb', scopes: ['tables:jobs:insert'] };
  let made: CreatedKey | undefined;
  const entries = await entriesOf(async () => {
    made = (await call<CreatedKey>('POST', '/v1/keys', { token: admin, body })).json;
    const { id } = made.key;
    const second = await sendSealed<CreatedKey>(url, signerOf(admin), 'POST', `/v1/keys/${id}/rotate`);
    assert.equal(second.status, 201);
    assert.equal((await call('POST', '/v1/keys', { body })).status, 409);
    const revoke = { token: admin, key: 'revoked-only-once' };
    await call('DELETE', `/v1/keys/${id}`, revoke);
    await call('DELETE', `/v1/keys/${id}`, revoke);
    await call('DELETE', `/v1/keys/${id}`);
  });
  const { keyId } = signerOf(admin);
  const id = made?.key.id;
  assert.deepEqual(
    entries.map(({ event }) => event),
    ['key-created', 'key-rotated', 'key-revoked'],
  );
  for (const entry of entries) assertEntry(entry, { owner: 'local', keyId, address: '127.0.0.1' });
  assertEntry(entries[0], { subject: id, detail: { owner: 'payroll', scopes: body.scopes } });
  assert.equal(entries[0]?.detail.name, 'a\\x1b[2J\\x0d\\x0ab');
  assertEntry(entries[1], { detail: { takesPlaceOf: id } });
  assertEntry(entries[2], { subject: id });
  assert.ok(!JSON.stringify(entries).includes(made?.token ?? ''));
});

test('a key made by the program itself is the first key', async () => {
  const entries = await entriesOf(() =>
    server.server.keys.create({ owner: 'first', scopes: ['tables:*:*'] }),
  );
  assertEntry(entries[0], { event: 'first-key-created', owner: null, keyId: null, address: null });
});

test('a key and its entry are one: without room for the entry there is no key', async () => {
  const path = config.databaseUrl.slice('sqlite:'.length);
  const run = (sql: string) => {
    const db = new DatabaseSync(path, { timeout: 10_000 });
    db.exec(sql);
    db.close();
  };
  const names = async () => (await call<{ keys: { owner: string }[] }>('GET', '/v1/keys')).json.keys;
  const { id } = (await server.server.keys.create({ owner: 'stays', scopes: ['tables:*:*'] })).key;
  run("CREATE TRIGGER full BEFORE INSERT ON rowferry_audit BEGIN SELECT raise(ABORT, 'no room'); END");
  try {
    assert.equal(
      (await call('POST', '/v1/keys', { body: { owner: 'none', scopes: ['keys:admin'] } })).status,
      500,
    );
    assert.equal((await call('DELETE', `/v1/keys/${id}`)).status, 500);
  } finally {
    run('DROP TRIGGER full');
  }
  assert.ok((await names()).every(({ owner }) => owner !== 'none'));
  const kept = (await server.server.keys.list()).find((key) => key.id === id);
  assert.equal(kept?.revokedAt, null);
});

test('restores, dry and real, from a backup and from a file, that work and that fail; downloads', async () => {
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', { body: { tables: ['jobs'] } });
  const backup = made.json.backups[0] ?? assert.fail(made.text);
  const file = readFileSync(join(config.home, backup.file));
  const sha256 = createHash('sha256').update(file).digest('hex');
  const avro = { type: 'application/avro', body: file };
  const signer = signerOf(token('tables:*:*'));
  const restore = '/v1/tables/jobs/restore';
  const cut = file.subarray(0, -9);
  const cases = [
    [
      { backup: backup.id, dryRun: true },
      { outcome: 'done', rows: 183, replaced: 183 },
      () => call('POST', restore, { body: { backup: backup.id, dryRun: true } }),
    ],
    [
      { backup: backup.id, dryRun: false },
      { outcome: 'done', rows: 183, replaced: 183 },
      () => sendSealed(url, signer, 'POST', restore, { body: { backup: backup.id } }),
    ],
    [
      { sha256, dryRun: true },
      { outcome: 'done', rows: 183 },
      () => call('POST', `${restore}?dryRun=true`, avro),
    ],
    [
      { sha256, dryRun: false },
      { outcome: 'done', rows: 183 },
      () => sendSealed(url, signer, 'POST', restore, avro),
    ],
    [
      { sha256: createHash('sha256').update(cut).digest('hex'), dryRun: false },
      { outcome: 'failed', code: 'backup-truncated' },
      () => fail('POST', restore, { ...avro, body: cut }),
    ],
  ] as const;
  for (const [started, finished, work] of cases) {
    const entries = await entriesOf(work);
    assert.deepEqual(
      entries.map(({ event }) => event),
      ['restore-started', 'restore-finished'],
    );
    for (const entry of entries) assertEntry(entry, { owner: 'local', subject: 'jobs', detail: started });
    assertEntry(entries[1], { detail: finished });
  }
  const downloads = await entriesOf(() => call('GET', `/v1/backups/${backup.id}/content`));
  assertEntry(downloads[0], {
    event: 'backup-downloaded',
    subject: backup.id,
    detail: { table: 'jobs', sha256: backup.sha256 },
  });
});

test('nothing that a stranger chooses stands in an entry raw, and no secret, path or query at all', async () => {
  const hostile = 'x\u001b[31m\r\ny';
  const narrow = token('tables:departments:read');
  const entries = await entriesOf(async () => {
    const target = `/v1/tables/${encodeURIComponent(hostile)}?token=${SECRET}`;
    await fail('GET', target, { token: narrow });
    await fail('GET', `/v1/loads/${encodeURIComponent(hostile)}`, { token: `rfk_${SECRET}` });
    await fail('GET', `/nowhere/${encodeURIComponent(hostile)}`, { token: SECRET });
    const signed = `seal=();keyid="${SECRET}";tag="x\u009b31m"`;
    const headers = { 'signature-input': signed, signature: `seal=:${SECRET}:` };
    await fail('GET', `/v1/tables?name=${SECRET}`, { token: null, headers });
    await fail('POST', '/v1/rows', { token: narrow, body: { [`${hostile}${'z'.repeat(5000)}`]: [] } });
  });
  assert.deepEqual(
    entries.map(({ detail }) => detail.count).sort(),
    [1, 1, 2],
    'all but the path without a route',
  );
  const text = entries.map((entry) => JSON.stringify(entry)).join('');
  assert.ok(!text.includes(SECRET), text);
  assert.ok(!text.includes('nowhere'), text);
  assert.doesNotMatch(text, /\\u00|\\[nrt]"?|z{300}/);
  assert.ok(entries.some(({ subject }) => subject === 'x\\x1b[31m\\x0d\\x0ay'));
  assert.ok(entries.every(({ keyId }) => keyId === null || /^[0-9A-Za-z]{12}$/.test(keyId)));
});

test('1,000 refused requests make a few entries, and the metrics know of none that was dropped', async () => {
  const flood = await startTestServer({ limits: { requestsPerAddress: 1_000_000 } });
  let sent = 0;
  const worker = async (): Promise<void> => {
    while (sent < 1000) {
      sent += 1;
      const token = formatToken({ keyId: `K${String(sent).padStart(11, '0')}`, secret: SECRET });
      await flood.fail('GET', '/v1/tables', { token });
    }
  };
  await Promise.all(Array.from({ length: 32 }, worker));
  const { json } = await flood.call<Page>('GET', '/v1/audit?limit=10000');
  const counts = json.entries.map(({ detail }) => Number(detail.count));
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0),
    1000,
  );
  assert.ok(json.entries.length < 50, `${json.entries.length} entries`);
  assert.match((await flood.call('GET', '/metrics')).text, /^rowferry_audit_dropped_total 0$/m);
});

test('pages, and the verification with and without a head', async () => {
  const { json } = await call<Page>('GET', '/v1/audit?limit=3');
  assert.equal(json.entries.length, 3);
  const rest = await call<Page>('GET', `/v1/audit?before=${json.next}&limit=100000&event=denied`);
  assert.ok(
    rest.json.entries.every(({ sequence, event }) => sequence < (json.next ?? 0) && event === 'denied'),
  );
  assert.equal(rest.json.next, null);
  const verdict = (await call<AuditVerification>('GET', '/v1/audit/verification')).json;
  const { sequence, hash } = await newest();
  assert.deepEqual([verdict.ok, verdict.head], [true, { sequence, hash }]);
  const ask = (head: string) =>
    call<AuditVerification>('GET', `/v1/audit/verification?head=${encodeURIComponent(head)}`);
  assert.equal((await ask(`${sequence}:${hash}`)).json.ok, true);
  assert.equal((await ask(`${sequence}:${'0'.repeat(64)}`)).json.problem?.sequence, sequence);
  assert.equal((await ask(`${sequence + 1}:${hash}`)).json.ok, false);
  assert.equal((await ask('1')).status, 400);
  for (const query of ['limit=0', 'before=x', 'event=other', 'x=1']) {
    assert.equal((await call('GET', `/v1/audit?${query}`)).status, 400, query);
  }
});

test('entries are answered sealed to those who seal', async () => {
  const signer = signerOf(token('keys:admin'));
  const sealed = seal(signer, 'GET', '/v1/audit?limit=1');
  const received = await send(url, sealed);
  assert.equal(open<Page>(sealed, received).json.entries.length, 1);
  assert.ok(!received.bytes.includes('entries'));
});
