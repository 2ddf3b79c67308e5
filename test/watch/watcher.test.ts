import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { openFolder, readReason, readReceipt, until } from './folder-fixture.ts';

test('a dropped file is loaded and ends in done, its receipt beside it, nothing left in work', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1,Baker\n2,Cook\n');
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('done', 'jobs.csv');
  const receipt = readReceipt(folder, 'jobs.csv');
  assert.deepEqual(
    [receipt.file, receipt.table, receipt.state, receipt.read, receipt.inserted],
    ['jobs.csv', 'jobs', 'completed', 2, 2],
  );
  assert.deepEqual(readdirSync(folder.path('work')), ['.lock']);
  assert.deepEqual(
    folder.events.map((event) => event.kind),
    ['claimed', 'done'],
  );
});

test('files that arrive together load parents first, whatever their names and order', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('incoming', 'departments'));
  for (const name of ['hired_employees.csv', 'jobs.csv', 'departments/2021.CSV', 'a.csv']) {
    writeFileSync(folder.path('incoming', name), `${name}\n`);
  }
  const watcher = await folder.start();
  await watcher.idle();
  assert.deepEqual(folder.ledger.calls, ['departments/2021.CSV', 'jobs.csv', 'hired_employees.csv']);
  folder.isOnlyIn('done', 'departments/2021.CSV');
  folder.isOnlyIn('failed', 'a.csv');
  assert.match(readReason(folder, 'a.csv'), /no table is named in a\.csv[\s\S]*tables: departments, jobs/);
});

test('a file waits while one for a table that it refers to is still arriving', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'hired_employees.csv'), '1\n');
  let written = 0;
  const writer = setInterval(() => {
    written += 1;
    writeFileSync(folder.path('incoming', 'departments.csv'), `${written}\n`, { flag: 'a' });
  }, 3);
  t.after(() => clearInterval(writer));
  await folder.start({ config: { quietMs: 150 } });
  await until(() => written > 150, 'the writer has written for longer than the quiet time');
  assert.deepEqual(folder.ledger.calls, []);
  clearInterval(writer);
  await until(() => folder.files('done').length === 2, 'both are loaded');
  assert.deepEqual(folder.ledger.calls, ['departments.csv', 'hired_employees.csv']);
});

test('a file dropped while another loads waits for its turn', async (t) => {
  const folder = await openFolder(t);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  folder.ledger.before = (file) => (file.name === 'jobs.csv' ? released : undefined);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const watcher = await folder.start();
  await until(() => folder.ledger.calls.length === 1, 'the first is being loaded');
  writeFileSync(folder.path('incoming', 'departments.csv'), '1\n');
  folder.isOnlyIn('work', 'jobs.csv');
  folder.isOnlyIn('incoming', 'departments.csv');
  release();
  await watcher.idle();
  assert.deepEqual(folder.ledger.calls, ['jobs.csv', 'departments.csv']);
  assert.deepEqual(folder.files('done'), ['departments.csv', 'jobs.csv']);
});

test('the same content twice: done with receipt `duplicate`, and nothing in done is overwritten', async (t) => {
  const folder = await openFolder(t);
  const watcher = await folder.start();
  for (const content of ['1\n', '1\n', '2\n']) {
    writeFileSync(folder.path('incoming', 'jobs.csv'), content);
    await watcher.idle();
  }
  const done = folder.files('done');
  assert.equal(done.length, 3);
  const receipts = done.map((name) => readReceipt(folder, name));
  assert.deepEqual(receipts.map((receipt) => receipt.state).sort(), ['completed', 'completed', 'duplicate']);
  assert.deepEqual(done.map((name) => readFileSync(folder.path('done', name), 'utf8')).sort(), [
    '1\n',
    '1\n',
    '2\n',
  ]);
  for (const name of done) assert.match(name, /^jobs(-[0-9A-Z]{26})?\.csv$/);
});

test('a burst of 2,000 files: each is loaded once, in one piece', async (t) => {
  const folder = await openFolder(t);
  const watcher = await folder.start();
  for (let file = 0; file < 2000; file++) {
    writeFileSync(folder.path('incoming', `jobs-${file}.csv`), `${file}\n`);
  }
  await watcher.idle();
  assert.equal(folder.ledger.loads.size, 2000);
  assert.equal(new Set(folder.ledger.calls).size, 2000);
  assert.equal(folder.files('done').length, 2000);
  assert.deepEqual([folder.files('incoming'), folder.files('work'), folder.files('failed')], [[], [], []]);
});
