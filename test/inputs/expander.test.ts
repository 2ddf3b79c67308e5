import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { RowferryError } from '../../src/errors.ts';
import { Expander } from '../../src/inputs/expander.ts';
import { inputsOf } from '../../src/inputs/find-inputs.ts';
import type { ExpansionLimits } from '../../src/inputs/input.ts';
import { leftIn, makeFolder, pythonZip } from './packed.ts';

const LIMITS: ExpansionLimits = { maxExpandedBytes: 1 << 30, maxExpansion: 250 };
const ROWS = 'id,job\n1,Baker\n2,"Cook\nand baker"\n';

interface Expanded {
  readonly label: string;
  readonly content: string;
}

/** What a file holds; the spool is looked at as well: private, hashed, and gone at the end. */
async function expand(home: string, path: string, limits = LIMITS): Promise<Expanded[]> {
  const { inputs } = await inputsOf(path);
  const expanded: Expanded[] = [];
  {
    await using expander = new Expander(home, limits, inputs);
    for (const input of inputs) {
      const content = await expander.open(input);
      const bytes = readFileSync(content.path);
      expanded.push({ label: input.label.slice(path.length), content: bytes.toString('latin1') });
      if (content.path === path) continue;
      assert.equal(statSync(content.path).mode & 0o777, 0o600);
      assert.equal(content.sha256, createHash('sha256').update(bytes).digest('hex'));
    }
  }
  assert.deepEqual(leftIn(home), []);
  return expanded;
}

function write(t: TestContext, name: string, content: string | Uint8Array): readonly [string, string] {
  const folder = makeFolder(t);
  writeFileSync(join(folder, name), content);
  return [folder, join(folder, name)];
}

const gzip = gzipSync(ROWS);
const zstd = zstdCompressSync(ROWS);
/** RFC 8878, 3.1.2: to be passed over. */
const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);

const WHOLE: Readonly<Record<string, readonly [name: string, bytes: Buffer, content: string]>> = {
  'a plain file': ['jobs.csv', Buffer.from(ROWS), ROWS],
  'gzip of several members': ['jobs.csv.gz', Buffer.concat([gzip, gzipSync(''), gzip]), ROWS + ROWS],
  'gzip and zeros': ['jobs.csv.gz', Buffer.concat([gzip, Buffer.alloc(1000)]), ROWS],
  'gzip under the name of a CSV file': ['jobs.csv', gzip, ROWS],
  'gzip of nothing': ['jobs.csv.gz', gzipSync(''), ''],
  'zstd of several frames': ['jobs.csv.zst', Buffer.concat([zstd, zstd]), ROWS + ROWS],
  'zstd with skippable frames': [
    'jobs.csv.zst',
    Buffer.concat([skippable, zstd, skippable, zstd, skippable]),
    ROWS + ROWS,
  ],
};
for (const [what, [name, bytes, content]] of Object.entries(WHOLE)) {
  test(what, async (t) => {
    const [home, path] = write(t, name, bytes);
    assert.deepEqual(await expand(home, path), [{ label: '', content }]);
  });
}

for (const [command, ending] of [
  ['gzip', 'gz'],
  ['zstd', 'zst'],
]) {
  test(`what ${command} wrote, over many chunks`, async (t) => {
    const rows = Array.from({ length: 200_000 }, (_, id) => `${id},${id ** 3 % 99991}\n`).join('');
    const [home, path] = write(t, 'jobs.csv', rows);
    execFileSync(String(command), ['-q', path]);
    const [{ content } = { content: '' }] = await expand(home, `${path}.${ending}`);
    assert.ok(content === rows);
  });
}

const xz = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 1, 2]);
const tar = Buffer.concat([Buffer.alloc(257), Buffer.from('ustar\x0000'), Buffer.alloc(300)]);
const REFUSED: Readonly<Record<string, readonly [name: string, bytes: Buffer, says: RegExp]>> = {
  'gzip that ends too early': [
    'a.csv.gz',
    gzip.subarray(0, -6),
    /a\.csv\.gz cannot be read as gzip: it ends too early/,
  ],
  'gzip whose second member is cut': [
    'a.csv.gz',
    Buffer.concat([gzip, gzip.subarray(0, 20)]),
    /it ends too early/,
  ],
  'gzip with another CRC-32': ['a.csv.gz', flipped(gzip, gzip.length - 8), /gzip: it is damaged/],
  'gzip followed by text': [
    'a.csv.gz',
    Buffer.concat([gzip, Buffer.from('3,Pilot\n')]),
    /damaged|something else/,
  ],
  'gzip followed by zeros and text': [
    'a.csv.gz',
    Buffer.concat([gzip, Buffer.alloc(9), Buffer.from('3,Pilot\n')]),
    /something else follows its end/,
  ],
  'zstd that ends too early': ['a.csv.zst', zstd.subarray(0, -2), /zstd: it ends too early/],
  'zstd that was changed': ['a.csv.zst', flipped(zstd, 5), /cannot be read as zstd/],
  'zstd followed by text': ['a.csv.zst', Buffer.concat([zstd, Buffer.from('3,Pilot\n')]), /something else/],
  'a text named .gz': ['a.csv.gz', Buffer.from(ROWS), /holds something else; by its name it is gzip/],
  'nothing named .zst': ['a.csv.zst', Buffer.alloc(0), /is empty; by its name it is zstd/],
  'gzip in gzip': ['a.csv.gz', gzipSync(gzip), /holds gzip within what is packed already/],
  'tar in gzip': ['a.tar.gz', gzipSync(tar), /the content of .*a\.tar\.gz is a tar archive/],
  xz: ['a.csv.xz', xz, /is an xz file; expected CSV/],
  bzip2: ['a.csv.bz2', Buffer.from('BZh91AY&SY\x00\x01'), /is a bzip2 file/],
};
for (const [what, [name, bytes, says]] of Object.entries(REFUSED)) {
  test(`refused: ${what}`, async (t) => {
    const [home, path] = write(t, name, bytes);
    await assert.rejects(expand(home, path), (error) => {
      assert.ok(error instanceof RowferryError, String(error));
      assert.equal(error.code, 'file-unreadable');
      assert.match(error.message, says);
      assert.ok(error.hint);
      return true;
    });
    assert.deepEqual(leftIn(home), []);
  });
}

function flipped(bytes: Buffer, at: number): Buffer {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ 0xff;
  return changed;
}

test('zstd that wants a window of 1 GiB is refused, with the command that unpacks it', async (t) => {
  const [home, path] = write(t, 'a.csv', ROWS);
  // From a pipe: of a known size zstd would take a smaller window.
  execFileSync('sh', ['-c', 'cat "$1" | zstd -q --ultra --long=30 -o "$1.zst"', 'sh', path]);
  await assert.rejects(expand(home, `${path}.zst`), /wants a zstd window of more than 128 MiB/);
});

const zeros = Buffer.alloc(80 << 20);
const BOMBS: Readonly<Record<string, (folder: string) => string>> = {
  gzip: (folder) => written(join(folder, 'a.csv.gz'), gzipSync(zeros)),
  zstd: (folder) => written(join(folder, 'a.csv.zst'), zstdCompressSync(zeros)),
  'a zip member': (folder) => pythonZip(join(folder, 'a.zip'), [{ name: 'a.csv', content: zeros }]),
};
for (const [what, make] of Object.entries(BOMBS)) {
  test(`a bomb in ${what}: by its ratio, by its size`, async (t) => {
    const home = makeFolder(t);
    const path = make(home);
    const rejects = (limits: ExpansionLimits, message: RegExp) =>
      assert.rejects(expand(home, path, limits), { code: 'file-too-large', message });
    await rejects(LIMITS, /expands to more than 250 times its \d+ bytes; nothing of it was loaded/);
    await rejects({ maxExpandedBytes: 1 << 20, maxExpansion: 1e9 }, /expands to more than 1048576 bytes/);
    assert.deepEqual(leftIn(home), []);
    const [{ content } = { content: '' }] = await expand(home, path, { ...LIMITS, maxExpansion: 1e9 });
    assert.equal(content.length, zeros.length);
  });
}

test('the members of an archive share one limit', async (t) => {
  const home = makeFolder(t);
  const members = ['a.csv', 'b.csv', 'c.csv'].map((name) => ({ name, content: 'x'.repeat(1000) }));
  const path = pythonZip(join(home, 'a.zip'), members);
  await assert.rejects(expand(home, path, { ...LIMITS, maxExpandedBytes: 2500 }), { code: 'file-too-large' });
  assert.equal((await expand(home, path, { ...LIMITS, maxExpandedBytes: 3000 })).length, 3);
});

function written(path: string, content: Buffer): string {
  writeFileSync(path, content);
  return path;
}

test('stopped on the way nothing is left, and what stopped it is thrown', async (t) => {
  const home = makeFolder(t);
  const rows = Array.from({ length: 400_000 }, (_, id) => `${id},${id ** 3 % 99991}\n`).join('');
  const packed = [
    written(join(home, 'a.csv.gz'), gzipSync(rows)),
    pythonZip(join(home, 'a.zip'), [{ name: 'a.csv', content: rows }]),
  ];
  for (const path of packed) {
    const { inputs } = await inputsOf(path);
    const reason = new Error('stopped by SIGINT');
    const controller = new AbortController();
    await using expander = new Expander(home, LIMITS, inputs);
    for (const input of inputs) {
      const onProgress = () => controller.abort(reason);
      await assert.rejects(expander.open(input, { signal: controller.signal, onProgress }), reason);
    }
    assert.deepEqual(
      leftIn(home).filter((name) => name.endsWith('.spool')),
      [],
    );
  }
});

test('a file cut while it waited is found out', async (t) => {
  const home = makeFolder(t);
  const path = written(join(home, 'a.csv.gz'), gzipSync(ROWS));
  const { inputs } = await inputsOf(path);
  truncateSync(path, 20);
  await using expander = new Expander(home, LIMITS, inputs);
  for (const input of inputs) await assert.rejects(expander.open(input), /ends too early/);
});
