import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Failpoint } from '../../../src/lib/failpoint.ts';
import { Deadline, drop, type Up, whereIs } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type Database, ENGINES } from './databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { type Fault, note, type Tally } from './fault.ts';
import { Ending, type FaultsHome, homeOf, up } from './home.ts';
import { standing } from './invariant.ts';
import { finish, isDone, LINES } from './kills.ts';

/** How often a file of three parts passes each place, the start of the process included. */
const PASSES: Readonly<Record<Failpoint, number>> = {
  after_claim: 1,
  after_rows: 3,
  before_ledger: 3,
  before_commit: 6,
  after_commit: 6,
  before_receipt: 1,
  before_rename: 1,
};
const ACTS = ['kill', 'stop', 'throw'] as const;
type Act = (typeof ACTS)[number];

const POINTS = Object.entries(PASSES).flatMap(([name, most]) => ACTS.map((act) => ({ name, most, act })));
/** A stopped process is woken when another one has had the time to load its file. */
const ASLEEP_MS = 3000;
export const PATIENCE_MS = 90_000;

/** 32: each failpoint with each act; `times` is how many of the pairs are taken, from a random one on. */
export const failpoints: Fault = {
  number: 32,
  name: 'every failpoint × kill, stop, throw',
  engines: ENGINES,
  run: async ({ databases, random, seed, times, say, tally }) => {
    const first = Math.floor(random() * POINTS.length);
    for (let i = 0; i < times; i++) {
      // A step that has no divisor in common with their number: all of them come before one comes again.
      const point = POINTS[(first + i * 8) % POINTS.length];
      if (point === undefined) continue;
      const nth = 1 + Math.floor(random() * point.most);
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, i % 2 === 0));
      const file = eventsFile(1, LINES, seed + i);
      const home = homeOf(ending, database);
      const failpoint = `${point.name}:${point.act}:${nth}`;
      const process = up(ending, home, { failpoint });
      drop(home, file.name, file.content);
      const what = `${database.engine}, ${failpoint}`;
      if (await happens(process, home, file)) tally.injected += 1;
      note(tally, what, await standing(database));
      await AFTER[point.act]({ ending, database, home, file, process, what, tally });
      note(
        tally,
        `${what}, at the end`,
        await atEnd({ ending, database, home }, { files: [file], isWatched: true }),
      );
      tally.runs += 1;
      say(`${failpoint}: ${tally.injected} of ${i + 1} passed, ${tally.violations.length} violations`);
    }
  },
};

/** False when the process came to its end, or the file to its own, without passing the place so often. */
async function happens(process: Up, home: FaultsHome, file: EventsFile): Promise<boolean> {
  const passed = () => process.output().includes('failpoint ');
  await eventually('the failpoint', () => passed() || !process.isRunning() || isDone(home, [file]));
  return passed();
}

interface Case {
  readonly ending: Ending;
  readonly database: Database;
  readonly home: FaultsHome;
  readonly file: EventsFile;
  readonly process: Up;
  readonly what: string;
  readonly tally: Tally;
}

const AFTER: Readonly<Record<Act, (each: Case) => Promise<void>>> = {
  kill: async ({ ending, home, file, process }) => {
    await process.kill();
    await finish(ending, home, [file]);
  },
  /** Another process on another machine has the same file, and loads it while this one stands still. */
  stop: async ({ ending, database, home, file, process: { pid, stop }, what, tally }) => {
    const other = homeOf(ending, database);
    drop(other, file.name, file.content);
    const otherUp = up(ending, other);
    await sleep(ASLEEP_MS);
    note(tally, `${what}, while it stands still`, await standing(database));
    await eventually('both are done', () => {
      wake(pid);
      return isDone(home, [file]) && isDone(other, [file]);
    });
    await Promise.all([stop(), otherUp.stop()]);
  },
  /**
   * It goes on by itself, or the file waits in incoming, or it lies in failed with a reason, and goes on when it is
   * dropped again.
   */
  throw: async ({ ending, home, file, process }) => {
    const settled = () => whereIs(home, file.name).some((place) => /^(done|failed|incoming)/.test(place));
    await eventually('it goes on', () => !process.isRunning() || settled());
    await process.stop();
    const failed = join(home.path, 'data', 'failed', file.name);
    if (existsSync(failed)) renameSync(failed, join(home.path, 'data', 'incoming', file.name));
    await finish(ending, home, [file]);
  },
};

/** To be called again and again: a signal to go on that comes before the one to stop would be lost. */
export const wake = (pid: number): void => void process.kill(pid, 'SIGCONT');

export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = new Deadline(PATIENCE_MS);
  while (!condition()) {
    if (deadline.isOver()) throw new Error(`did not happen: ${what}`);
    await sleep(10);
  }
}
