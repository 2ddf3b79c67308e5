import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { drop, type Up, whereIs } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type Databases, ENGINES } from './databases.ts';
import type { Disk } from './disk.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { eventually } from './failpoints.ts';
import { type Fault, note, type Setting } from './fault.ts';
import { Ending, type FaultsHome, homeOf, up } from './home.ts';
import { standing } from './invariant.ts';
import { finish, isDone } from './kills.ts';

const LINES = 4000;
/** From one N to the next, where not each of them is tried. */
const GROWTH = 1.4;
const grown = (nth: number): number => Math.ceil(nth * GROWTH);
/** A load on a server writes some hundreds of times. */
const EACH_TO = 20;
const FULL_MS = 1500;

interface Case {
  readonly disk: Disk;
  readonly databases: Databases;
  readonly home: FaultsHome;
  readonly file: EventsFile;
  readonly process: Up;
}

/** 33: of SQLite's database and of the folder, or of the database server's files. */
export const writeErrors: Fault = {
  number: 33,
  name: 'an I/O error at the Nth write, N = 1 … until a load came to its end without one',
  engines: ENGINES,
  run: (setting) =>
    eachWrite(
      setting,
      (nth) => (nth < EACH_TO ? nth + 1 : grown(nth)),
      (disk, nth) => disk.failOnce(nth),
      async ({ home, file, process, databases }) => {
        const settled = () => whereIs(home, file.name).some((place) => /^(done|failed)/.test(place));
        const deadline = Date.now() + 5000;
        while (!settled() && process.isRunning() && Date.now() < deadline) await sleep(20);
        await process.stop();
        await revive(databases);
        const failed = join(home.path, 'data', 'failed', file.name);
        if (existsSync(failed)) renameSync(failed, join(home.path, 'data', 'incoming', file.name));
      },
    ),
};

/** 34: the process goes on by itself when there is room again. */
export const fullDisks: Fault = {
  number: 34,
  name: 'the disk full from the Nth write on, and room again',
  engines: ENGINES,
  run: (setting) =>
    eachWrite(
      setting,
      grown,
      (disk, nth) => disk.fill(nth),
      async ({ disk, home, file, process, databases }) => {
        await sleep(FULL_MS);
        disk.heal();
        await revive(databases);
        await eventually('it goes on when there is room', () => isDone(home, [file]));
        await process.stop();
      },
    ),
};

async function eachWrite(
  { databases, disk, times, seed, say, tally }: Setting,
  next: (nth: number) => number,
  fail: (disk: Disk, nth: number) => void,
  goOn: (each: Case) => Promise<void>,
): Promise<void> {
  const { engine } = databases;
  const tried: number[] = [];
  for (let nth = 1; tally.injected < times; nth = next(nth)) {
    await using ending = new Ending();
    const database = await databases.fresh();
    await database.run(eventsDdl(engine, tally.runs % 2 === 0));
    const home = homeOf(ending, database);
    const file = eventsFile(1, LINES, seed + nth);
    const process = up(ending, home, engine === 'sqlite' ? { env: disk.env } : {});
    await eventually('it is ready', () => process.output().includes('stop  Ctrl-C'));
    fail(disk, nth);
    drop(home, file.name, file.content);
    await eventually('a write fails, or none does', () => disk.failed > 0 || isDone(home, [file]));
    const what = `${engine}, write ${nth}`;
    const isHit = disk.failed > 0;
    await goOn({ disk, databases, home, file, process });
    disk.heal();
    note(tally, what, await standing(database));
    await finish(ending, home, [file]);
    note(
      tally,
      `${what}, at the end`,
      await atEnd({ ending, database, home }, { files: [file], isWatched: true }),
    );
    tally.runs += 1;
    if (isHit) tried.push(nth);
    const end = isHit ? '' : `; a load came to its end before write ${nth}`;
    tally.told.splice(0, 1, `N = ${inWords(tried)}${end}`);
    if (!isHit) return;
    tally.injected += 1;
    say(`write ${nth}: ${tally.violations.length} violations`);
  }
}

/** `1–3, 5`: numbers in rising order. */
function inWords(numbers: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const each of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === each - 1) last[1] = each;
    else runs.push([each, each]);
  }
  return runs.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ');
}

/** A server that ended at the fault is started again; one that recovers by itself is waited for. */
async function revive({ server }: Databases): Promise<void> {
  if (server === null) return;
  await eventually('the database is there again', () => !server.isRunning() || server.answers());
  if (!server.isRunning()) await server.start();
}
