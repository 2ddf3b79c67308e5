import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import { type ErrorCode, RowferryError } from '../../src/errors.ts';
import type { Clock } from '../../src/watch/contract.ts';
import { HR, openFolder, readReason, until } from './folder-fixture.ts';

/** The time between two tries passes at once; the waits that were asked for are kept. */
function hurriedClock(): Clock & { readonly waits: number[] } {
  const waits: number[] = [];
  const wait = (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      waits.push(ms);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      setTimeout(resolve, Math.min(ms, 10));
    });
  return { now: () => performance.now(), wait, waits };
}

const HELD: readonly ErrorCode[] = [
  'unreachable',
  'database-busy',
  'disk-full',
  'unauthorized',
  'seal-invalid',
  'seal-stale',
  'ledger-newer',
];

for (const code of HELD) {
  test(`${code}: the file waits in work, said once, and goes on by itself`, async (t) => {
    const folder = await openFolder(t);
    let failures = 6;
    folder.ledger.before = () => {
      if (failures-- > 0) throw new RowferryError(code, 'not now');
    };
    writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
    writeFileSync(folder.path('incoming', 'hired_employees.csv'), '1\n');
    const clock = hurriedClock();
    const watcher = await folder.start({ clock });
    await watcher.idle();
    assert.deepEqual(folder.files('done'), ['hired_employees.csv', 'jobs.csv']);
    assert.deepEqual(folder.ledger.sent, [...Array(7).fill('jobs.csv'), 'hired_employees.csv']);
    assert.equal(folder.events.filter(({ kind }) => kind === 'held').length, 1);
    const told = readFileSync(join(folder.home, 'log.txt'), 'utf8').trimEnd().split('\n');
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(
      told[0] ?? '',
      new RegExp(`WARN jobs\\.csv waits, and is tried again by itself: not now.*code=${code}`),
    );
    assert.ok(folder.log.some((line) => line.includes('goes on')));
    const longest = Math.max(...clock.waits);
    assert.ok(longest >= 8000 && longest <= 30_000, `backs off: ${longest}`);
  });
}

test('a full disk of this machine holds the file up too', async (t) => {
  const folder = await openFolder(t);
  let failures = 2;
  folder.ledger.before = () => {
    if (failures-- > 0)
      throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  };
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  await (await folder.start({ clock: hurriedClock() })).idle();
  folder.isOnlyIn('done', 'jobs.csv');
  assert.deepEqual(
    folder.events.map((event) => (event.kind === 'held' ? event.reason.code : event.kind)),
    ['claimed', 'disk-full', 'claimed', 'claimed', 'done'],
  );
});

test('an error of the file goes to failed with what happened and what to do', async (t) => {
  const folder = await openFolder(t);
  folder.ledger.before = () => {
    throw new RowferryError('header-invalid', 'the header names "nme"', { hint: 'did you mean name?' });
  };
  writeFileSync(folder.path('incoming', 'jobs.csv'), 'id,nme\n');
  await (await folder.start()).idle();
  folder.isOnlyIn('failed', 'jobs.csv');
  const reason = readReason(folder, 'jobs.csv');
  assert.match(
    reason,
    /^jobs\.csv was not loaded\nWhat happened: the header names "nme"\nWhat to do: did you mean name\?\n/,
  );
  assert.match(reason, /\nCode: header-invalid\nRows: none of this file is known to be in the table\n/);
  assert.match(
    readFileSync(join(folder.home, 'log.txt'), 'utf8'),
    /ERROR jobs\.csv was not loaded: the header names/,
  );
});

for (const state of ['aborted', 'failed'] as const) {
  test(`a load that was ${state}: failed, with the rows that are in the table`, async (t) => {
    const folder = await openFolder(t);
    const counts = { read: 9, inserted: 2, updated: 0, skipped: 0, rejected: 7 };
    const loadFile = async () => ({
      load: 'L1',
      sha256: '',
      state,
      detail: 'more than 5 rejects',
      ...counts,
    });
    writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
    await (await folder.start({ loadFile })).idle();
    folder.isOnlyIn('failed', 'jobs.csv');
    const reason = readReason(folder, 'jobs.csv');
    assert.match(
      reason,
      new RegExp(`load L1 was ${state}: more than 5 rejects\nWhat to do: see: rowferry receipts L1`),
    );
    assert.match(reason, /Rows: load L1 read 9 = inserted 2 \+ updated 0 \+ skipped 0 \+ rejected 7/);
  });
}

test('without the dictionary nothing is taken; it is asked again', async (t) => {
  const folder = await openFolder(t);
  let failures = 3;
  const tables = async () => {
    if (failures-- > 0) throw new RowferryError('unreachable', 'connection refused');
    return HR;
  };
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  await (await folder.start({ tables, clock: hurriedClock() })).idle();
  folder.isOnlyIn('done', 'jobs.csv');
  assert.deepEqual(
    folder.events.map(({ kind }) => kind),
    ['held', 'claimed', 'done'],
  );
});

test('done cannot be written: the file waits in work and is not loaded twice', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('done', 'x'), { recursive: true });
  folder.ledger.before = () => {
    renameSync(folder.path('done'), folder.path('away'));
    writeFileSync(folder.path('done'), 'in the way');
  };
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const watcher = await folder.start({ clock: hurriedClock(), config: { pollMs: 60_000 } });
  await until(() => folder.events.some(({ kind }) => kind === 'held'), 'it is held up');
  folder.isOnlyIn('work', 'jobs.csv');
  rmSync(folder.path('done'));
  renameSync(folder.path('away'), folder.path('done'));
  await watcher.idle();
  folder.isOnlyIn('done', 'jobs.csv');
  assert.equal(folder.ledger.loads.size, 1);
  const [done] = folder.events.filter((event) => event.kind === 'done');
  assert.equal(done?.outcome.state, 'completed');
});

test('incoming taken away while watching comes back', async (t) => {
  const folder = await openFolder(t);
  const watcher = await folder.start();
  await watcher.idle();
  rmSync(folder.path('incoming'), { recursive: true });
  await watcher.idle();
  chmodSync(folder.path('incoming'), 0o755);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  await watcher.idle();
  folder.isOnlyIn('done', 'jobs.csv');
});

test('a listener that fails does not stop the folder', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const onEvent = () => {
    throw new Error('broken listener');
  };
  await (await folder.start({ onEvent })).idle();
  folder.isOnlyIn('done', 'jobs.csv');
});

test('a file that somebody takes out of work is given up, and the next one is loaded', async (t) => {
  const folder = await openFolder(t);
  folder.ledger.before = (file) => {
    if (file.name !== 'jobs.csv') return;
    rmSync(file.path);
    throw new RowferryError('unreachable', 'not now');
  };
  for (const name of ['jobs.csv', 'hired_employees.csv']) writeFileSync(folder.path('incoming', name), name);
  await (await folder.start({ clock: hurriedClock() })).idle();
  assert.deepEqual(folder.files('done'), ['hired_employees.csv']);
  assert.deepEqual([folder.files('work'), folder.files('failed')], [[], []]);
});
