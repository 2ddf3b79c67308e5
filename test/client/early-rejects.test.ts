import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { EarlyRejects } from '../../src/client/early-rejects.ts';
import type { Load, PartReceipt } from '../../src/model/receipt.ts';
import type { RejectDocument } from '../../src/model/reject.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-early-rejects-'));
});
after(() => rm(folder, { recursive: true }));

const LOAD: Load = {
  id: '01LOAD',
  table: 'jobs',
  name: 'jobs.csv',
  state: 'receiving',
  size: 100,
  offset: 0,
  sha256: '00',
  mode: 'insert',
  atomic: false,
  maxRejects: null,
  dialect: null,
  columns: null,
  reasons: [],
  strategy: null,
  detail: null,
  parent: null,
  schema: null,
  createdAt: '',
  updatedAt: '',
  ...{ read: 0, inserted: 0, updated: 0, skipped: 0, rejected: 0 },
};

function receipt(...indexes: readonly number[]): PartReceipt {
  const rejects = indexes.map((index): RejectDocument => {
    const error = { code: 'missing', column: 'job', value: null, message: 'job is empty' } as const;
    return { index, line: index + 1, byteOffset: index * 10, raw: `${index},`, errors: [error] };
  });
  const { read, inserted, updated, skipped, rejected } = LOAD;
  return { ...LOAD, part: { read, inserted, updated, skipped, rejected, firstByte: 0, endByte: 1 }, rejects };
}

/** Into `folder`/`name`/jobs. */
function earlyIn(name: string): EarlyRejects {
  return new EarlyRejects(({ id: load, table }) => {
    return { folder: join(folder, name), table, load, name: 'jobs.csv', headerFrom: null };
  });
}

test('the rejects of all parts, in their order', async () => {
  const early = earlyIn('all');
  await early.add(receipt(1, 4));
  await early.add(receipt());
  await early.add(receipt(7));
  const paths = await early.commit({ rejected: 3 });
  assert.equal(await readFile(paths?.records ?? '', 'utf8'), '1,\n4,\n7,\n');
  const reasons = (await readFile(paths?.reasons ?? '', 'utf8')).trimEnd().split('\r\n');
  assert.deepEqual(reasons.slice(1), [
    '2,10,job,,missing,job is empty',
    '5,40,job,,missing,job is empty',
    '8,70,job,,missing,job is empty',
  ]);
});

const INCOMPLETE: Readonly<Record<string, readonly (readonly number[])[]>> = {
  'of a load that went on': [[4], [7]],
  'of a part that was answered twice': [[1, 4], [4]],
  'of parts that were answered in another order': [[4, 7], [1]],
};
for (const [name, parts] of Object.entries(INCOMPLETE)) {
  test(`not those ${name}: nothing is left behind`, async () => {
    const early = earlyIn(name);
    for (const part of parts) await early.add(receipt(...part));
    assert.equal(await early.commit({ rejected: 3 }), null);
    assert.deepEqual(await readdir(join(folder, name, 'jobs')), []);
  });
}

test('none: there is nothing to write', async () => {
  assert.equal(await earlyIn('none').commit({ rejected: 2 }), null);
});

test('a load that ends early leaves nothing behind', async () => {
  const early = earlyIn('ends');
  await early.add(receipt(1));
  await early.discard();
  await early.add(receipt(2));
  assert.deepEqual(await readdir(join(folder, 'ends', 'jobs')), []);
});

test('a disk that does not take them does not stop the load', async () => {
  await writeFile(join(folder, 'no-folder'), '');
  const early = earlyIn('no-folder');
  await early.add(receipt(1));
  await early.add(receipt(2));
  assert.equal(await early.commit({ rejected: 2 }), null);
});
