import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { AgeSink } from '../../src/age/age-sink.ts';
import { checkRecipients, fileKeyOf, makeHeader } from '../../src/age/header.ts';
import { CHUNK_BYTES, PAYLOAD_NONCE_BYTES, SEALED_CHUNK_BYTES } from '../../src/age/payload.ts';
import { RowferryError } from '../../src/errors.ts';
import { sinkOf } from '../../src/lib/byte-file.ts';
import { coded } from '../backup/fixture.ts';
import { makeFolder, makeKeys, openFile, sealFile } from './fixture.ts';

/** Around the edges of chunks, and of the batches in which they are written. */
const EDGES = [0, 1, CHUNK_BYTES, 2 * CHUNK_BYTES, 16 * CHUNK_BYTES, 17 * CHUNK_BYTES, 33 * CHUNK_BYTES];
const LENGTHS = [...new Set(EDGES.flatMap((edge) => [edge - 1, edge, edge + 1]))].filter((each) => each >= 0);

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

test("what is sealed is opened again, and by Debian's age, at the edges of chunks", async (t) => {
  const folder = makeFolder(t);
  const keys = await makeKeys();
  const other = await makeKeys();
  await writeFile(join(folder, 'key.txt'), `# recovery\n${other.identity}\n`);
  const path = join(folder, 'x.age');
  for (const length of LENGTHS) {
    const plain = randomBytes(length);
    const held = length % 3 === 0 ? 0 : 100_000;
    const { bytes, header } = await sealFile(path, plain, [keys.recipient, other.recipient], { held });
    const key = await fileKeyOf(header.bytes, [keys.identity]);
    assert.deepEqual(key, header.fileKey);
    const opened = await openFile(path, key);
    assert.equal(sha256(opened.plain), sha256(plain), `${length} bytes`);
    assert.equal(opened.size, length);
    assert.equal(opened.sha256, sha256(bytes), 'of the file itself');
    const age = spawnSync('age', ['-d', '-i', join(folder, 'key.txt'), path], { maxBuffer: 1 << 24 });
    assert.equal(age.status, 0, age.stderr.toString());
    assert.equal(sha256(age.stdout), sha256(plain), `${length} bytes by age`);
  }
});

test("what Debian's age sealed is opened", async (t) => {
  const folder = makeFolder(t);
  const { identity, recipient } = await makeKeys();
  const plain = randomBytes(200_000);
  await writeFile(join(folder, 'plain'), plain);
  const path = join(folder, 'x.age');
  const age = spawnSync('age', ['-r', recipient, '-o', path, join(folder, 'plain')]);
  assert.equal(age.status, 0, age.stderr.toString());
  const opened = await openFile(path, await fileKeyOf(await readFile(path), [identity]));
  assert.deepEqual(opened.plain, plain);
});

test('the start can be written again until the end, and nothing of it stands in the file before', async (t) => {
  const path = join(makeFolder(t), 'x.age');
  const { recipient } = await makeKeys();
  const header = await makeHeader([recipient]);
  const file = await open(path, 'w');
  const sink = new AgeSink(sinkOf(file), header, 1 << 20);
  const plain = Buffer.alloc(3 << 20, 'the plain text');
  await sink.write(plain.subarray(0, 1000), 0);
  for (let at = 1000; at < plain.length; at += 77_777) await sink.write(plain.subarray(at, at + 77_777), at);
  const early = await readFile(path);
  assert.ok(early.length > 1 << 20 && early.subarray(0, 1 << 20).every((byte) => byte === 0));
  const late = Buffer.from('written last');
  await sink.write(late, 20);
  await assert.rejects(sink.write(late, 2 << 20), TypeError, 'sealed already');
  await sink.finish();
  await file.close();
  late.copy(plain, 20);
  assert.deepEqual((await openFile(path, header.fileKey)).plain, plain);
  assert.equal((await readFile(path)).indexOf('the plain'), -1);
});

test('a file cut at the end of each chunk and one byte around it is truncated, and says so', async (t) => {
  const folder = makeFolder(t);
  const { recipient } = await makeKeys();
  const plain = randomBytes(5 * CHUNK_BYTES + 100);
  const { bytes, header } = await sealFile(join(folder, 'x.age'), plain, [recipient]);
  const start = header.bytes.length + PAYLOAD_NONCE_BYTES;
  const ends = [0, 1, 2, 3, 4, 5].map((chunk) => start + chunk * SEALED_CHUNK_BYTES);
  const path = join(folder, 'cut.age');
  for (const end of [header.bytes.length, ...ends, bytes.length]) {
    for (const size of [end - 1, end, end + 1].filter((each) => each < bytes.length)) {
      await writeFile(path, bytes.subarray(0, size));
      let seen = 0;
      const opened = openFile(path, header.fileKey, (part) => {
        assert.deepEqual(part, plain.subarray(seen, seen + part.length));
        seen += part.length;
      });
      await assert.rejects(
        opened,
        (error) => {
          assert.ok(error instanceof RowferryError);
          const codes = ends.includes(size) ? ['backup-truncated'] : ['backup-truncated', 'backup-checksum'];
          return codes.includes(error.code);
        },
        `cut at ${size}`,
      );
    }
  }
});

test('single bits flipped over header and payload: none accepted, and no byte of a changed chunk is given', async (t) => {
  const folder = makeFolder(t);
  const [one, two] = [await makeKeys(), await makeKeys()];
  const seal = (length: number) =>
    sealFile(join(folder, 'x.age'), randomBytes(length), [one.recipient, two.recipient]);
  const small = await seal(300);
  const large = await seal(CHUNK_BYTES + 500);
  const every = Array.from({ length: small.bytes.length * 8 }, (_, bit) => bit);
  const spread = Array.from({ length: 400 }, (_, flip) => (flip * 7919 * 131) % (large.bytes.length * 8));
  const path = join(folder, 'flipped.age');
  let given = 0;
  for (const [{ bytes, header }, bits] of [
    [small, every],
    [large, spread],
  ] as const) {
    for (const bit of bits) {
      const damaged = Buffer.from(bytes);
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      await writeFile(path, damaged);
      const isFirst = bit >> 3 < header.bytes.length + PAYLOAD_NONCE_BYTES + SEALED_CHUNK_BYTES;
      const opened = openFile(path, header.fileKey, () => {
        given += isFirst ? 1 : 0;
      });
      await assert.rejects(opened, RowferryError, `bit ${bit & 7} of byte ${bit >> 3} of ${bytes.length}`);
    }
  }
  assert.equal(given, 0);
});

test('chunks doubled, dropped, swapped, or with more behind the last: refused', async (t) => {
  const folder = makeFolder(t);
  const { recipient } = await makeKeys();
  const plain = randomBytes(3 * CHUNK_BYTES);
  const { bytes, header } = await sealFile(join(folder, 'x.age'), plain, [recipient]);
  const start = header.bytes.length + PAYLOAD_NONCE_BYTES;
  const head = bytes.subarray(0, start);
  const chunk = (index: number): Buffer =>
    bytes.subarray(start + index * SEALED_CHUNK_BYTES, start + (index + 1) * SEALED_CHUNK_BYTES);
  const path = join(folder, 'forged.age');
  const forgeries = [
    [chunk(0), chunk(0), chunk(1), chunk(2)],
    [chunk(0), chunk(2)],
    [chunk(1), chunk(0), chunk(2)],
    [chunk(0), chunk(1), chunk(2), chunk(2)],
    [chunk(0), chunk(1), chunk(2), randomBytes(16)],
  ];
  for (const parts of forgeries) {
    await writeFile(path, Buffer.concat([head, ...parts]));
    await assert.rejects(openFile(path, header.fileKey), RowferryError);
  }
});

test('another identity, no identity and what is none: told apart from damage, and never quoted', async (t) => {
  const folder = makeFolder(t);
  const keys = await makeKeys();
  const stranger = await makeKeys();
  const path = join(folder, 'x.age');
  const { header } = await sealFile(path, Buffer.from('x'), [keys.recipient]);
  await assert.rejects(openFile(path, null), coded('backup-no-key', 'no key for it'));
  await assert.rejects(openFile(path, randomBytes(16)), coded('backup-checksum'));
  await assert.rejects(
    fileKeyOf(header.bytes, [stranger.identity]),
    coded('backup-no-key', 'not for this identity'),
  );
  const mistyped = `${keys.identity.slice(0, -1)}${keys.identity.endsWith('Q') ? 'P' : 'Q'}`;
  await assert.rejects(fileKeyOf(header.bytes, [mistyped]), (error) => {
    assert.ok(error instanceof RowferryError && error.code === 'backup-no-key');
    assert.ok(!inspect(error).includes(mistyped));
    return true;
  });
  await checkRecipients([keys.recipient]);
  for (const none of [
    keys.identity,
    'age1',
    keys.recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')),
  ]) {
    await assert.rejects(checkRecipients([keys.recipient, none]), (error) => {
      assert.ok(error instanceof RowferryError && error.code === 'config-invalid');
      return !error.detail.includes('SECRET');
    });
  }
});
