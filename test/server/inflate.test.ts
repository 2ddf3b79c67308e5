import assert from 'node:assert/strict';
import { test } from 'node:test';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { RowferryError } from '../../src/errors.ts';
import type { Compression } from '../../src/server/content-coding.ts';
import { announcedContent, inflate, mostCompressed, mostInflated } from '../../src/server/inflate.ts';

const CONTENT = Buffer.from('1,Ann\n2,Bob\n3,Eve\n'.repeat(50));
const COMPRESS: Readonly<Record<Compression, (bytes: Uint8Array, level: number) => Buffer>> = {
  gzip: (bytes, level) => gzipSync(bytes, { level }),
  zstd: (bytes, level) =>
    zstdCompressSync(bytes, {
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    }),
};
const COMPRESSIONS: readonly Compression[] = ['gzip', 'zstd'];

async function inflated(chunks: readonly Uint8Array[], compression: Compression): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const chunk of inflate(chunks, compression)) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts);
}

/** Null: refused. */
async function attempt(chunks: readonly Uint8Array[], compression: Compression): Promise<Buffer | null> {
  try {
    return await inflated(chunks, compression);
  } catch (error) {
    assert.ok(error instanceof RowferryError && error.code === 'body-invalid', String(error));
    return null;
  }
}

/** Cut at these places. */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const edges = [0, ...places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((end, index) => bytes.subarray(edges[index], end));
}

test('any content, level, split into members and into chunks gives the content back', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...COMPRESSIONS),
      fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 200_000 })),
      fc.array(fc.nat(), { maxLength: 4 }),
      fc.array(fc.nat(), { maxLength: 8 }),
      fc.integer({ min: 1, max: 9 }),
      async (compression, content, members, chunks, level) => {
        const bytes = typeof content === 'number' ? Buffer.alloc(content, 'row\n') : Buffer.from(content);
        const body = Buffer.concat(cut(bytes, members).map((part) => COMPRESS[compression](part, level)));
        assert.ok(body.length <= mostCompressed(bytes.length));
        assert.ok(mostInflated(body.length, compression, Number.POSITIVE_INFINITY) >= bytes.length);
        assert.deepEqual(await inflated(cut(body, chunks), compression), bytes);
        if (members.length === 0)
          assert.equal(announcedContent(body, compression) ?? bytes.length, bytes.length);
      },
    ),
    { numRuns: 200 },
  );
});

test('cut at any byte, or followed by anything: refused', async () => {
  for (const compression of COMPRESSIONS) {
    const whole = COMPRESS[compression](CONTENT, 1);
    for (let length = 0; length < whole.length; length += 1) {
      assert.equal(await attempt([whole.subarray(0, length)], compression), null, `${compression} ${length}`);
    }
    for (const rest of ['\0', '\0'.repeat(100_000), 'x', '\n', 'xyzxyzxyzxyz']) {
      const tail = Buffer.from(rest);
      const what = `${compression} ${JSON.stringify(rest.slice(0, 9))}`;
      assert.equal(await attempt([Buffer.concat([whole, tail])], compression), null, what);
      assert.equal(await attempt([whole, tail], compression), null, `${what} in a chunk of its own`);
    }
  }
});

test('a flipped bit: refused, or without any effect on the content', async () => {
  const whole = gzipSync(CONTENT);
  const taken: number[] = [];
  for (let bit = 0; bit < whole.length * 8; bit += 1) {
    const changed = Buffer.from(whole);
    changed[bit >> 3] = (whole[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const found = await attempt([changed], 'gzip');
    if (found === null) continue;
    assert.deepEqual(found, CONTENT, `bit ${bit}`);
    taken.push(bit >> 3);
  }
  // RFC 1952, 2.3.1: a hint that it is text, the time, the level, the system; then the bits after the last block.
  const meaningless = new Set([3, 4, 5, 6, 7, 8, 9, whole.length - 9]);
  assert.deepEqual(
    taken.filter((byte) => !meaningless.has(byte)),
    [],
  );
});

test('a window of 8 MiB is taken, a larger one refused by its name', async () => {
  const content = Buffer.alloc(9 << 20, 'abc');
  const windowed = (log: number): Buffer =>
    zstdCompressSync(content, { params: { [constants.ZSTD_c_windowLog]: log } });
  assert.equal((await inflated([windowed(23)], 'zstd')).length, content.length);
  await assert.rejects(inflated([windowed(24)], 'zstd'), { code: 'body-invalid', message: /8388608 bytes/ });
});

test('no more is inflated than is asked for, and the source is closed', async () => {
  const member = gzipSync(Buffer.alloc(16 << 20));
  const source = { given: 0, closed: false };
  async function* endless(): AsyncGenerator<Uint8Array> {
    try {
      for (;;) {
        source.given += 1;
        yield member;
      }
    } finally {
      source.closed = true;
    }
  }
  let bytes = 0;
  for await (const chunk of inflate(endless(), 'gzip')) {
    assert.ok(chunk.length <= 65_536);
    bytes += chunk.length;
    if (bytes > 20 << 20) break;
  }
  assert.ok(source.given < 10, `${source.given} members were read`);
  for (const deadline = Date.now() + 20_000; !source.closed; await new Promise(setImmediate)) {
    assert.ok(Date.now() < deadline, 'the source was not closed');
  }
});

test('what the source throws comes through', async () => {
  const whole = gzipSync(CONTENT);
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield whole.subarray(0, 30);
    throw new RowferryError('seal-body-invalid', 'the sealed body cannot be opened');
  }
  await assert.rejects(
    async () => {
      for await (const _ of inflate(broken(), 'gzip'));
    },
    { code: 'seal-body-invalid' },
  );
});
