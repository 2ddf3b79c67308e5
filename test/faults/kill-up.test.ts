import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mulberry32 } from './generated-hires.ts';
import { atEnd } from './harness/at-end.ts';
import { type Database, openDatabases } from './harness/databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './harness/events.ts';
import { type FaultsHome, homeOf, up } from './harness/home.ts';
import { finish, isDone } from './harness/kills.ts';
import { ledgerState } from './harness/ledger-state.ts';
import { drop, leftovers, until } from './up-process.ts';

/** SIGKILL of `rowferry up` in the middle of a file, start again: each row once, and the balance holds. */

const LINES = 250_000;
const ROUNDS = 8;
const SEED = 20_261_122;
/** Batches are committed a few times a second: kills fall before, into and after the next one. */
const JITTER_MS = 80;

interface Round {
  readonly t: TestContext;
  readonly database: Database;
  readonly home: FaultsHome;
  readonly file: EventsFile;
}

test(`killed ${ROUNDS} times in the middle of files of ${LINES} rows: each row is there once`, async (t) => {
  const random = mulberry32(SEED);
  const file = eventsFile(1, LINES, SEED);
  const databases = await openDatabases('sqlite');
  t.after(() => databases.stop());
  const killedAt: number[] = [];
  for (let run = 0; killedAt.length < ROUNDS; run++) {
    const database = await databases.fresh();
    await database.run(eventsDdl('sqlite', run % 2 === 0));
    const home = homeOf(t, database);
    drop(home, file.name, file.content);
    while (killedAt.length < ROUNDS && !isDone(home, [file])) {
      killedAt.push(await killedRound({ t, database, home, file }, random));
    }
    await finish(t, home, [file]);
    const work = { ending: t, database, home };
    assert.deepEqual(await atEnd(work, { files: [file], isWatched: true }), []);
    assert.deepEqual(leftovers(home), []);
  }
  t.diagnostic(`killed after so many rows: ${killedAt.join(' ')}`);
  const midway = killedAt.filter((rows) => rows > 0 && rows < LINES).length;
  assert.ok(midway >= ROUNDS / 4, `only ${midway} kills fell between two batches`);
});

/** Waits for the next batch or not, then a moment. Returns the rows that were committed. */
async function killedRound({ t, database, home, file }: Round, random: () => number): Promise<number> {
  const wanted = (await batchesOf(database)).length + Math.floor(random() * 2);
  const process = up(t, home);
  await until(
    process,
    'the file is taken',
    () => isDone(home, [file]) || process.output().includes('loading'),
  );
  while (process.isRunning() && !isDone(home, [file]) && (await batchesOf(database)).length < wanted) {
    await sleep(5);
  }
  await sleep(random() * JITTER_MS);
  await process.kill();
  return (await batchesOf(database)).reduce((sum, rows) => sum + rows, 0);
}

/** Rows read in each batch that the ledger holds. */
async function batchesOf({ engine, snapshot }: Database): Promise<number[]> {
  const ledger = await snapshot((query) => ledgerState(engine, query));
  return ledger?.batches.map(({ read }) => read) ?? [];
}
