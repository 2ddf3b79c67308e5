import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { HR, openFolder, readReceipt, until } from './folder-fixture.ts';

/** A load that stands still until it is let go, or the watcher stops. */
function standstill(): { readonly wait: (signal: AbortSignal) => Promise<void>; readonly letGo: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const stopped = (signal: AbortSignal) =>
    new Promise<never>((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  return { wait: (signal) => Promise.race([promise, stopped(signal)]), letGo: resolve };
}

test('while a small file is loaded the next is announced; its rows are sent when the first is loaded', async (t) => {
  const folder = await openFolder(t);
  const first = standstill();
  folder.ledger.before = (file, signal) => (file.name === 'jobs-1.csv' ? first.wait(signal) : undefined);
  const drop = (number: number) =>
    writeFileSync(folder.path('incoming', `jobs-${number}.csv`), `${number}\n`);
  drop(1);
  const watcher = await folder.start();
  await until(() => folder.ledger.sent.length === 1, 'the first is loaded');
  drop(2);
  await until(() => folder.ledger.calls.length === 2, 'the second is announced');
  drop(3);
  assert.deepEqual(folder.ledger.sent, ['jobs-1.csv']);
  folder.isOnlyIn('work', 'jobs-2.csv');
  folder.isOnlyIn('incoming', 'jobs-3.csv');
  first.letGo();
  await watcher.idle();
  assert.deepEqual(folder.ledger.calls, ['jobs-1.csv', 'jobs-2.csv', 'jobs-3.csv']);
  assert.deepEqual(folder.ledger.sent, folder.ledger.calls);
  const done = folder.events.flatMap((event) => (event.kind === 'done' ? [event.name] : []));
  assert.deepEqual(done, folder.ledger.calls);
});

test('a copy right behind its original is a duplicate, although it was announced while that was loaded', async (t) => {
  const folder = await openFolder(t);
  const first = standstill();
  folder.ledger.before = (_, signal) => first.wait(signal);
  for (const name of ['jobs-1.csv', 'jobs-2.csv']) writeFileSync(folder.path('incoming', name), 'same\n');
  const watcher = await folder.start();
  await until(() => folder.ledger.calls.length === 2, 'the copy is announced');
  first.letGo();
  await watcher.idle();
  assert.deepEqual(folder.ledger.sent, ['jobs-1.csv']);
  const states = ['jobs-1.csv', 'jobs-2.csv'].map((name) => readReceipt(folder, name).state);
  assert.deepEqual(states, ['completed', 'duplicate']);
});

test('behind a large file nothing is claimed: what comes while it is loaded may have to go first', async (t) => {
  const folder = await openFolder(t);
  const first = standstill();
  folder.ledger.before = (file, signal) => (file.name === 'jobs-1.csv' ? first.wait(signal) : undefined);
  writeFileSync(folder.path('incoming', 'jobs-1.csv'), '1\n'.repeat(200_000));
  writeFileSync(folder.path('incoming', 'hired_employees.csv'), '1\n');
  const watcher = await folder.start({ tables: async () => HR });
  await until(() => folder.ledger.sent.length === 1, 'the first is loaded');
  writeFileSync(folder.path('incoming', 'departments.csv'), '1\n');
  const looks = folder.path('incoming', 'not-a-table.txt');
  writeFileSync(looks, '');
  await until(() => folder.events.some(({ kind }) => kind === 'ignored'), 'the folder was looked at');
  folder.isOnlyIn('incoming', 'hired_employees.csv');
  first.letGo();
  await watcher.idle();
  assert.deepEqual(folder.ledger.sent, ['jobs-1.csv', 'departments.csv', 'hired_employees.csv']);
});

test('a parent that was complete and is written to again is waited for by the files behind it', async (t) => {
  const folder = await openFolder(t);
  const first = standstill();
  folder.ledger.before = (file, signal) => (file.name === 'departments.csv' ? first.wait(signal) : undefined);
  writeFileSync(folder.path('incoming', 'departments.csv'), '1\n'.repeat(200_000));
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  writeFileSync(folder.path('incoming', 'hired_employees.csv'), '1\n');
  const watcher = await folder.start({ tables: async () => HR });
  await until(() => folder.ledger.sent.length === 1, 'the first is loaded');
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n2\n');
  first.letGo();
  await watcher.idle();
  assert.deepEqual(folder.ledger.sent, ['departments.csv', 'jobs.csv', 'hired_employees.csv']);
  assert.equal(readReceipt(folder, 'jobs.csv').read, 2);
});

test('closed while one is loaded and the next announced: both stay in work, and go on in their order', async (t) => {
  const folder = await openFolder(t);
  const never = standstill();
  folder.ledger.before = (_, signal) => never.wait(signal);
  for (const number of [1, 2]) writeFileSync(folder.path('incoming', `jobs-${number}.csv`), `${number}\n`);
  const watcher = await folder.start();
  await until(() => folder.ledger.calls.length === 2, 'the second is announced');
  await watcher.close();
  for (const name of ['jobs-1.csv', 'jobs-2.csv']) folder.isOnlyIn('work', name);
  assert.equal(folder.events.filter(({ kind }) => kind === 'held').length, 0);
  folder.ledger.before = () => undefined;
  await (await folder.start()).idle();
  assert.deepEqual(folder.ledger.sent, ['jobs-1.csv', 'jobs-1.csv', 'jobs-2.csv']);
  assert.equal(readReceipt(folder, 'jobs-2.csv').state, 'completed');
});

test('one whose last rows are taken while the watcher stops is placed', async (t) => {
  const folder = await openFolder(t);
  folder.ledger.before = (_, signal) =>
    new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const watcher = await folder.start();
  await until(() => folder.ledger.sent.length === 1, 'it is on its way');
  await watcher.close();
  folder.isOnlyIn('done', 'jobs.csv');
  assert.equal(readReceipt(folder, 'jobs.csv').state, 'completed');
});
