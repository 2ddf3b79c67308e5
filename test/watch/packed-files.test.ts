import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pythonZip, type ZipMember } from '../inputs/packed.ts';
import { type Folder, openFolder, readReason, readReceipt, UNLIMITED, until } from './folder-fixture.ts';

/** Compressed files and archives in the watched folder. */

/** By rename from beside the folder, as an archive is written in steps. */
function dropZip(folder: Folder, name: string, ...members: readonly ZipMember[]): void {
  renameSync(pythonZip(join(folder.home, 'packing.zip'), members), folder.path('incoming', name));
}

const receipts = (folder: Folder, name: string): Record<string, unknown>[] => {
  const { members } = readReceipt(folder, name);
  assert.ok(Array.isArray(members));
  return members;
};

test('.csv.gz and .csv.zst are loaded as their content and placed as they came', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('incoming', 'jobs'));
  writeFileSync(folder.path('incoming', 'departments.csv.gz'), gzipSync('1,Ops\n2,IT\n'));
  writeFileSync(folder.path('incoming', 'jobs', '2021.csv.zst'), zstdCompressSync('1,Baker\n'));
  writeFileSync(folder.path('incoming', 'departments-again.csv'), '1,Ops\n2,IT\n');
  const watcher = await folder.start();
  await watcher.idle();
  assert.deepEqual(folder.files('done'), [
    'departments-again.csv',
    'departments.csv.gz',
    'jobs/2021.csv.zst',
  ]);
  const { file, table, read } = readReceipt(folder, 'departments.csv.gz');
  assert.deepEqual([file, table, read], ['departments.csv.gz', 'departments', 2]);
  assert.equal(readReceipt(folder, 'jobs/2021.csv.zst').table, 'jobs');
  const states = ['departments-again.csv', 'departments.csv.gz'].map(
    (name) => readReceipt(folder, name).state,
  );
  assert.deepEqual(states.sort(), ['completed', 'duplicate'], 'the same content');
  assert.deepEqual(readdirSync(folder.path('work')), ['.lock']);
});

test('an archive moves as one; its members go parents first, each with its receipt', async (t) => {
  const folder = await openFolder(t);
  dropZip(
    folder,
    'hr.zip',
    { name: 'hired_employees.csv', content: '1\n2\n' },
    { name: 'jobs.csv', content: '1\n' },
    { name: 'read.me', content: '' },
  );
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('done', 'hr.zip');
  assert.deepEqual(folder.ledger.calls, ['hr.zip!jobs.csv', 'hr.zip!hired_employees.csv']);
  const whole = readReceipt(folder, 'hr.zip');
  assert.deepEqual([whole.file, whole.state, whole.read, whole.inserted], ['hr.zip', 'completed', 3, 3]);
  assert.deepEqual(
    receipts(folder, 'hr.zip').map(({ file, table, state, read }) => [file, table, state, read]),
    [
      ['hr.zip!jobs.csv', 'jobs', 'completed', 1],
      ['hr.zip!hired_employees.csv', 'hired_employees', 'completed', 2],
    ],
  );
  assert.deepEqual(
    folder.events.map((event) => `${event.kind} ${event.kind === 'ignored' ? '' : event.name}`),
    [
      'claimed hr.zip!jobs.csv',
      'claimed hr.zip!hired_employees.csv',
      'done hr.zip!jobs.csv',
      'done hr.zip!hired_employees.csv',
    ],
  );
  assert.ok(folder.log.some((line) => line.includes('hr.zip: not .csv: read.me')));
  assert.deepEqual(readdirSync(folder.path('work')), ['.lock']);
});

test('the name or the folder of an archive tells the table of members that do not', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('incoming', 'departments'));
  dropZip(
    folder,
    'jobs-2021.zip',
    { name: 'a/may.csv', content: '1\n' },
    { name: 'june.csv', content: '2\n' },
  );
  dropZip(folder, 'departments/x.zip', { name: 'y.csv', content: '1\n' });
  const watcher = await folder.start();
  await watcher.idle();
  assert.deepEqual(
    receipts(folder, 'jobs-2021.zip').map(({ table }) => table),
    ['jobs', 'jobs'],
  );
  assert.equal(receipts(folder, 'departments/x.zip')[0]?.table, 'departments');
});

test('an archive takes its turn by what it holds', async (t) => {
  const folder = await openFolder(t);
  dropZip(
    folder,
    'a.zip',
    { name: 'hired_employees.csv', content: '1\n' },
    { name: 'departments.csv', content: '1\n' },
  );
  dropZip(folder, 'z.zip', { name: 'jobs.csv', content: '1\n' });
  writeFileSync(folder.path('incoming', 'hired_employees-2.csv'), '2\n');
  writeFileSync(folder.path('incoming', 'b.zip'), 'no archive\n');
  const watcher = await folder.start();
  await watcher.idle();
  const { calls } = folder.ledger;
  assert.equal(calls[0], 'z.zip!jobs.csv', calls.join());
  assert.ok(calls.indexOf('a.zip!departments.csv') < calls.indexOf('a.zip!hired_employees.csv'));
  assert.match(readReason(folder, 'b.zip'), /b\.zip holds something else; by its name it is a zip archive/);
});

const FAILED: Readonly<
  Record<string, readonly [drop: (folder: Folder) => void, name: string, says: RegExp]>
> = {
  'one that ends too early': [
    (folder) => writeFileSync(folder.path('incoming', 'jobs.csv.gz'), gzipSync('1,Baker\n').subarray(0, -4)),
    'jobs.csv.gz',
    /jobs\.csv\.gz cannot be read as gzip: it ends too early/,
  ],
  'one with a member of no table': [
    (folder) =>
      dropZip(folder, 'hr.zip', { name: 'jobs.csv', content: '1\n' }, { name: 'x.csv', content: '1\n' }),
    'hr.zip',
    /no table is named in x\.csv/,
  ],
  'one with an archive in it': [
    (folder) =>
      dropZip(folder, 'hr.zip', { name: 'jobs.csv', content: '1\n' }, { name: 'x.zip', content: '1' }),
    'hr.zip',
    /holds x\.zip within what is packed already/,
  ],
  'one that expands too far': [
    (folder) =>
      writeFileSync(folder.path('incoming', 'jobs.csv.gz'), gzipSync(Buffer.alloc(80 << 20, '1\n'))),
    'jobs.csv.gz',
    /expands to more than 250 times its \d+ bytes; nothing of it was loaded/,
  ],
};
for (const [what, [drop, name, says]] of Object.entries(FAILED)) {
  test(`to failed, nothing of it loaded: ${what}`, async (t) => {
    const folder = await openFolder(t);
    drop(folder);
    const watcher = await folder.start({ config: { ...UNLIMITED, maxExpansion: 250 } });
    await watcher.idle();
    folder.isOnlyIn('failed', name);
    assert.match(readReason(folder, name), says);
    assert.match(readReason(folder, name), /Rows: none of this file is known to be in the table/);
    assert.deepEqual([folder.ledger.calls, readdirSync(folder.path('work'))], [[], ['.lock']]);
  });
}

test('a member that is stopped fails the archive; the reason says what of the others is loaded', async (t) => {
  const folder = await openFolder(t);
  const members = ['departments.csv', 'jobs.csv', 'hired_employees.csv'];
  dropZip(folder, 'hr.zip', ...members.map((name) => ({ name, content: `${name}\n` })));
  const loadFile: typeof folder.ledger.loadFile = async (file, signal) => {
    const outcome = await folder.ledger.loadFile(file, signal);
    return file.table === 'jobs' ? { ...outcome, state: 'aborted', detail: 'too many rejects' } : outcome;
  };
  const watcher = await folder.start({ loadFile });
  await watcher.idle();
  folder.isOnlyIn('failed', 'hr.zip');
  const reason = readReason(folder, 'hr.zip');
  assert.match(reason, /load LOAD1 was aborted: too many rejects/);
  assert.match(reason, /Rows of hr\.zip!departments\.csv: load LOAD0 read 1 = inserted 1 /);
  assert.match(reason, /Rows of hr\.zip!jobs\.csv: load LOAD1 /);
  assert.deepEqual(folder.ledger.calls, ['hr.zip!departments.csv', 'hr.zip!jobs.csv']);
  assert.deepEqual(
    folder.events.map((event) => `${event.kind} ${event.kind === 'ignored' ? '' : event.name}`),
    [
      'claimed hr.zip!departments.csv',
      'claimed hr.zip!jobs.csv',
      'done hr.zip!departments.csv',
      'failed hr.zip',
    ],
  );
});

test('stopped between two members and started again: each is loaded once, and none is a duplicate', async (t) => {
  const folder = await openFolder(t);
  dropZip(
    folder,
    'hr.zip',
    { name: 'departments.csv', content: 'a\n' },
    { name: 'jobs.csv', content: 'b\n' },
  );
  folder.ledger.before = ({ table }, signal) =>
    table === 'departments'
      ? undefined
      : new Promise((_, reject) => signal.addEventListener('abort', reject));
  const first = await folder.start();
  await until(() => folder.ledger.calls.length === 2, 'the second member is under way');
  await first.close();
  folder.isOnlyIn('work', 'hr.zip');
  folder.ledger.before = () => undefined;
  const second = await folder.start();
  await second.idle();
  folder.isOnlyIn('done', 'hr.zip');
  assert.deepEqual(
    receipts(folder, 'hr.zip').map(({ state }) => state),
    ['completed', 'completed'],
  );
  dropZip(
    folder,
    'hr.zip',
    { name: 'departments.csv', content: 'a\n' },
    { name: 'jobs.csv', content: 'b\n' },
  );
  await second.idle();
  const again = readdirSync(folder.path('done')).find((name) => /^hr-01\w+\.zip$/.test(name));
  assert.equal(readReceipt(folder, again ?? '').state, 'duplicate');
});

test('its content is what counts, as its size and time tell: a chmod is no change, a write is', async (t) => {
  const folder = await openFolder(t);
  const touch: Readonly<Record<string, (path: string) => void>> = {
    'departments.csv.gz': (path) => chmodSync(path, 0o640),
    'jobs.csv.gz': (path) => utimesSync(path, new Date(), new Date(0)),
  };
  const { path: workPath } = folder;
  folder.ledger.before = async ({ name }) => {
    // The file itself lies in the claim's folder; what is sent is its content, elsewhere.
    const claims = readdirSync(workPath('work')).map((id) => workPath('work', id, name));
    await sleep(5);
    touch[name]?.(claims.find((path) => existsSync(path)) ?? '');
  };
  for (const name of Object.keys(touch)) writeFileSync(folder.path('incoming', name), gzipSync(`${name}\n`));
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('done', 'departments.csv.gz');
  folder.isOnlyIn('failed', 'jobs.csv.gz');
  assert.match(readReason(folder, 'jobs.csv.gz'), /was written to while it was loaded/);
});

test('what a killed process had unpacked is swept at the start', async (t) => {
  const folder = await openFolder(t);
  const spool = folder.path('work', 'spool');
  mkdirSync(spool, { recursive: true });
  const left = join(spool, '0badcafe-1-01KAP5XQ4R7Y8Z9A0B1C2D3E4F.spool');
  writeFileSync(left, 'half');
  utimesSync(left, new Date(0), new Date(0));
  await folder.start();
  assert.deepEqual(readdirSync(spool), []);
  assert.ok(readFileSync(folder.path('work', '.lock')).length > 0);
});
