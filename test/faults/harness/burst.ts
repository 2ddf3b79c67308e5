import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildProgram } from '../built.ts';
import { drop, PLACES, type Place, peakMegabytes, type Up } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { ENGINES } from './databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { type Fault, note } from './fault.ts';
import { builtUp, Ending, type FaultsHome, homeOf } from './home.ts';
import type { Held } from './invariant.ts';

const LINES = 3;
const SAME_MTIME_S = 1_700_000_000;
/** From one look at the folder to the next, for each thousand files in it. */
const LOOK_MS = 100;
const MOST_RESIDENT_MB = 400;
/** So long none is done, by the looks: a time in which the machine stands still is none. */
const STUCK_MS = 120_000;
/** Characters of what the process printed. */
const MOST_TOLD = 2000;

/** 40: what else of it there is stands in test/watch, where it is listed in docs/reliability.md. */
export const burst: Fault = {
  number: 40,
  name: 'a burst of small files with equal mtimes, and a kill -9 in its middle',
  engines: ENGINES,
  run: async ({ databases, seed, times, say, tally }) => {
    await using ending = new Ending();
    const database = await databases.fresh();
    await database.run(eventsDdl(database.engine, true));
    const home = homeOf(ending, database);
    const program = buildProgram(ending);
    const files: EventsFile[] = [];
    const started = performance.now();
    const first = builtUp(ending, home, program);
    for (; files.length < times; tally.injected += 1) {
      const file = eventsFile(files.length + 1, LINES, seed);
      drop(home, file.name, file.content);
      utimesSync(join(home.path, 'data', 'incoming', file.name), SAME_MTIME_S, SAME_MTIME_S);
      files.push(file);
      // The process is this one's child, whose output waits to be read.
      if (files.length % 100 === 0) await sleep(0);
    }
    const lookMs = LOOK_MS * Math.max(1, times / 1000);
    const stuck = await untilDone(home, first, times / 2, lookMs);
    const peaks = [peakOf(first)];
    await first.kill();
    say(`killed when ${namesIn(home, 'done').length} of ${times} were done`);
    const second = builtUp(ending, home, program);
    stuck.push(...(await untilDone(home, second, times, lookMs)));
    peaks.push(peakOf(second));
    const seconds = Math.round((performance.now() - started) / 1000);
    const most = Math.max(...peaks);
    tally.told.push(
      `${times} files in ${seconds} s with both starts; ${peaks.join(' and ')} MB resident at most`,
    );
    await second.stop();
    const held = files.flatMap((file) => receiptOf(home, file));
    const found = await atEnd({ ending, database, home }, { files, held, isWatched: false });
    note(tally, `${database.engine}, ${times} files`, [
      ...stuck,
      ...found,
      ...misplaced(home, files),
      ...(held.length === times ? [] : [`(d) ${held.length} receipts of ${times} files`]),
      ...(most < MOST_RESIDENT_MB ? [] : [`${most} MB were resident`]),
    ]);
    tally.runs += 1;
  },
};

const peakOf = (up: Up): number => (up.isRunning() ? peakMegabytes(up) : 0);

/** Until so many files are done; what is wrong when the process ends before, or does no more of them. */
async function untilDone(home: FaultsHome, up: Up, enough: number, lookMs: number): Promise<string[]> {
  let done = 0;
  for (let looks = 0; looks * lookMs < STUCK_MS; looks += 1) {
    const now = namesIn(home, 'done').length;
    if (now >= enough) return [];
    if (!up.isRunning()) return [`up ended when ${now} were done: ${up.output().slice(-MOST_TOLD)}`];
    if (now > done) looks = 0;
    done = now;
    await sleep(lookMs);
  }
  return [`none is done any more, after ${done}`];
}

const namesIn = (home: FaultsHome, place: Place): string[] => {
  const folder = join(home.path, 'data', place);
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.csv')) : [];
};

/** (e) of many files, by one look into each place. */
function misplaced(home: FaultsHome, files: readonly EventsFile[]): string[] {
  const done = new Set(namesIn(home, 'done'));
  const elsewhere = PLACES.filter((place) => place !== 'done').flatMap((place) =>
    namesIn(home, place).map((name) => `(e) ${name} lies in ${place}`),
  );
  const missing = files
    .filter(({ name }) => !done.delete(name))
    .map(({ name }) => `(e) ${name} is not in done`);
  return [...elsewhere, ...missing, ...[...done].map((name) => `(e) ${name} was not dropped`)];
}

function receiptOf(home: FaultsHome, { name }: EventsFile): Held[] {
  const path = join(home.path, 'data', 'done', `${name}.receipt.json`);
  if (!existsSync(path)) return [];
  const { load, read, inserted, rejected } = JSON.parse(readFileSync(path, 'utf8'));
  return [{ load, read, inserted, rejected, range: null }];
}
