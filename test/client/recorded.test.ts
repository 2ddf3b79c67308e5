import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { Rowferry } from '../../src/client/client.ts';
import { parseToken } from '../../src/seal/token.ts';
import { rowferry } from '../cli/command.ts';
import { leaksOf } from './leaks.ts';
import { startRecorder } from './recorder.ts';
import { collect, type Rig, startRig } from './rig.ts';

/** Names that stand nowhere but in the data. */
const NAMES = Array.from({ length: 50 }, (_, index) => `Quetzalcoatl-Planted-${index * 7919}`);

/** Names in the first and the last part of the file, every tenth in a record that is rejected. */
function planted(): string {
  const rows = NAMES.map((name, index) => (index % 10 === 9 ? `x${index},${name}` : `${index + 1},${name}`));
  const filler = Array.from({ length: 60_000 }, (_, index) => `${1000 + index},filler`);
  return `${rows.slice(0, 25).join('\n')}\n${filler.join('\n')}\n${rows.slice(25).join('\n')}\n`;
}

/** Beside the names: of the key, of the receipts, and of backups, whose blocks are compressed. */
const MARKS = ['Bearer', '"inserted"', '"code"', 'avro.schema'];

function leaked(bytes: Buffer, token: string): string[] {
  const secret = parseToken(token)?.secret ?? '';
  const marks = MARKS.filter((mark) => bytes.includes(mark));
  return [...leaksOf(NAMES, bytes), ...marks, ...leaksOf([secret], bytes)];
}

async function useAll(rig: Rig, client: Rowferry): Promise<void> {
  const path = rig.path('jobs.csv');
  await writeFile(path, planted());
  const load = await client.load(path, { table: 'jobs', maxRejects: '100%' });
  assert.deepEqual([load.inserted, load.rejected], [60_045, 5]);
  assert.equal((await collect(client.rejects(load.load))).length, 5);
  await client.table('jobs').upsert([{ id: 1, job: NAMES[0] }]);
  await assert.rejects(client.table('jobs').insert([{ id: 'x', job: NAMES[1] }]), { code: 'rows-rejected' });
  const [backup] = await client.backup(['jobs']);
  assert.ok(backup);
  const copy = rig.path('copy.avro');
  await client.download(backup.id, copy);
  await client.restore({ table: 'jobs', from: { file: copy } });
  await client.restore({ table: 'jobs', from: { backup: backup.id } });
}

for (const [name, options] of [
  ['node:http', {}],
  ['fetch', { fetch }],
] as const) {
  test(`${name}: of 50 planted names none passes in the clear while rows are loaded, rejected, backed up, restored`, async () => {
    await using rig = await startRig();
    await using recorder = await startRecorder(rig.server.url);
    const client = new Rowferry({ url: recorder.url, key: rig.token, ...options });
    await useAll(rig, client);
    client.close();
    const bytes = recorder.bytes();
    assert.ok(bytes.length > 800_000, `${bytes.length} bytes passed`);
    assert.match(bytes.toString('latin1'), /PATCH \/v1\/loads\/\w+\?offset=0/);
    assert.deepEqual(leaked(bytes, rig.token), []);
    const [found] = rig.query('SELECT count(*) n FROM jobs');
    assert.equal(found?.n, 60_045);
  });
}

test('a name is found in plain text, base64, hex, UTF-16, gzip, deflate and zstd, wherever it begins', () => {
  const [name = ''] = NAMES;
  const noise = Buffer.alloc(5000, '7,filler\n');
  const forms: ReadonlyArray<(text: Buffer) => Buffer> = [
    (text) => text,
    (text) => Buffer.from(text.toString('base64')),
    (text) => Buffer.from(text.toString('base64url')),
    (text) => Buffer.from(text.toString('hex')),
    (text) => Buffer.from(text.toString('hex').toUpperCase()),
    (text) => Buffer.from(text.toString(), 'utf16le'),
    (text) => gzipSync(text),
    (text) => gzipSync(text).subarray(0, -20),
    (text) => deflateSync(text),
    (text) => zstdCompressSync(text),
  ];
  for (const form of forms) {
    for (const before of ['', '1', '12']) {
      const text = Buffer.from(`${before},${name},Rome\n${noise}`);
      assert.deepEqual(leaksOf(NAMES, Buffer.concat([noise, form(text), noise])), [name], String(form));
    }
  }
});

test('the recorder sees what is not sealed', async () => {
  await using rig = await startRig();
  await using recorder = await startRecorder(rig.server.url);
  const answer = await fetch(`${recorder.url}/v1/tables/jobs/rows`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${rig.token}`,
      'content-type': 'application/json',
      'idempotency-key': 'planted-names-0001',
    },
    body: JSON.stringify([{ id: 1, job: NAMES[3] }]),
  });
  assert.equal(answer.status, 200);
  assert.deepEqual(leaked(recorder.bytes(), rig.token), [
    NAMES[3],
    'Bearer',
    '"inserted"',
    rig.token.slice(17, 60),
  ]);
  assert.equal((await rig.client.backup(['jobs'])).length, 1);
  const [backup] = await rig.client.backups();
  const authorization = `Bearer ${rig.token}`;
  const content = await fetch(`${recorder.url}/v1/backups/${backup?.id}/content`, {
    headers: { authorization },
  });
  await content.arrayBuffer();
  assert.ok(leaked(recorder.bytes(), rig.token).includes('avro.schema'));
});

test('the commands load, rejects, backup and restore: no planted name in any form in their requests or answers', async () => {
  await using rig = await startRig();
  await using recorder = await startRecorder(rig.server.url);
  const environment = { ROWFERRY_SERVER: recorder.url, ROWFERRY_KEY: rig.token };
  await writeFile(rig.path('jobs.csv'), planted());
  const load = await rowferry(rig.home, ['load', 'jobs.csv', '--json', '--max-rejects', '100%'], environment);
  assert.equal(load.code, 3, load.stderr);
  const asked = await rowferry(rig.home, ['rejects', String(load.json[0]?.load), '--json'], environment);
  assert.match(asked.stdout, /x49/);
  assert.equal((await rowferry(rig.home, ['backup', 'jobs'], environment)).code, 0);
  const folder = rig.path(join('backups', 'jobs'));
  const file = (await readdir(folder)).find((each) => each.endsWith('.avro')) ?? '';
  const restore = await rowferry(
    rig.home,
    ['restore', join(folder, file), '--table', 'jobs', '--yes'],
    environment,
  );
  assert.equal(restore.code, 0, restore.stderr);
  const rejects = await readdir(rig.path(join('data', 'not_added', 'jobs')));
  const reasons = rejects.find((each) => each.endsWith('.reasons.csv')) ?? '';
  assert.match(await readFile(rig.path(join('data', 'not_added', 'jobs', reasons)), 'utf8'), /x49/);
  const bytes = recorder.bytes();
  assert.ok(bytes.length > 800_000);
  const text = bytes.toString('latin1');
  for (const request of [
    'PATCH /v1/loads/',
    'POST /v1/backups',
    'POST /v1/tables/jobs/restore',
    /GET \/v1\/loads\/\w+\/rejects/,
  ]) {
    assert.match(text, new RegExp(request), 'it was recorded');
  }
  const answers = text.split('HTTP/1.1 2').slice(1);
  for (const answer of answers) assert.match(answer, /^content-encoding: aes128gcm\r$/im);
  assert.deepEqual(leaked(bytes, rig.token), []);
});
