import assert from 'node:assert/strict';
import { createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { type FileHandle, open, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type TestContext, test } from 'node:test';
import { constants, deflateRawSync, zstdCompress, zstdCompressSync } from 'node:zlib';
import avsc from 'avsc';
import fc from 'fast-check';
import { ByteSource } from '../../src/avro/byte-source.ts';
import { ContainerWriter, encodeLong } from '../../src/avro/container.ts';
import { readBlocks, readHeader } from '../../src/avro/container-reader.ts';
import { MAX_BLOCK_BYTES, MAX_HEADER_BYTES, MAX_PACKED_BYTES } from '../../src/avro/limits.ts';
import { RowferryError } from '../../src/errors.ts';
import { inputOf, sinkOf } from '../../src/lib/byte-file.ts';
import { CODECS, type Codec } from '../../src/model/avro-options.ts';

const SCHEMA = '{"type":"record","name":"t","fields":[{"name":"a","type":"long"}]}';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'rowferry-avro-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function withFile<T>(path: string, flags: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Each block holds as many rows of one byte as it has bytes. */
async function write(path: string, blocks: readonly Buffer[], codec: Codec = 'deflate') {
  return withFile(path, 'w', async (file) => {
    const metadata = new Map([['rowferry.table', '"t"']]);
    const writer = await ContainerWriter.create(sinkOf(file), { schema: SCHEMA, codec, metadata });
    for (const block of blocks) {
      const own = Buffer.allocUnsafeSlow(block.length);
      block.copy(own);
      await writer.append(own, block.length);
    }
    return writer.finish();
  });
}

async function read(path: string): Promise<Buffer[]> {
  return withFile(path, 'r', async (file) => {
    const source = new ByteSource(inputOf(file));
    const header = await readHeader(source);
    assert.equal(header.metadata.get('avro.schema')?.toString(), SCHEMA);
    const blocks: Buffer[] = [];
    for await (const { rows, data } of readBlocks(source, header)) {
      assert.equal(rows, data.length);
      blocks.push(data);
    }
    return blocks;
  });
}

function hasCode(...codes: readonly string[]): (error: unknown) => boolean {
  return (error) => error instanceof RowferryError && codes.includes(error.code);
}

test('blocks come back as they were written, with each codec', async (t) => {
  const path = join(folder(t), 'a.avro');
  const blocks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(blocks, fc.constantFrom(...CODECS), async (written, codec) => {
      const buffers = written.map((bytes) => Buffer.from(bytes));
      const totals = await write(path, buffers, codec);
      assert.equal(totals.blocks, buffers.length);
      assert.deepEqual(await read(path), buffers);
    }),
    { numRuns: 40 },
  );
});

test('blocks around the size of a read come back', async (t) => {
  const path = join(folder(t), 'a.avro');
  for (const size of [(1 << 18) - 1, 1 << 18, (1 << 18) + 1, (1 << 20) + 7]) {
    const block = Buffer.alloc(size, 'rowferry');
    await write(path, [block, Buffer.from([1])], 'null');
    assert.ok((await read(path))[0]?.equals(block), `${size} bytes`);
  }
});

test('a file cut anywhere is an error, whatever it holds', async (t) => {
  const path = join(folder(t), 'a.avro');
  await write(path, [Buffer.from('abc'), Buffer.from('defg')]);
  const whole = await readFile(path);
  const sync = whole.subarray(-16);
  const ends = [whole.indexOf(sync) + 16, whole.indexOf(sync, whole.indexOf(sync) + 1) + 16];
  for (let size = 0; size < whole.length; size++) {
    await writeFile(path, whole.subarray(0, size));
    // A cut right after a sync marker is a whole container; only the facts of a backup tell.
    if (ends.includes(size)) continue;
    await assert.rejects(read(path), hasCode('backup-truncated'), `${size} bytes`);
  }
  assert.equal(ends.length, 2);
});

test('bytes after the last block are an error', async (t) => {
  const path = join(folder(t), 'a.avro');
  await write(path, [Buffer.from('abc')]);
  await writeFile(path, Buffer.concat([await readFile(path), Buffer.from([0])]));
  await assert.rejects(read(path), hasCode('backup-checksum', 'backup-truncated'));
});

/** A container whose first block says what it likes. */
function forged(rows: number, length: number, data: Buffer, codec = 'deflate'): Buffer {
  const sync = Buffer.alloc(16, 9);
  const text = (value: string): Buffer => Buffer.concat([encodeLong(value.length), Buffer.from(value)]);
  const pairs = [text('avro.schema'), text(SCHEMA), text('avro.codec'), text(codec)];
  const header = Buffer.concat([
    Buffer.from('Obj\x01', 'latin1'),
    encodeLong(2),
    ...pairs,
    encodeLong(0),
    sync,
  ]);
  return Buffer.concat([header, encodeLong(rows), encodeLong(length), data, sync]);
}

test('bombs and lying counts are refused before they cost memory', async (t) => {
  const path = join(folder(t), 'a.avro');
  const data = deflateRawSync(Buffer.from('abc'));
  const bomb = deflateRawSync(Buffer.alloc(MAX_BLOCK_BYTES + 1));
  const [zstandard, zstdBomb] = [
    zstdCompressSync(Buffer.from('abc')),
    zstdCompressSync(Buffer.alloc(MAX_BLOCK_BYTES + 1)),
  ];
  const wide = zstdCompressSync(Buffer.alloc((16 << 20) + 1), {
    params: { [constants.ZSTD_c_windowLog]: 24 },
  });
  const cases: ReadonlyArray<readonly [string, Buffer]> = [
    ['2^31 rows in 3 bytes', forged(2 ** 31, data.length, data)],
    ['more rows than bytes', forged(4, data.length, data)],
    ['no rows', forged(0, data.length, data)],
    ['a length of 0', forged(1, 0, Buffer.alloc(0))],
    ['a length beyond the limit', forged(1, MAX_PACKED_BYTES + 1, data)],
    ['a block that inflates beyond the limit', forged(1, bomb.length, bomb)],
    ['not deflate', forged(1, 3, Buffer.from([7, 7, 7]))],
    ['zstandard beyond the limit', forged(1, zstdBomb.length, zstdBomb, 'zstandard')],
    ['zstandard of a window of 16 MiB', forged(1, wide.length, wide, 'zstandard')],
    ['zstandard cut short', forged(1, zstandard.length - 1, zstandard.subarray(0, -1), 'zstandard')],
    ['not zstandard', forged(1, 3, Buffer.from([7, 7, 7]), 'zstandard')],
    ['another sync marker', Buffer.concat([forged(3, data.length, data).subarray(0, -1), Buffer.from([8])])],
  ];
  for (const sound of [forged(3, data.length, data), forged(3, zstandard.length, zstandard, 'zstandard')]) {
    await writeFile(path, sound);
    assert.deepEqual(await read(path), [Buffer.from('abc')]);
  }
  const before = process.memoryUsage().rss;
  for (const [what, bytes] of cases) {
    await writeFile(path, bytes);
    await assert.rejects(read(path), hasCode('backup-checksum', 'backup-truncated'), what);
  }
  assert.ok(process.memoryUsage().rss - before < 200 << 20);
});

test('what is no container, and headers beyond the limit, are refused', async (t) => {
  const path = join(folder(t), 'a.avro');
  const magic = Buffer.from('Obj\x01', 'latin1');
  const name = Buffer.concat([encodeLong(1), Buffer.from('a')]);
  const cases: ReadonlyArray<readonly [string, Buffer]> = [
    ['text', Buffer.from('id,name\n1,Ann\n')],
    ['snappy', forged(1, 1, Buffer.from([1]), 'snappy')],
    ['a header too large', Buffer.concat([magic, encodeLong(1), name, encodeLong(MAX_HEADER_BYTES)])],
    ['a negative length', Buffer.concat([magic, encodeLong(1), Buffer.from([1])])],
    ['2^27 entries', Buffer.concat([magic, encodeLong(2 ** 27), Buffer.alloc(MAX_HEADER_BYTES)])],
    ['empty groups', Buffer.concat([magic, encodeLong(1), encodeLong(2 ** 30)])],
    ['a count without end', Buffer.concat([magic, Buffer.alloc(20, 255)])],
  ];
  for (const [what, bytes] of cases) {
    await writeFile(path, bytes);
    await assert.rejects(read(path), hasCode('backup-invalid'), what);
  }
});

test('a header beyond the limit is not written', async (t) => {
  const metadata = new Map([['rowferry.table', 'x'.repeat(MAX_HEADER_BYTES)]]);
  await assert.rejects(
    withFile(join(folder(t), 'a.avro'), 'w', (file) =>
      ContainerWriter.create(sinkOf(file), { schema: SCHEMA, codec: 'null', metadata }),
    ),
    hasCode('table-unsupported'),
  );
});

test('a block that packs badly is refused when it is written, not when it is needed', async (t) => {
  const path = join(folder(t), 'a.avro');
  await assert.rejects(
    write(path, [Buffer.alloc(MAX_PACKED_BYTES + 1)], 'null'),
    hasCode('table-unsupported'),
  );
});

/** As avsc takes a codec that it does not have. */
const packZstandard = (block: Buffer, done: (error: Error | null, packed: Buffer) => void) =>
  zstdCompress(block, done);

test("avsc's containers are read", async (t) => {
  const path = join(folder(t), 'a.avro');
  const rows = Array.from({ length: 50 }, (_, a) => ({ a: a % 60 }));
  for (const codec of CODECS) {
    const codecs = codec === 'zstandard' ? { codecs: { zstandard: packZstandard } } : {};
    const encoder = new avsc.streams.BlockEncoder(JSON.parse(SCHEMA), { codec, ...codecs });
    await pipeline(Readable.from(rows), encoder, createWriteStream(path));
    const expected = Buffer.from(rows.map(({ a }) => a * 2));
    await withFile(path, 'r', async (file) => {
      const source = new ByteSource(inputOf(file));
      const header = await readHeader(source);
      const blocks: Buffer[] = [];
      for await (const { data } of readBlocks(source, header)) blocks.push(data);
      assert.deepEqual(Buffer.concat(blocks), expected);
    });
  }
});
