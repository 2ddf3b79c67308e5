import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { Rowferry, type RowferryOptions } from '../../src/client/client.ts';
import { pack } from '../../src/client/compress.ts';
import { nodeGzip } from '../../src/client/node-gzip.ts';
import { rowferry } from '../cli/command.ts';
import { startRecorder } from './recorder.ts';
import { startRig } from './rig.ts';

const ROWS = Array.from({ length: 60_000 }, (_, index) => ({ id: index + 1, job: `Cooper ${index}` }));
const CSV = ROWS.map(({ id, job }) => `${id},${job}\n`).join('');

/** The content encodings of the requests, and the bytes that passed. */
interface Passed {
  readonly codings: ReadonlySet<string>;
  readonly bytes: number;
}

/** One load and a batch of one row, over something that reads along. */
async function passedWith(options: Partial<RowferryOptions>): Promise<Passed> {
  await using rig = await startRig();
  await using recorder = await startRecorder(rig.server.url);
  const client = new Rowferry({ url: recorder.url, key: rig.token, ...options });
  await writeFile(rig.path('jobs.csv'), CSV);
  const load = await client.load(rig.path('jobs.csv'), { table: 'jobs' });
  assert.deepEqual([load.inserted, load.rejected], [ROWS.length, 0]);
  const rows = Array.from({ length: 100 }, (_, index) => ({ id: 70_000 + index, job: `Sailmaker ${index}` }));
  assert.equal((await client.table('jobs').insert(rows)).inserted, 100);
  client.close();
  return passed(recorder.bytes());
}

function passed(bytes: Buffer): Passed {
  const requests = bytes
    .toString('latin1')
    .matchAll(/content-type: [^\r]*\r\n(?:[^\r]+\r\n)*?content-encoding: ([^\r]*)/gi);
  return { codings: new Set([...requests].map(([, coding = '']) => coding)), bytes: bytes.length };
}

test('compress: large bodies travel compressed and arrive whole; small ones and the default do not', async () => {
  const plain = await passedWith({});
  assert.deepEqual([...plain.codings], ['aes128gcm']);
  for (const options of [{ compress: true }, { compress: true, fetch }]) {
    const { codings, bytes } = await passedWith(options);
    assert.deepEqual([...codings].sort(), ['aes128gcm', 'gzip, aes128gcm']);
    assert.ok(bytes < plain.bytes / 2, `${bytes} of ${plain.bytes} bytes`);
  }
});

test('load --compress and seal --gzip', async () => {
  await using rig = await startRig();
  await using recorder = await startRecorder(rig.server.url);
  await writeFile(rig.path('jobs.csv'), CSV);
  const environment = { ROWFERRY_KEY: rig.token };
  const args = ['load', rig.path('jobs.csv'), '--server', recorder.url, '--compress', '--json'];
  const loaded = await rowferry(rig.home, args, environment);
  assert.deepEqual([loaded.code, loaded.json[0]?.inserted], [0, ROWS.length], loaded.stderr);
  assert.ok(passed(recorder.bytes()).codings.has('gzip, aes128gcm'));

  const url = `${rig.server.url}/v1/tables/jobs/rows?mode=skip`;
  const sealing = ['seal', 'POST', url, '--body', 'jobs.csv', '--gzip', '--out', 'q', '--json'];
  const sealed = await rowferry(rig.home, sealing, environment);
  assert.equal(sealed.code, 0, sealed.stderr);
  const headers = new Headers(Object.entries(Object(sealed.json[0]?.headers)));
  assert.equal(headers.get('content-encoding'), 'gzip, aes128gcm');
  const body = new Uint8Array(await readFile(rig.path('q')));
  assert.ok(body.length < CSV.length / 2);
  const answer = await fetch(url, { method: 'POST', headers, body });
  assert.equal(answer.status, 200);
  assert.equal(Object(rig.query('SELECT count(*) AS n FROM jobs')[0]).n, ROWS.length);
});

test('bodies over 1 KiB, where it makes them smaller; streams never', async () => {
  const small = Buffer.alloc(1024, 'x');
  const large = Buffer.alloc(1025, 'x');
  const noise = randomBytes(4096);
  const compressed = async (body: Uint8Array) => (await pack(body, nodeGzip)).compressed;
  assert.deepEqual(
    [await compressed(small), await compressed(large), await compressed(noise)],
    [false, true, false],
  );
  assert.deepEqual(gunzipSync((await pack(large, nodeGzip)).body), large);
  assert.deepEqual(await pack(noise, nodeGzip), { body: noise, compressed: false });
  assert.deepEqual(await pack(large, null), { body: large, compressed: false });
  const passing = { length: 5000, open: () => Readable.from([large]) };
  assert.deepEqual(await pack(passing, nodeGzip), { body: passing, compressed: false });
  assert.deepEqual(await pack(undefined, nodeGzip), { body: undefined, compressed: false });
});
