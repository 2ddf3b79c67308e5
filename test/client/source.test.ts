import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { sha256Of } from '../../src/client/source.ts';
import { SourceFile } from '../../src/client/source-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'rowferry-source-'));
after(() => rmSync(folder, { recursive: true }));

const MIB = 1 << 20;

for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 3 * MIB + 12345]) {
  test(`the SHA-256 of ${size} bytes, whatever pieces they are read in`, async () => {
    const content = randomBytes(size);
    const path = join(folder, `${size}`);
    writeFileSync(path, content);
    const file = await SourceFile.open(path);
    const read: number[] = [];
    const hash = await sha256Of(file, (bytes) => read.push(bytes));
    await file.close();
    assert.equal(hash, createHash('sha256').update(content).digest('hex'));
    assert.equal(read.at(-1) ?? 0, size);
  });
}

test('a signal ends it between two pieces', async () => {
  const path = join(folder, 'stopped');
  writeFileSync(path, randomBytes(3 * MIB));
  const file = await SourceFile.open(path);
  const stop = new AbortController();
  const stopped = sha256Of(file, () => stop.abort(new Error('enough')), stop.signal);
  await assert.rejects(stopped, { message: 'enough' });
  await file.close();
});
