import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openAtomic, sweepTemporaries, writeAtomic } from '../../src/lib/atomic-file.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rowferry-atomic-'));
});
after(() => rm(folder, { recursive: true }));

test('the file is there whole, in a folder made for it', async () => {
  const path = join(folder, 'made', 'here.csv');
  await writeAtomic(path, async (file) => {
    await file.write('one\n');
    assert.deepEqual((await readdir(join(folder, 'made'))).includes('here.csv'), false);
    await file.write('two\n');
  });
  assert.equal(await readFile(path, 'utf8'), 'one\ntwo\n');
  assert.deepEqual(await readdir(join(folder, 'made')), ['here.csv']);
});

test('a failure leaves the older file as it was, and nothing else', async () => {
  const path = join(folder, 'kept', 'old.csv');
  await writeAtomic(path, async (file) => void (await file.write('old')));
  await assert.rejects(
    writeAtomic(path, async (file) => {
      await file.write('half of the n');
      throw new Error('disk full');
    }),
    /disk full/,
  );
  assert.equal(await readFile(path, 'utf8'), 'old');
  assert.deepEqual(await readdir(join(folder, 'kept')), ['old.csv']);
});

test('a folder that cannot be made is an error, not a file elsewhere', async () => {
  await writeFile(join(folder, 'file'), '');
  await assert.rejects(
    writeAtomic(join(folder, 'file', 'x.csv'), async () => {}),
    { syscall: 'mkdir' },
  );
});

test('a place that cannot be taken leaves nothing beside it', async () => {
  const path = join(folder, 'taken', 'by-a-folder');
  await mkdir(path, { recursive: true });
  await assert.rejects(
    writeAtomic(path, async () => {}),
    { syscall: 'rename' },
  );
  assert.deepEqual(await readdir(join(folder, 'taken')), ['by-a-folder']);
});

test('what a killed process left is swept after a day, and nothing else', async () => {
  const root = join(folder, 'swept');
  const below = join(root, 'jobs');
  await mkdir(below, { recursive: true });
  const living = await openAtomic(join(below, 'living.csv'));
  const killed = await openAtomic(join(below, 'killed.csv'));
  await killed.file.close();
  const names = await readdir(below);
  const [dead = '', alive = ''] = ['.killed.csv.', '.living.csv.'].map((start) =>
    names.find((name) => name.startsWith(start)),
  );
  for (const name of ['jobs.csv', '.jobs.csv.0123456789ab.swp']) await writeFile(join(below, name), '');
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  for (const name of await readdir(below))
    if (name !== alive) await utimes(join(below, name), twoDaysAgo, twoDaysAgo);
  await sweepTemporaries(root);
  assert.deepEqual((await readdir(below)).sort(), ['.jobs.csv.0123456789ab.swp', alive, 'jobs.csv']);
  assert.ok(dead.endsWith('.tmp'));
  await living.commit();
  await sweepTemporaries(join(root, 'nowhere'));
});
