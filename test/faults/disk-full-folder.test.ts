import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabases } from './harness/databases.ts';
import { eventsDdl, eventsFile } from './harness/events.ts';
import { wake } from './harness/failpoints.ts';
import { Ending, homeOf, up } from './harness/home.ts';
import { standing, violations } from './harness/invariant.ts';
import { isDone } from './harness/kills.ts';
import { ledgerState } from './harness/ledger-state.ts';
import { fill, skip, smallDisk } from './small-disk.ts';
import { drop, leftovers, until, whereIs } from './up-process.ts';

/** The folder's own disk is full, that of the table is not: what is told and kept is true, and on it goes by itself. */

const MEGABYTES = 2;
const LINES = 2000;

interface Full {
  readonly what: string;
  /** Where it stops to let the disk be filled; null: before the file is complete. */
  readonly failpoint: 'after_claim' | 'before_receipt' | null;
  /** What the ledger says meanwhile. */
  readonly states: readonly string[];
}

const FULL: readonly Full[] = [
  { what: 'before a file is taken', failpoint: null, states: ['receiving'] },
  { what: 'when it lies in work', failpoint: 'after_claim', states: ['receiving'] },
  {
    what: 'when it is loaded, and its receipt is to be written to done',
    failpoint: 'before_receipt',
    states: ['completed_with_rejects'],
  },
];

for (const { what, failpoint, states } of FULL) {
  test(`the disk of data/ is full ${what}: it waits in work, told once, and is loaded once`, {
    skip,
  }, async () => {
    await using ending = new Ending();
    const databases = await openDatabases('sqlite');
    ending.after(() => databases.stop());
    const database = await databases.fresh();
    await database.run(eventsDdl('sqlite', false));
    const home = homeOf(ending, database);
    const data = join(home.path, 'data');
    const disk = smallDisk(ending, MEGABYTES, data);
    const incoming = join(data, 'incoming');
    mkdirSync(incoming);
    const file = eventsFile(1, LINES, 34);
    const running = up(ending, home, failpoint === null ? {} : { failpoint: `${failpoint}:stop:1` });
    await until(running, 'it is ready', () => running.output().includes('stop  Ctrl-C'));
    writeFileSync(join(incoming, `${file.name}.part`), file.content);
    if (failpoint === null) fill(data);
    renameSync(join(incoming, `${file.name}.part`), join(incoming, file.name));
    if (failpoint !== null) {
      await until(running, 'it stops', () => running.output().includes(`failpoint ${failpoint}`));
      fill(data);
    }
    await until(running, 'it is told', () => {
      wake(running.pid);
      return running.output().includes(`${file.name} waits`);
    });
    assert.match(running.output(), /waits, and is tried again by itself: .*(ENOSPC|no room|no space)/i);
    assert.match(
      readFileSync(join(home.path, 'log.txt'), 'utf8'),
      /WARN events-1\.csv waits.*code=disk-full/,
    );
    assert.deepEqual(whereIs(home, file.name), [`work/${file.name}`]);
    assert.deepEqual(await standing(database), []);
    const ledger = await database.snapshot((query) => ledgerState('sqlite', query));
    assert.deepEqual(
      ledger?.loads.map(({ state }) => state),
      states,
    );
    const done = join(data, 'done');
    const shown = readdirSync(done).filter((name) => !name.startsWith('.'));
    assert.deepEqual(shown, [], 'no receipt of what is not done');

    disk.grow();
    await until(running, 'it goes on', () => isDone(home, [file]));
    assert.equal(await running.stop(), 0, running.output());
    assert.equal(running.output().match(/ waits, and is tried again/g)?.length, 1, running.output());
    assert.deepEqual(await violations(database, { files: [file], held: [], home }), []);
    assert.deepEqual(leftovers(home), []);
    assert.deepEqual(readdirSync(done).sort(), [file.name, `${file.name}.receipt.json`]);
  });
}

test('done lies on another file system: the file waits in work, it is said why, and goes on when that is mended', {
  skip,
}, async () => {
  await using ending = new Ending();
  const databases = await openDatabases('sqlite');
  ending.after(() => databases.stop());
  const database = await databases.fresh();
  await database.run(eventsDdl('sqlite', false));
  const home = homeOf(ending, database);
  const done = join(home.path, 'data', 'done');
  mkdirSync(done);
  await using disks = new Ending();
  smallDisk(disks, MEGABYTES, done);
  const file = eventsFile(1, LINES, 35);
  const running = up(ending, home);
  drop(home, file.name, file.content);
  await until(running, 'it is told', () => running.output().includes(`${file.name} waits`));
  const log = readFileSync(join(home.path, 'log.txt'), 'utf8');
  assert.match(log, /let incoming, work, done and failed below data\/ lie on one file system/);
  assert.deepEqual(whereIs(home, file.name), [`work/${file.name}`]);
  await disks[Symbol.asyncDispose]();
  await until(running, 'it goes on', () => isDone(home, [file]));
  assert.equal(await running.stop(), 0, running.output());
  assert.deepEqual(await violations(database, { files: [file], held: [], home }), []);
});
