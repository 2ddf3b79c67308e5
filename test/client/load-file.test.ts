import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFile, mkdir, symlink, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { LoadProgress } from '../../src/client/client.ts';
import { collect, jobs, type Rig, startRig } from './rig.ts';

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

async function file(name: string, content: string): Promise<string> {
  const path = rig.path(name);
  await writeFile(path, content);
  return path;
}

const jobsBetween = (first: number, last: number) =>
  rig.query(`SELECT count(*) n, count(DISTINCT id) ids FROM jobs WHERE id BETWEEN ${first} AND ${last}`)[0];

test('a file of several parts: every row once, rejects on their lines, progress up to the size', async () => {
  const rows = jobs(1, 120_000, 100).replaceAll(/^(500|60000|119999),.*$/gm, '$1,');
  const path = await file('jobs.csv', rows);
  assert.ok(rows.length > 11e6, 'more than the first part and two of 4 MiB');
  const seen: LoadProgress[] = [];
  const result = await rig.client.load(path, {
    table: 'jobs',
    onProgress: (progress) => seen.push(progress),
  });
  assert.equal(result.state, 'completed_with_rejects');
  assert.deepEqual(
    [result.read, result.inserted, result.updated, result.skipped, result.rejected],
    [120_000, 119_997, 0, 0, 3],
  );
  assert.deepEqual(result.reasons, [{ code: 'missing', column: 'job', count: 3, firstLine: 500 }]);
  assert.equal(result.bytes, Buffer.byteLength(rows));
  assert.deepEqual({ ...jobsBetween(1, 120_000) }, { n: 119_997, ids: 119_997 });
  const lines = (await collect(rig.client.rejects(result.load))).map(({ line }) => line);
  assert.deepEqual(lines, [500, 60_000, 119_999]);
  assert.deepEqual(
    [seen[0]?.phase, seen.at(-1)?.phase, seen.at(-1)?.bytes],
    ['reading', 'sending', result.bytes],
  );
  assert.ok(seen.filter(({ phase }) => phase === 'sending').length >= 3);
});

test('the same content again is a duplicate with the counts of the first load', async () => {
  const path = await file('again.csv', jobs(200_001, 5));
  const first = await rig.client.load(path, { table: 'jobs' });
  let sending = 0;
  const second = await rig.client.load(await file('other-name.csv', jobs(200_001, 5)), {
    table: 'jobs',
    onSending: () => void sending++,
  });
  assert.deepEqual(
    [second.state, second.load, second.read, second.inserted],
    ['duplicate', first.load, 5, 5],
  );
  assert.equal(sending, 0, 'nothing is sent of a duplicate');
  assert.deepEqual({ ...jobsBetween(200_001, 200_005) }, { n: 5, ids: 5 });
});

test('stopped by its signal, the load stays open, and goes on where it stood', async () => {
  const path = await file('stopped.csv', jobs(300_001, 120_000, 100));
  const controller = new AbortController();
  const reason = new Error('a person pressed Ctrl-C');
  let announced = '';
  const stopped = rig.client.load(path, {
    table: 'jobs',
    signal: controller.signal,
    onSending: (load) => {
      announced = load.id;
    },
    onProgress: ({ phase, bytes }) => phase === 'sending' && bytes > 0 && controller.abort(reason),
  });
  await assert.rejects(stopped, reason);
  const open = await rig.client.receipt(announced);
  assert.equal(open.state, 'receiving');
  assert.ok(open.offset > 0 && open.offset < open.size);
  const first: number[] = [];
  const result = await rig.client.load(path, {
    table: 'jobs',
    onProgress: ({ phase, bytes, before }) => {
      if (phase !== 'sending') return;
      first.push(bytes);
      assert.deepEqual(before, { bytes: open.offset, read: open.read });
    },
  });
  assert.deepEqual([result.load, result.state, result.inserted], [announced, 'completed', 120_000]);
  assert.ok((first[0] ?? 0) > open.offset, 'nothing was sent twice');
  const sentNow = Math.round((120_000 - open.read) / result.seconds);
  assert.ok(Math.abs(result.rowsPerSecond / sentNow - 1) < 0.01, 'the speed is that of what was sent now');
  assert.deepEqual({ ...jobsBetween(300_001, 420_000) }, { n: 120_000, ids: 120_000 });
});

test('a file that changes while it is read ends in file-changed, and its load is aborted', async () => {
  const path = await file('changing.csv', jobs(500_001, 120_000, 100));
  let announced = '';
  const loading = rig.client.load(path, {
    table: 'jobs',
    onSending: async (load) => {
      announced = load.id;
      await appendFile(path, '1,late\n');
    },
  });
  await assert.rejects(loading, { code: 'file-changed' });
  assert.equal((await rig.client.receipt(announced)).state, 'aborted');
});

test('more rejects than allowed: aborted, with what was counted', async () => {
  const path = await file('many.csv', `${jobs(700_001, 200)}700300,\n700301,\n700302,\n`);
  const result = await rig.client.load(path, { table: 'jobs', maxRejects: '2' });
  assert.deepEqual([result.state, result.rejected], ['aborted', 3]);
  assert.match(result.detail ?? '', /more than 2/);
});

test('records that span lines and parts stay whole', async () => {
  const record = (id: number) => `${id},"two\nlines, ""quoted"" ${'y'.repeat(60)}"\n`;
  const rows = Array.from({ length: 120_000 }, (_, index) => record(800_001 + index)).join('');
  const result = await rig.client.load(await file('spans.csv', rows), { table: 'jobs' });
  assert.deepEqual([result.state, result.inserted], ['completed', 120_000]);
  const [odd] = rig.query(
    `SELECT count(*) n FROM jobs WHERE id > 800000 AND job NOT LIKE 'two' || char(10) || 'lines, "quoted" y%'`,
  );
  assert.deepEqual({ ...odd }, { n: 0 });
});

test('a declared dialect holds for every part', async () => {
  const rows = jobs(1_000_001, 120_000, 100).replaceAll(',', ';');
  const options = { table: 'jobs', dialect: { delimiter: ';', quoteChar: null } };
  const result = await rig.client.load(await file('dialect.csv', rows), options);
  assert.deepEqual([result.state, result.inserted, result.dialect?.delimiter], ['completed', 120_000, ';']);
});

test('an empty file and a header alone are loads of no rows', async () => {
  for (const [name, content] of [
    ['empty.csv', ''],
    ['header.csv', 'id,job\n'],
  ] as const) {
    const result = await rig.client.load(await file(name, content), { table: 'jobs' });
    assert.deepEqual([result.state, result.read], ['completed', 0]);
  }
});

test('what is no readable regular file is refused by name', async () => {
  const target = await file('target.csv', jobs(1, 1));
  await symlink(target, rig.path('link.csv'));
  await mkdir(rig.path('folder.csv'));
  execFileSync('mkfifo', [rig.path('fifo.csv')]);
  const load = (name: string) => rig.client.load(rig.path(name), { table: 'jobs', noFollow: true });
  await assert.rejects(load('nowhere.csv'), {
    code: 'file-unreadable',
    message: /nowhere\.csv is not there/,
  });
  await assert.rejects(load('link.csv'), { code: 'file-unreadable', message: /symbolic link/ });
  await assert.rejects(load('folder.csv'), { code: 'file-unreadable', message: /is a folder/ });
  await assert.rejects(load('fifo.csv'), { code: 'file-unreadable', message: /not a regular file/ });
});
