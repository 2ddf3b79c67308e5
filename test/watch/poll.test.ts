import assert from 'node:assert/strict';
import {
  appendFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Poll } from '../../src/watch/poll.ts';

interface Bench {
  readonly poll: Poll;
  readonly at: (name: string) => string;
  /** A look after so many milliseconds: "+" complete, "…" arriving, "?" not CSV. */
  readonly look: (ms: number) => Promise<string[]>;
}

function bench(t: TestContext, completion: 'stable' | 'rename' = 'stable'): Bench {
  const incoming = mkdtempSync(join(tmpdir(), 'rowferry-poll-'));
  t.after(() => rmSync(incoming, { recursive: true, force: true }));
  let now = 1_000_000;
  const poll = new Poll(incoming, { completion, quietMs: 2000 }, () => now);
  const look = async (ms: number) => {
    now += ms;
    const { complete, arriving, strangers } = await poll.look();
    const names = (mark: string, sightings: ReadonlyArray<{ readonly name: string }>) =>
      sightings.map(({ name }) => `${mark} ${name}`).sort();
    return [...names('+', complete), ...names('…', arriving), ...strangers.map((name) => `? ${name}`)];
  };
  return { poll, at: (name) => join(incoming, name), look };
}

test('a file is complete when it stood still for the quiet time over three looks', async (t) => {
  const { at, look } = bench(t);
  writeFileSync(at('jobs.csv'), '1\n');
  assert.deepEqual(await look(500), ['… jobs.csv']);
  assert.deepEqual(await look(500), ['… jobs.csv']);
  assert.deepEqual(await look(1499), ['… jobs.csv'], 'three looks, but not the time');
  assert.deepEqual(await look(1), ['+ jobs.csv']);
});

test('one long pause between two looks is not stillness', async (t) => {
  const { at, look } = bench(t);
  writeFileSync(at('jobs.csv'), '1\n');
  await look(0);
  assert.deepEqual(await look(60_000), ['… jobs.csv']);
  assert.deepEqual(await look(1), ['+ jobs.csv']);
});

const CHANGES: Record<string, (path: string) => void> = {
  'appended to by a slow writer': (path) => appendFileSync(path, '2\n'),
  'overwritten in place with as many bytes': (path) => writeFileSync(path, '9\n', { flag: 'r+' }),
  'preallocated and then filled': (path) => truncateSync(path, 4096),
  'overwritten, its mtime set back': (path) => {
    writeFileSync(path, '9\n', { flag: 'r+' });
    utimesSync(path, 1_600_000_000, 1_600_000_000);
  },
  'replaced by another of equal size and mtime': (path) => {
    writeFileSync(`${path}.tmp`, '9\n');
    utimesSync(`${path}.tmp`, 1_600_000_000, 1_600_000_000);
    renameSync(`${path}.tmp`, path);
  },
};

for (const [what, change] of Object.entries(CHANGES)) {
  test(`a file that is ${what} has to stand still again`, async (t) => {
    const { at, look } = bench(t);
    writeFileSync(at('jobs.csv'), '1\n');
    utimesSync(at('jobs.csv'), 1_600_000_000, 1_600_000_000);
    await look(0);
    await look(1000);
    change(at('jobs.csv'));
    assert.deepEqual(await look(1000), ['… jobs.csv']);
    assert.deepEqual(await look(1000), ['… jobs.csv']);
    assert.deepEqual(await look(1000), ['+ jobs.csv']);
  });
}

test('a marker makes a file complete at once, unless it is older than the file', async (t) => {
  const { at, look } = bench(t);
  writeFileSync(at('jobs.csv.done'), '');
  utimesSync(at('jobs.csv.done'), 1_600_000_000, 1_600_000_000);
  assert.deepEqual(await look(0), [], 'a marker alone is nothing');
  writeFileSync(at('jobs.csv'), '1\n');
  assert.deepEqual(await look(0), ['… jobs.csv'], 'the marker is from before');
  writeFileSync(at('jobs.csv.done'), '');
  assert.deepEqual(await look(0), ['+ jobs.csv']);
});

test('where files are made by rename, a name that is there is complete', async (t) => {
  const { at, look } = bench(t, 'rename');
  writeFileSync(at('jobs.csv.part'), '1\n');
  assert.deepEqual(await look(0), []);
  renameSync(at('jobs.csv.part'), at('jobs.csv'));
  assert.deepEqual(await look(0), ['+ jobs.csv']);
});

test('a second name may go away again: also by rename, links are judged after the quiet time', async (t) => {
  const { at, look } = bench(t, 'rename');
  writeFileSync(at('jobs.csv.part'), '1\n');
  linkSync(at('jobs.csv.part'), at('jobs.csv'));
  symlinkSync(at('jobs.csv'), at('departments.csv'));
  assert.deepEqual(await look(0), ['… departments.csv', '… jobs.csv']);
  unlinkSync(at('jobs.csv.part'));
  assert.deepEqual(await look(0), ['+ jobs.csv', '… departments.csv']);
  assert.deepEqual(await look(2000), ['+ departments.csv', '+ jobs.csv']);
});

test('unfinished and hidden names are passed over, in folders and of folders', async (t) => {
  const { at, look } = bench(t, 'rename');
  const names = ['.jobs.csv', '~jobs.csv', 'jobs.csv.tmp', 'jobs.csv.PART', 'jobs.csv.crdownload'];
  for (const folder of ['jobs', '.sync']) {
    mkdirSync(at(folder));
    for (const name of names) writeFileSync(at(`${folder}/${name}`), '1\n');
  }
  for (const name of names) writeFileSync(at(name), '1\n');
  writeFileSync(at('.sync/jobs.csv'), '1\n');
  assert.deepEqual(await look(0), []);
});

test('one level of folders is looked into; a folder below is told of, once it stands still', async (t) => {
  const { at, look } = bench(t, 'rename');
  mkdirSync(at('jobs/2021'), { recursive: true });
  writeFileSync(at('jobs/2021/a.csv'), '1\n');
  writeFileSync(at('jobs/b.csv'), '1\n');
  assert.deepEqual(await look(0), ['+ jobs/b.csv', '… jobs/2021']);
  await look(1000);
  assert.deepEqual(await look(1000), ['+ jobs/2021', '+ jobs/b.csv']);
});

test('what is not CSV is told of once, when it is complete', async (t) => {
  const { at, look } = bench(t);
  writeFileSync(at('jobs.xlsx'), 'x');
  await look(0);
  assert.deepEqual(await look(2000), []);
  assert.deepEqual(await look(1), ['? jobs.xlsx']);
  assert.deepEqual(await look(1), []);
  appendFileSync(at('jobs.xlsx'), 'y');
  for (const ms of [0, 2000, 1]) assert.deepEqual(await look(ms), [], 'also when it was changed');
});

test('a name that is not UTF-8 is seen, shown as %XX, and can be opened', async (t) => {
  const { at, look, poll } = bench(t, 'rename');
  const bytes = Buffer.concat([Buffer.from(at('caf')), Buffer.from([0xe9]), Buffer.from('.csv')]);
  writeFileSync(bytes, '1\n');
  writeFileSync(at('café.csv'), '1\n');
  assert.deepEqual(await look(0), ['+ caf%E9.csv', '+ café.csv']);
  const { complete } = await poll.look();
  const strange = complete.find(({ name }) => name === 'caf%E9.csv');
  assert.deepEqual(strange && poll.pathOf(strange.key), bytes);
});

test('a file that was taken away and one that came in its place are two files', async (t) => {
  const { at, look, poll } = bench(t);
  writeFileSync(at('jobs.csv'), '1\n');
  for (const ms of [0, 1000, 1000]) await look(ms);
  poll.forget('jobs.csv');
  assert.deepEqual(await look(1000), ['… jobs.csv']);
  unlinkSync(at('jobs.csv'));
  assert.deepEqual(await look(1000), []);
});

/** Once, in the next look, when it has read the names in the folder and asks about the first of them. */
function whileLooking(poll: Poll, act: () => void): void {
  const pathOf = poll.pathOf.bind(poll);
  poll.pathOf = (key) => {
    if (key === '') return pathOf(key);
    poll.pathOf = pathOf;
    act();
    return pathOf(key);
  };
}

test('a file that is put back during a look is not missed by it', async (t) => {
  const { poll, at, look } = bench(t);
  writeFileSync(at('hires.csv'), '1\n');
  whileLooking(poll, () => {
    writeFileSync(at('jobs.csv'), '1\n');
    poll.putBack('jobs.csv');
  });
  assert.deepEqual(await look(0), ['… hires.csv', '… jobs.csv']);
});

test('a look that goes through the folder twice counts once for stillness, and tells of strangers', async (t) => {
  const { poll, at, look } = bench(t);
  for (const name of ['hires.csv', 'jobs.xlsx']) writeFileSync(at(name), '1\n');
  await look(0);
  whileLooking(poll, () => poll.putBack('jobs.csv'));
  assert.deepEqual(await look(60_000), ['… hires.csv']);
  whileLooking(poll, () => poll.putBack('jobs.csv'));
  assert.deepEqual(await look(1), ['+ hires.csv', '? jobs.xlsx']);
});
