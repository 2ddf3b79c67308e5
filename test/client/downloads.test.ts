import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { coded } from '../backup/fixture.ts';
import { type Rig, startRig } from './rig.ts';

const MIB = 1 << 20;
/** Some 6 MiB that do not pack: several records of an answer. */
const BLOBS = `CREATE TABLE blobs (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) INSERT INTO blobs SELECT i, randomblob(10000) FROM n`;

interface Cutter extends AsyncDisposable {
  readonly url: string;
  /** Where each request for a content began. */
  readonly offsets: number[];
}

/** Passes bytes on both ways, and cuts the connection after so many bytes of an answer with content; null: never. */
async function startCutter(target: string, bytesOf: (request: number) => number | null): Promise<Cutter> {
  const { hostname, port } = new URL(target);
  const offsets: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    let left: number | null = null;
    near.on('data', (bytes) => {
      const asked = /^GET \S*\/content(?:\?offset=(\d+))? /.exec(bytes.toString('latin1'));
      if (asked !== null) {
        left = bytesOf(offsets.length);
        offsets.push(Number(asked[1] ?? 0));
      }
      far.write(bytes);
    });
    far.on('data', (bytes: Buffer) => {
      const passed = left === null ? bytes : bytes.subarray(0, left);
      near.write(passed);
      if (left === null) return;
      left -= passed.length;
      if (left > 0) return;
      near.destroySoon();
      far.destroy();
    });
    near.on('close', () => far.destroy());
    far.on('close', () => near.end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  assert.ok(typeof address === 'object' && address !== null);
  return {
    url: `http://127.0.0.1:${address.port}`,
    offsets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function backUpBlobs(
  rig: Rig,
): Promise<{ readonly id: string; readonly content: Buffer; readonly file: string }> {
  rig.execute(BLOBS);
  const [backup] = await rig.client.backup(['blobs']);
  assert.ok(backup !== undefined && backup.bytes > 5 * MIB);
  const file = join(rig.home, backup.file);
  return { id: backup.id, content: readFileSync(file), file };
}

const through = (cutter: Cutter, rig: Rig): Rowferry =>
  new Rowferry({ url: cutter.url, key: rig.token, backoff: { baseMs: 5, capMs: 20 } });

test('a download that is cut again and again goes on where it stopped', async () => {
  await using rig = await startRig();
  const { id, content } = await backUpBlobs(rig);
  await using cutter = await startCutter(rig.server.url, () => 2.5 * MIB);
  const client = through(cutter, rig);
  const path = rig.path('blobs.avro');
  await client.download(id, path);
  client.close();
  assert.deepEqual(readFileSync(path), content);
  assert.ok(cutter.offsets.length >= 3, `${cutter.offsets}`);
  const steps = cutter.offsets.slice(1).map((offset, index) => offset - (cutter.offsets[index] ?? 0));
  assert.ok(
    steps.every((step) => step > 2 * MIB - 100),
    `each request begins where the last ended: ${cutter.offsets}`,
  );
  assert.equal(existsSync(`${path}.partial`), false);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('what came of a download that failed is kept, and the next one goes on behind it', async () => {
  await using rig = await startRig();
  const { id, content } = await backUpBlobs(rig);
  const path = rig.path('blobs.avro');
  {
    await using cutter = await startCutter(rig.server.url, (request) => (request === 0 ? 3.5 * MIB : 1000));
    const client = through(cutter, rig);
    await assert.rejects(client.download(id, path), coded('unreachable'));
    client.close();
  }
  assert.equal(existsSync(path), false);
  const came = statSync(`${path}.partial`).size;
  assert.ok(came > 2 * MIB && came < content.length, `${came} bytes`);
  await using cutter = await startCutter(rig.server.url, () => null);
  const client = through(cutter, rig);
  await client.download(id, path);
  client.close();
  assert.deepEqual(cutter.offsets, [came]);
  assert.deepEqual(readFileSync(path), content);
});

test('a partial file of something else, or one that is too long, is begun anew', async () => {
  await using rig = await startRig();
  const { id, content } = await backUpBlobs(rig);
  const path = rig.path('blobs.avro');
  for (const wrong of [
    Buffer.alloc(3 * MIB, 1),
    Buffer.alloc(content.length, 2),
    Buffer.alloc(content.length + 1),
  ]) {
    writeFileSync(`${path}.partial`, wrong);
    await rig.client.download(id, path);
    assert.deepEqual(readFileSync(path), content);
  }
  writeFileSync(`${path}.partial`, content);
  await rig.client.download(id, path);
  assert.deepEqual(readFileSync(path), content);
});

test('a file that is not the one of the list leaves nothing behind', async () => {
  await using rig = await startRig();
  const { id, content, file } = await backUpBlobs(rig);
  const path = rig.path('blobs.avro');
  const flipped = Buffer.from(content);
  flipped[4_000_000] = (flipped[4_000_000] ?? 0) ^ 1;
  writeFileSync(file, flipped);
  await assert.rejects(rig.client.download(id, path), coded('backup-checksum', 'SHA-256'));
  truncateSync(file, 1000);
  await assert.rejects(rig.client.download(id, path), coded('backup-truncated'));
  assert.equal(existsSync(path), false);
  assert.equal(existsSync(`${path}.partial`) && statSync(`${path}.partial`).size > 0, false);
});
