import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import { ulid } from '../../src/lib/ulid.ts';
import { openFolder, readReceipt, until } from './folder-fixture.ts';

const PROGRAM = join(import.meta.dirname, 'watcher-process.ts');

function runWatcher(home: string, when: string): { readonly signal: string | null; readonly output: string } {
  const { signal, stdout, stderr } = spawnSync(process.execPath, [PROGRAM, home, when], { encoding: 'utf8' });
  return { signal, output: stdout + stderr };
}

for (const when of ['before_commit', 'after_commit']) {
  test(`killed ${when}: the file is taken up again, loaded once, and is no duplicate`, async (t) => {
    const folder = await openFolder(t);
    mkdirSync(folder.path('incoming', 'jobs'));
    writeFileSync(folder.path('incoming', 'jobs', '2021.csv'), 'one');
    assert.equal(runWatcher(folder.home, when).signal, 'SIGKILL');
    folder.isOnlyIn('work', 'jobs/2021.csv');
    const { signal, output } = runWatcher(folder.home, 'never');
    assert.equal(signal, null, output);
    folder.isOnlyIn('done', 'jobs/2021.csv');
    assert.equal(readFileSync(join(folder.home, 'ledger'), 'utf8'), 'one\n');
    assert.equal(readReceipt(folder, 'jobs/2021.csv').state, 'completed');
    assert.deepEqual(readdirSync(folder.path('work')), []);
  });
}

test('a second copy that is taken up again after a crash is a duplicate still', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(join(folder.home, 'ledger'), 'one\n');
  const id = ulid();
  mkdirSync(folder.path('work', id), { recursive: true });
  writeFileSync(folder.path('work', id, 'jobs.csv'), 'one');
  assert.equal(runWatcher(folder.home, 'never').signal, null);
  assert.equal(readReceipt(folder, 'jobs.csv').state, 'duplicate');
});

test('half files that a killed process left are swept at the next start', async (t) => {
  const folder = await openFolder(t);
  const old = new Date(Date.now() - 2 * 86_400_000);
  for (const place of ['done', 'failed', 'not_added']) {
    const left = join(folder.home, 'data', place, 'jobs', '.a.csv.0123456789ab.tmp');
    mkdirSync(join(left, '..'), { recursive: true });
    writeFileSync(left, '1');
    utimesSync(left, old, old);
  }
  assert.equal(runWatcher(folder.home, 'never').signal, null);
  for (const place of ['done', 'failed', 'not_added'])
    assert.deepEqual(readdirSync(join(folder.home, 'data', place, 'jobs')), [], place);
});

test('a crash between receipt and rename: the same receipt is found again, not a second one written', async (t) => {
  const folder = await openFolder(t);
  const id = ulid();
  mkdirSync(folder.path('work', id), { recursive: true });
  mkdirSync(folder.path('done'), { recursive: true });
  writeFileSync(folder.path('work', id, 'jobs.csv'), '1\n');
  writeFileSync(folder.path('done', 'jobs.csv.receipt.json'), JSON.stringify({ claim: id }));
  const watcher = await folder.start();
  await watcher.idle();
  assert.deepEqual(readdirSync(folder.path('done')).sort(), ['jobs.csv', 'jobs.csv.receipt.json']);
});

test('what a crash can leave in work: a symlink, empty claims, and what is not a claim', async (t) => {
  const folder = await openFolder(t);
  const [link, empty, emptyFolder] = [ulid(), ulid(), ulid()];
  for (const id of [link, empty, join(emptyFolder, 'jobs'), 'mine']) {
    mkdirSync(folder.path('work', id), { recursive: true });
  }
  symlinkSync('/etc/hostname', folder.path('work', link, 'jobs.csv'));
  writeFileSync(folder.path('work', empty, '.load'), 'L1');
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('failed', 'jobs.csv');
  assert.deepEqual(readdirSync(folder.path('work')).sort(), ['.lock', 'mine']);
});

test('closing stops the load under way; its file stays in work and the next start goes on with it', async (t) => {
  const folder = await openFolder(t);
  folder.ledger.before = async (_file, signal) => {
    if (!signal.aborted) await once(signal, 'abort');
    throw new RowferryError('internal', 'stopped in the middle');
  };
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const watcher = await folder.start();
  await until(() => folder.ledger.calls.length === 1, 'it is being loaded');
  const idle = watcher.idle();
  await watcher.close();
  await idle;
  folder.isOnlyIn('work', 'jobs.csv');
  assert.ok(!existsSync(join(folder.home, 'log.txt')), 'stopping is no error');
  folder.ledger.before = () => undefined;
  await (await folder.start()).idle();
  folder.isOnlyIn('done', 'jobs.csv');
});

test('two watchers on one home: the second is told who holds it', async (t) => {
  const folder = await openFolder(t);
  const first = await folder.start();
  await assert.rejects(folder.start(), (error: unknown) => {
    assert.ok(error instanceof RowferryError);
    assert.equal(error.code, 'lock-timeout');
    assert.match(error.detail, new RegExp(`already watched by process ${process.pid} on .*\\.lock`));
    return true;
  });
  await first.close();
  await (await folder.start()).close();
  assert.ok(!existsSync(folder.path('work', '.lock')));
});

test('a watcher that cannot start gives the folder free', async (t) => {
  const folder = await openFolder(t);
  // Of the name and age of a file that is swept away, but no file.
  const left = folder.path('work', 'spool', `0badcafe-1-${ulid()}.spool`);
  mkdirSync(left, { recursive: true });
  utimesSync(left, 0, 0);
  await assert.rejects(folder.start(), { code: 'ERR_FS_EISDIR' });
  rmSync(left, { recursive: true });
  await (await folder.start()).close();
});

test('the lock of a killed process is taken over, also when its pid was given out again', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), 'one');
  assert.equal(runWatcher(folder.home, 'before_commit').signal, 'SIGKILL');
  assert.ok(existsSync(folder.path('work', '.lock')));
  const lock: unknown = JSON.parse(readFileSync(folder.path('work', '.lock'), 'utf8'));
  assert.ok(typeof lock === 'object' && lock !== null);
  writeFileSync(folder.path('work', '.lock'), JSON.stringify({ ...lock, pid: process.pid, start: '1' }));
  await (await folder.start()).idle();
  folder.isOnlyIn('done', 'jobs.csv');
});

test('a lock of another host counts as long as it is touched', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('work'));
  const lock = folder.path('work', '.lock');
  writeFileSync(lock, JSON.stringify({ pid: process.pid, start: null, host: 'elsewhere', token: 'x' }));
  await assert.rejects(folder.start(), /already watched by process \d+ on elsewhere/);
  const longAgo = Date.now() / 1000 - 120;
  utimesSync(lock, longAgo, longAgo);
  await (await folder.start()).close();
});

test('of several processes that start at once on a stale lock, one holds the folder', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('work'));
  writeFileSync(
    folder.path('work', '.lock'),
    JSON.stringify({ pid: 999_999_999, start: '1', host: 'x', token: '' }),
  );
  const longAgo = Date.now() / 1000 - 120;
  utimesSync(folder.path('work', '.lock'), longAgo, longAgo);
  const starts = await Promise.allSettled(Array.from({ length: 8 }, () => folder.start()));
  assert.equal(starts.filter(({ status }) => status === 'fulfilled').length, 1);
  assert.deepEqual(readdirSync(folder.path('work')), ['.lock']);
});

test('a watcher whose lock was taken over stops', async (t) => {
  const folder = await openFolder(t);
  let now = 0;
  const clock = {
    now: () => now,
    wait: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        setTimeout(resolve, Math.min(ms, 5));
      }),
  };
  const watcher = await folder.start({ clock });
  writeFileSync(folder.path('work', '.lock'), '{}');
  now += 10_000;
  await until(() => folder.log.some((line) => line.includes('took this folder over')), 'it notices');
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  await watcher.idle();
  folder.isOnlyIn('incoming', 'jobs.csv');
});

test('a watcher that waits leaves the process free to end', async (t) => {
  const folder = await openFolder(t);
  const child = spawn(process.execPath, [PROGRAM, folder.home, 'never'], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  assert.equal(code, 0);
});
