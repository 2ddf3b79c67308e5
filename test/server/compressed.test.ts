import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import type { BackupResult, RestoreResult } from '../../src/backup/backups.ts';
import type { BatchReceipt, Load, PartReceipt } from '../../src/model/receipt.ts';
import type { Problem } from '../../src/server/problems.ts';
import { eventually, startTestServer } from './harness.ts';
import { sendSealed, signerOf } from './sealed.ts';

/** Compressed bodies, sealed and with a Bearer key, against the limits of what they become. */

const LIMIT = 20_000;
const server = await startTestServer({
  limits: { rowsBytes: LIMIT, controlBytes: LIMIT, restoreBytes: LIMIT },
});
const { url, token, call, rows, config } = server;
const signer = signerOf(token('tables:*:*'));
const JOBS = '/v1/tables/jobs/rows';
const CSV = 'text/csv';
const AVRO = 'application/avro';

interface Way {
  readonly coding: string;
  readonly sealed: boolean;
  compress(bytes: Uint8Array): Buffer;
}

const WAYS: readonly Way[] = [
  { coding: 'gzip', sealed: false, compress: gzipSync },
  { coding: 'zstd', sealed: false, compress: zstdCompressSync },
  { coding: 'gzip, aes128gcm', sealed: true, compress: gzipSync },
];

interface Sent {
  readonly method?: string;
  readonly type?: string;
  readonly key?: string;
}

interface Answered<T> {
  readonly status: number;
  readonly json: T & Pick<Problem, 'code' | 'detail' | 'hint'>;
  readonly replayed: boolean;
}

async function post<T>(
  way: Way,
  path: string,
  content: string | Uint8Array,
  sent: Sent = {},
): Promise<Answered<T>> {
  return postBody<T>(way, path, way.compress(Buffer.from(content)), sent);
}

/** The body is compressed already, or is not. */
async function postBody<T>(
  { coding, sealed }: Way,
  path: string,
  body: Uint8Array,
  { method = 'POST', type = CSV, key = randomUUID() }: Sent = {},
): Promise<Answered<T>> {
  if (sealed) {
    const options = { body, type, coding, key };
    const { status, json, headers } = await sendSealed<Answered<T>['json']>(
      url,
      signer,
      method,
      path,
      options,
    );
    return { status, json, replayed: headers['idempotency-replayed'] === 'true' };
  }
  const options = { body, type, key, headers: { 'content-encoding': coding } };
  const { status, json, headers } = await call<Answered<T>['json']>(method, path, options);
  return { status, json, replayed: headers.get('idempotency-replayed') === 'true' };
}

let lastId = 10_000;
/** One row, and empty lines up to so many bytes. */
function csvOf(bytes: number): string {
  lastId += 1;
  const row = `${lastId},Cooper\n`;
  return row + '\n'.repeat(bytes - row.length);
}

const SIZES = [LIMIT - 1, LIMIT, LIMIT + 1];
const expected = (size: number) => (size > LIMIT ? 413 : 200);

test('rows, parts, JSON: what a body becomes is counted, up to the limit and not a byte more', async () => {
  for (const way of WAYS) {
    for (const size of SIZES) {
      const what = `${way.coding} ${size}`;
      const before = rows('jobs');
      const batch = await post<BatchReceipt>(way, JOBS, csvOf(size));
      assert.equal(batch.status, expected(size), `${what}: ${JSON.stringify(batch.json)}`);
      const part = await sendPart(way, csvOf(size));
      assert.equal(part.status, expected(size), what);
      assert.equal(rows('jobs') - before, size > LIMIT ? 0 : 2, what);
      const load = JSON.stringify(announcement()).padEnd(size);
      const { status, json } = await post<Load>(way, '/v1/loads', load, { type: 'application/json' });
      assert.equal(status, size > LIMIT ? 413 : 201, `${what}: ${JSON.stringify(json)}`);
      for (const { json } of [batch, part]) if (size > LIMIT) assert.equal(json.code, 'body-too-large', what);
    }
  }
});

const announcement = () => ({
  table: 'jobs',
  name: 'jobs.csv',
  size: 1_000_000,
  sha256: createHash('sha256').update(randomUUID()).digest('hex'),
});

async function sendPart(way: Way, content: string): Promise<Answered<PartReceipt>> {
  const { json } = await call<Load>('POST', '/v1/loads', { body: announcement() });
  return post<PartReceipt>(way, `/v1/loads/${json.id}?offset=0`, content, { method: 'PATCH' });
}

test('a restore: the backup comes back, and what the upload becomes is counted', async () => {
  const made = await call<{ backups: BackupResult[] }>('POST', '/v1/backups', {
    body: { tables: ['departments'] },
  });
  const id = made.json.backups[0]?.id ?? assert.fail(made.text);
  const headers = { authorization: `Bearer ${token('tables:*:*')}` };
  const content = await fetch(`${url}/v1/backups/${id}/content`, { headers });
  const avro = Buffer.from(await content.arrayBuffer());
  const target = '/v1/tables/departments/restore';
  for (const way of WAYS) {
    const restored = await post<RestoreResult>(way, target, avro, { type: AVRO });
    assert.deepEqual([restored.status, restored.json.rows], [200, 12], way.coding);
    for (const size of SIZES) {
      const { status, json } = await post(way, target, Buffer.alloc(size), { type: AVRO });
      const code = size > LIMIT ? 'body-too-large' : 'backup-invalid';
      assert.equal(json.code, code, `${way.coding} ${size}: ${status}`);
    }
    const cut = await postBody(way, target, way.compress(avro).subarray(0, -1), { type: AVRO });
    assert.equal(cut.json.code, 'body-invalid', way.coding);
  }
  assert.equal(rows('departments'), 12);
  await eventually(() => uploads().length === 0, 'the uploads are removed');
});

const uploads = (): string[] => readdirSync(join(config.home, 'data', 'work', 'uploads'));

test('what does not compress may be a little longer than the limit on the wire', async () => {
  const noise = Buffer.from(createHash('shake256', { outputLength: LIMIT }).update('x').digest('base64'));
  const content = `${csvOf(100)}1,"${noise.toString()}`.slice(0, LIMIT);
  for (const way of WAYS) {
    const stored =
      way.coding === 'zstd' ? way.compress(Buffer.from(content)) : gzipSync(content, { level: 0 });
    const { status, json } = await postBody<BatchReceipt>(way, JOBS, stored);
    assert.notEqual(status, 413, JSON.stringify(json));
  }
});

test('cut, damaged, followed by something, or not compressed: 400, and nothing is loaded', async () => {
  for (const way of WAYS) {
    const whole = way.compress(Buffer.from(csvOf(1000)));
    const changes: Record<string, Buffer> = {
      cut: whole.subarray(0, -1),
      'flipped in its checksum': Buffer.from(whole.with(-6, (whole.at(-6) ?? 0) ^ 1)),
      'zeros behind it': Buffer.concat([whole, Buffer.alloc(8)]),
      'CSV behind it': Buffer.concat([whole, Buffer.from('1,x\n')]),
      'not compressed': Buffer.from('1,x\n'),
    };
    // A zstd frame has no checksum unless it was asked for one.
    if (way.coding === 'zstd') delete changes['flipped in its checksum'];
    for (const [what, body] of Object.entries(changes)) {
      const before = rows('jobs');
      const { status, json } = await postBody(way, JOBS, body);
      assert.deepEqual([status, json.code], [400, 'body-invalid'], `${way.coding} ${what}`);
      assert.match(json.detail, /cannot be read as (gzip|zstd): /);
      assert.match(json.hint ?? '', /Content-Encoding/);
      assert.equal(rows('jobs'), before, what);
    }
  }
});

test('the same content is the same request, however it was compressed', async () => {
  const content = csvOf(500);
  const key = randomUUID();
  const plain = await call<BatchReceipt>('POST', JOBS, { body: content, type: CSV, key });
  assert.equal(plain.status, 200, plain.text);
  const bearer = WAYS.filter(({ sealed }) => !sealed);
  for (const way of bearer) {
    const again = await post<BatchReceipt>(way, JOBS, content, { key });
    assert.deepEqual(
      [again.status, again.replayed, again.json.load],
      [200, true, plain.json.load],
      way.coding,
    );
    const other = await post<BatchReceipt>(way, JOBS, `${content}\n`, { key });
    assert.equal(other.json.code, 'idempotency-key-reused', way.coding);
  }
});

test('random rows, compressed at random levels and split into members, load as they do when they are plain', async () => {
  const field = fc.constantFrom('Cooper', '"a ""quoted"" one"', '"two\nlines"', '', 'ü€', 'x'.repeat(99));
  await fc.assert(
    fc.asyncProperty(
      fc.array(field, { minLength: 1, maxLength: 20 }),
      fc.array(fc.nat(), { maxLength: 5 }),
      fc.integer({ min: 0, max: 9 }),
      fc.constantFrom(...WAYS),
      async (fields, places, level, way) => {
        const content = Buffer.from(fields.map((text, index) => `${lastId + 1 + index},${text}\n`).join(''));
        lastId += fields.length;
        const edges = [
          0,
          ...places.map((place) => place % content.length).sort((a, b) => a - b),
          content.length,
        ];
        const members = edges.slice(1).map((end, index) => {
          const part = content.subarray(edges[index], end);
          return way.coding === 'zstd' ? zstdCompressSync(part) : gzipSync(part, { level });
        });
        const before = rows('jobs');
        const { status, json } = await postBody<BatchReceipt>(way, JOBS, Buffer.concat(members));
        const good = fields.filter((text) => text !== '').length;
        if (good === 0) assert.deepEqual([status, json.code], [422, 'rows-rejected']);
        else
          assert.deepEqual(
            [json.read, json.inserted, json.rejected],
            [fields.length, good, fields.length - good],
          );
        assert.equal(rows('jobs') - before, good);
      },
    ),
    { numRuns: 50 },
  );
});
