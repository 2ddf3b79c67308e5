import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openFolder, readReason, until } from './folder-fixture.ts';

test('symlinks, named pipes, hard links and sockets go to failed with a reason, unread', async (t) => {
  const folder = await openFolder(t);
  const secret = join(folder.home, 'secret.csv');
  writeFileSync(secret, '1\n');
  symlinkSync(secret, folder.path('incoming', 'jobs-link.csv'));
  symlinkSync(folder.home, folder.path('incoming', 'jobs'));
  linkSync(secret, folder.path('incoming', 'jobs-hard.csv'));
  execFileSync('mkfifo', [folder.path('incoming', 'jobs-pipe.csv')]);
  const socket = createServer().listen(folder.path('incoming', 'jobs-socket.csv'));
  t.after(() => socket.close());
  await until(() => existsSync(folder.path('incoming', 'jobs-socket.csv')), 'the socket is there');
  const watcher = await folder.start();
  await watcher.idle();
  const expected: Record<string, RegExp> = {
    'jobs-link.csv': /is a symbolic link; expected an ordinary file/,
    jobs: /is a symbolic link/,
    'jobs-hard.csv': /is a file with 2 names \(hard links\)/,
    'jobs-pipe.csv': /is a named pipe/,
    'jobs-socket.csv': /is a socket/,
  };
  for (const [name, reason] of Object.entries(expected)) {
    folder.isOnlyIn('failed', name);
    assert.match(readReason(folder, name), reason);
  }
  assert.deepEqual(folder.ledger.calls, []);
  assert.equal(readFileSync(secret, 'utf8'), '1\n');
  const errors = readFileSync(join(folder.home, 'log.txt'), 'utf8');
  assert.equal(errors.match(/ERROR .*was not loaded/g)?.length, 5, errors);
});

test('a folder that lies too deep goes to failed as it is, with what is in it', async (t) => {
  const folder = await openFolder(t);
  mkdirSync(folder.path('incoming', 'jobs', '2021', 'may'), { recursive: true });
  writeFileSync(folder.path('incoming', 'jobs', '2021', 'may', 'a.csv'), '1\n');
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('failed', 'jobs/2021/may/a.csv');
  assert.match(readReason(folder, 'jobs/2021'), /a folder that lies too deep[\s\S]*data\/incoming\/<table>/);
});

test('a file that may not be read goes to failed and says who needs the right', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  chmodSync(folder.path('incoming', 'jobs.csv'), 0);
  asNobody(folder.home);
  t.after(asRoot);
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('failed', 'jobs.csv');
  assert.match(
    readReason(folder, 'jobs.csv'),
    /may not be read by the user that rowferry runs as \(uid \d+\)/,
  );
  await watcher.close();
});

/** Root may read everything: the watcher then runs as another user. */
function asNobody(home: string): void {
  if (process.getuid?.() !== 0) return;
  execFileSync('chown', ['-R', '65534', home]);
  process.seteuid?.(65_534);
}

function asRoot(): void {
  if (process.getuid?.() === 0) process.seteuid?.(0);
}

test('a file that is appended to after it was taken goes to failed, and says what was loaded', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n2\n');
  folder.ledger.before = (file) => appendFileSync(file.path, '3\n');
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('failed', 'jobs.csv');
  const reason = readReason(folder, 'jobs.csv');
  assert.match(reason, /was written to while it was loaded \(4 bytes when taken, now 6\)/);
  assert.match(reason, /Rows: load LOAD0 read 2 = inserted 2 \+ updated 0 \+ skipped 0 \+ rejected 0/);
});

test('a change of the rights while it is loaded changes no content: done', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  folder.ledger.before = (file) => chmodSync(file.path, 0o600);
  const watcher = await folder.start();
  await watcher.idle();
  folder.isOnlyIn('done', 'jobs.csv');
});

test('names are never paths and never lost: each ends in one place', async (t) => {
  const folder = await openFolder(t);
  const long = `jobs-${'ü'.repeat(122)}.csv`;
  const good = [
    'jobs with spaces.csv',
    'jobs-Größe-数据-😀.csv',
    'jobs-a\nb.csv',
    'jobs-..%2f..%2fetc.csv',
    'jobs-$(id).CSV',
    long,
  ];
  const bad = [
    'CON.csv',
    '..%2f..%2fpasswd.csv',
    '-rf.csv',
    '%00.csv',
    '\u001b[31mred.csv',
    ' .csv',
    '..csv',
  ];
  for (const name of [...good, ...bad])
    writeFileSync(folder.path('incoming', name), `${name.length} ${name}`);
  mkdirSync(folder.path('incoming', '.load'));
  const watcher = await folder.start();
  await watcher.idle();
  for (const name of good) folder.isOnlyIn('done', name);
  for (const name of bad.filter((each) => !each.startsWith('.'))) folder.isOnlyIn('failed', name);
  assert.ok(!readReason(folder, '\u001b[31mred.csv').includes('\u001b'));
  assert.deepEqual(folder.files('incoming'), []);
  assert.ok(existsSync(folder.path('incoming', '..csv')), 'a hidden name stays');
  for (const line of readFileSync(join(folder.home, 'log.txt'), 'utf8').trimEnd().split('\n')) {
    assert.match(line, /^20\d\d-\S+ (WARN|ERROR) /);
    assert.ok(!line.includes('\u001b'), line);
  }
});

test('what is not CSV stays where it is, with one line that says what is expected', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.xlsx'), 'x');
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  const watcher = await folder.start();
  await watcher.idle();
  await until(() => folder.events.some(({ kind }) => kind === 'ignored'), 'it is told of');
  folder.isOnlyIn('incoming', 'jobs.xlsx');
  const lines = readFileSync(join(folder.home, 'log.txt'), 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /jobs\.xlsx in data\/incoming is not a CSV file: expected a name that ends in \.csv/,
  );
});

test('a marker goes away with its file, so that it says nothing about the next one', async (t) => {
  const folder = await openFolder(t);
  writeFileSync(folder.path('incoming', 'jobs.csv'), '1\n');
  writeFileSync(folder.path('incoming', 'jobs.csv.done'), '');
  const watcher = await folder.start({ config: { quietMs: 3_600_000 } });
  await watcher.idle();
  folder.isOnlyIn('done', 'jobs.csv');
  assert.deepEqual(readdirSync(folder.path('incoming')), []);
});
