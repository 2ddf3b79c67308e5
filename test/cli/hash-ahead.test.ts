import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { hashAhead, hashedAhead } from '../../src/cli/hash-ahead.ts';
import { sha256Of } from '../../src/client/source.ts';
import { type HashedFile, SourceFile } from '../../src/client/source-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-ahead-'));
after(() => rmSync(folder, { recursive: true }));

const content = '0123456789abcde\n'.repeat(700_000);
const wanted = createHash('sha256').update(content).digest('hex');

function file(name: string, text = content): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const ignored = (): void => {};

/** The hash of a file by way of its source, and how much of it was read for that here. */
async function hashOf(path: string, hashed: (onRead: (bytes: number) => void) => Promise<HashedFile | null>) {
  const source = await SourceFile.open(path, { hashed });
  const read: number[] = [];
  try {
    return { sha256: await sha256Of(source, (bytes) => read.push(bytes)), read };
  } finally {
    await source.close();
  }
}

test('the first large file of load is hashed in a thread, and not read again for it', async () => {
  const large = file('large.csv');
  hashAhead(['load', '--table', 'jobs', file('small.csv', 'x\n'), large, file('second.csv')]);
  assert.equal(await hashedAhead(join(folder, 'second.csv'), ignored), null);
  assert.equal((await hashedAhead(large, ignored))?.sha256, wanted);
  const { sha256, read } = await hashOf(large, (onRead) => hashedAhead(large, onRead));
  assert.equal(sha256, wanted);
  assert.deepEqual(
    read.filter((bytes) => bytes > 0),
    [],
  );
});

test('a file that is another one by then is read', async () => {
  const path = file('changed.csv');
  hashAhead(['load', path]);
  const before = await hashedAhead(path, ignored);
  assert.equal(before?.sha256, wanted);
  appendFileSync(path, 'more\n');
  const { sha256, read } = await hashOf(path, async () => before);
  assert.equal(sha256, createHash('sha256').update(`${content}more\n`).digest('hex'));
  assert.ok(read.length > 5);
});

test('what is packed, small, no file or not to be loaded is left alone', async () => {
  for (const argv of [
    ['load', file('packed.csv.gz')],
    ['load', file('few.csv', 'x\n')],
    ['load', join(folder, 'nowhere.csv')],
    ['load', folder],
    ['check', file('checked.csv')],
    ['load'],
    [],
  ]) {
    hashAhead(argv);
    assert.equal(await hashedAhead(argv[1] ?? '', ignored), null, argv.join(' '));
  }
});

test('a file that can no longer be opened is left to the load', async () => {
  const path = file('gone.csv');
  hashAhead(['load', path]);
  rmSync(path);
  const found = await hashedAhead(path, ignored);
  assert.ok(found === null || found.sha256 === wanted, 'the thread may have been quicker');
});

test('waiting for it ends with the signal', async () => {
  const source = await SourceFile.open(file('waited.csv'), { hashed: () => new Promise(ignored) });
  const reason = new Error('stopped');
  const stop = new AbortController();
  setTimeout(() => stop.abort(reason), 20);
  await assert.rejects(sha256Of(source, undefined, stop.signal), reason);
  await source.close();
});
