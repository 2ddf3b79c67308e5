import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PartReader } from '../../src/client/part-reader.ts';
import type { Source } from '../../src/client/source.ts';
import { RowferryError } from '../../src/errors.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';

const CONTENT = Buffer.from('one,1\ntwo,2\nthree,3\nfour,4\nfive,5\nsix,6\n');
const FIRST = { firstByte: 0, mostBytes: 15, dialect: DEFAULT_DIALECT };
const SECOND = { ...FIRST, firstByte: 12 };

/** A content in memory that counts how often it is read, and can change or fail. */
function open() {
  const seen = { reads: [] as number[], changed: false, broken: false };
  const file: Source = {
    path: 'a.csv',
    name: 'a.csv',
    size: CONTENT.length,
    newHash: () => assert.fail('nothing is hashed'),
    async readAt(position, buffer) {
      seen.reads.push(position);
      if (seen.broken) throw new RowferryError('file-unreadable', 'the disk is gone');
      return CONTENT.copy(buffer, 0, position);
    },
    async assertUnchanged() {
      if (seen.changed) throw new RowferryError('file-changed', 'it changed');
    },
    close: async () => {},
  };
  return { reader: new PartReader(file), seen };
}

const textOf = ({ firstByte, endByte, buffer }: Awaited<ReturnType<PartReader['read']>>): string =>
  Buffer.from(buffer.subarray(0, endByte - firstByte)).toString();

test('a part that was read ahead is not read again', async () => {
  const { reader, seen } = open();
  reader.readAhead(FIRST);
  assert.equal(textOf(await reader.read(FIRST)), 'one,1\ntwo,2\n');
  reader.readAhead(SECOND);
  assert.equal(textOf(await reader.read(SECOND)), 'three,3\nfour,4\n');
  assert.deepEqual(seen.reads, [0, 12]);
});

test('whether there is a header, which the first answer tells, changes no cut', async () => {
  const { reader, seen } = open();
  reader.readAhead(SECOND);
  await reader.read({ ...SECOND, dialect: { ...DEFAULT_DIALECT, header: false } });
  assert.deepEqual(seen.reads, [12]);
});

test('a part that was read ahead may be smaller than is asked for by now', async () => {
  const { reader, seen } = open();
  reader.readAhead(FIRST);
  assert.equal(textOf(await reader.read({ ...FIRST, mostBytes: 30 })), 'one,1\ntwo,2\n');
  assert.deepEqual(seen.reads, [0]);
});

test('what is asked for otherwise than it was read ahead is read as it is asked for', async () => {
  const others = [
    { ...FIRST, firstByte: 6 },
    { ...FIRST, mostBytes: 10 },
    { ...FIRST, dialect: { ...DEFAULT_DIALECT, quoteChar: 'o' } },
  ];
  for (const other of others) {
    const { reader } = open();
    reader.readAhead(FIRST);
    const { reader: anew } = open();
    assert.equal(textOf(await reader.read(other)), textOf(await anew.read(other)));
  }
});

test('a part is read into the memory of one that was given back', async () => {
  const { reader } = open();
  const { buffer } = await reader.read(FIRST);
  reader.giveBack(buffer);
  reader.readAhead(SECOND);
  assert.equal((await reader.read(SECOND)).buffer, buffer);
});

test('a file that changed after its last part was read ahead is told before that part goes', async () => {
  const { reader, seen } = open();
  const last = { ...FIRST, firstByte: 27 };
  reader.readAhead(last);
  seen.changed = true;
  await assert.rejects(reader.read(last), { code: 'file-changed' });
});

test('what goes wrong ahead is told when the part is asked for, and to nobody where it never is', async () => {
  const { reader, seen } = open();
  seen.broken = true;
  reader.readAhead(FIRST);
  await assert.rejects(reader.read(FIRST), { code: 'file-unreadable' });
  reader.readAhead(FIRST);
  await new Promise((resolve) => setImmediate(resolve));
  seen.broken = false;
  assert.equal(textOf(await reader.read(SECOND)), 'three,3\nfour,4\n');
});

test('behind the end nothing is read ahead', () => {
  const { reader, seen } = open();
  reader.readAhead({ ...FIRST, firstByte: CONTENT.length });
  assert.deepEqual(seen.reads, []);
});
