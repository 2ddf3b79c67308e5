import { setTimeout as sleep } from 'node:timers/promises';
import type { Scope, Up } from '../up-process.ts';
import { drop, until, whereIs } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type Database, ENGINES } from './databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { type Fault, note, type Setting, type Tally } from './fault.ts';
import { Ending, type FaultsHome, homeOf, up } from './home.ts';
import { standing } from './invariant.ts';
import { killServers } from './server-kills.ts';

/** Two parts and the rest: announce, three commits, the end, receipt and rename. */
export const LINES = 120_000;
/** Of a file of a run: two parts in a short one. */
export const linesOf = ({ isShort }: Pick<Setting, 'isShort'>): number => (isShort ? LINES / 4 : LINES);
const FILES_A_RUN = 4;

/** 31: half of the kills hit `up`, with which the client dies, half a server whose client lives on. */
export const kills: Fault = {
  number: 31,
  name: 'kill -9 of `up`, and of a server under a client, at random points',
  engines: ENGINES,
  run: async (setting) => {
    const { tally } = setting;
    while (tally.injected < setting.times) {
      await using ending = new Ending();
      const database = await setting.databases.fresh();
      await database.run(eventsDdl(database.engine, tally.runs % 4 < 2));
      const work = { setting, tally, ending, database };
      await (tally.runs % 2 === 0 ? killUps(work) : killServers(work));
      tally.runs += 1;
      setting.say(`${tally.injected} of ${setting.times} kills, ${tally.violations.length} violations`);
    }
  },
};

export interface Work {
  readonly setting: Setting;
  readonly tally: Tally;
  readonly ending: Ending;
  readonly database: Database;
}

/** Four runs at least of many, two of few. */
export const killsARun = (times: number): number => Math.ceil(times / (times < 50 ? 2 : 8));

async function killUps({ setting, tally, ending, database }: Work): Promise<void> {
  const home = homeOf(ending, database);
  const most = Math.min(setting.times, tally.injected + killsARun(setting.times));
  const files: EventsFile[] = [];
  while (tally.injected < most && (files.length < FILES_A_RUN || !isDone(home, files))) {
    if (isDone(home, files)) files.push(dropped(home, files.length + 1, setting));
    await killedOnce(ending, home, files, setting);
    tally.injected += 1;
    note(tally, `${database.engine}, kill ${tally.injected} of up`, await standing(database));
  }
  await finish(ending, home, files);
  note(
    tally,
    `${database.engine}, at the end`,
    await atEnd({ ending, database, home }, { files, isWatched: true }),
  );
}

function dropped(home: FaultsHome, number: number, setting: Setting): EventsFile {
  const file = eventsFile(number, linesOf(setting), setting.seed);
  drop(home, file.name, file.content);
  return file;
}

export const isDone = (home: FaultsHome, files: readonly EventsFile[]): boolean =>
  files.every(({ name }) => whereIs(home, name).some((place) => place.startsWith('done/')));

/** One in five falls into the start of the process, the others into the time that a file takes. */
async function killedOnce(
  scope: Scope,
  home: FaultsHome,
  files: readonly EventsFile[],
  { random }: Setting,
): Promise<void> {
  const process = up(scope, home);
  if (random() < 0.2) await sleep(random() * 1500);
  else {
    await until(process, 'a file is taken', () => isDone(home, files) || isLoading(process));
    await sleep(random() * 1200);
  }
  await process.kill();
}

const isLoading = (process: Up): boolean => process.output().includes('loading');

export async function finish(scope: Scope, home: FaultsHome, files: readonly EventsFile[]): Promise<void> {
  const last = up(scope, home);
  await until(last, 'it has settled', () => last.output().includes('stop  Ctrl-C'));
  await until(last, 'all files are loaded', () => isDone(home, files));
  await last.stop();
}
