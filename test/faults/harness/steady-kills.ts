import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Rowferry } from '../../../src/client/client.ts';
import { buildProgram, type Program } from '../built.ts';
import { atEnd } from './at-end.ts';
import { ENGINES } from './databases.ts';
import { eventsDdl, eventsFile } from './events.ts';
import { type Fault, note, type Setting } from './fault.ts';
import { Ending, homeOf } from './home.ts';
import { type Held, standing } from './invariant.ts';
import { heldOf, type Serving, serve } from './server-kills.ts';

const LINES = 1_000_000;
/** From the moment it listens. */
const LIFE_MS = 1000;
/** Of the undisturbed time; that of the restarts comes on top. */
const MOST = 1.5;
const WAIT_MS = 600_000;

/**
 * A file of a million rows while its server is killed every second that it answers: it ends, and takes little more than
 * undisturbed. Beside each such load an undisturbed one is measured, since machines are not as fast at all times. The
 * server is what users run, since the threads of one that strips types as they start are not there yet when it listens.
 */
export const steadyKills: Fault = {
  number: 31,
  key: 'steady-kills',
  name: '1,000,000 rows, the server killed a second after each start',
  engines: ENGINES,
  run: async (setting) => {
    const { tally, times, databases } = setting;
    await using building = new Ending();
    const program = buildProgram(building);
    const pairs: Pair[] = [];
    while (pairs.length < times) {
      const pair = await compared(setting, program);
      pairs.push(pair);
      setting.say(toldOf(pair));
      tally.told.push(toldOf(pair));
    }
    const median = pairs.toSorted((a, b) => ratioOf(a) - ratioOf(b))[pairs.length >> 1];
    const isSlow = median !== undefined && ratioOf(median) > MOST;
    note(tally, databases.engine, isSlow ? [`it took ${toldOf(median)}`] : []);
  },
};

/** Milliseconds. */
interface Pair {
  readonly undisturbed: number;
  readonly disturbed: number;
  /** From each kill until the server listened again, together. */
  readonly restarts: number;
  readonly kills: number;
}

async function compared(setting: Setting, program: Program): Promise<Pair> {
  const { tally } = setting;
  const undisturbed = await loaded(setting, program, async () => {});
  const before = tally.injected;
  let restarts = 0;
  const disturbed = await loaded(setting, program, async (ending, home, serving, isDone) => {
    let { server } = serving;
    for (;;) {
      await Promise.race([sleep(LIFE_MS), isDone]);
      if (await hasEnded(isDone)) return;
      const killed = performance.now();
      await server.kill();
      tally.injected += 1;
      server = (await serve(ending, home, serving.port, { program })).server;
      restarts += performance.now() - killed;
    }
  });
  return { undisturbed, disturbed, restarts, kills: tally.injected - before };
}

const ratioOf = ({ undisturbed, disturbed, restarts }: Pair): number => (disturbed - restarts) / undisturbed;

function toldOf(pair: Pair): string {
  const { undisturbed, disturbed, restarts, kills } = pair;
  return `${seconds(undisturbed)} undisturbed; ${seconds(disturbed)} with ${kills} kills, ${seconds(restarts)} of it restarts: ${ratioOf(pair).toFixed(2)} of the undisturbed beside them`;
}

type Disturb = (
  ending: Ending,
  home: ReturnType<typeof homeOf>,
  serving: Serving,
  isDone: Promise<unknown>,
) => Promise<unknown>;

/** Milliseconds from the first request to the receipt. */
async function loaded(
  { databases, seed, tally }: Setting,
  program: Program,
  disturb: Disturb,
): Promise<number> {
  await using ending = new Ending();
  const database = await databases.fresh();
  await database.run(eventsDdl(database.engine, true));
  const home = homeOf(ending, database);
  const serving = await serve(ending, home, '0', { program });
  const file = eventsFile(1, LINES, seed);
  const path = join(home.path, file.name);
  writeFileSync(path, file.content);
  const client = new Rowferry({ url: serving.url, key: serving.key });
  ending.after(() => client.close());
  const held: Held[] = [];
  const onPart = (receipt: Parameters<typeof heldOf>[0]) => void held.push(heldOf(receipt));
  const started = performance.now();
  const loading = client.load(path, { table: 'events', waitMs: WAIT_MS, onPart });
  let took = 0;
  const done = loading.then((result) => {
    took = performance.now() - started;
    held.push({ ...result, range: null });
  });
  await Promise.all([disturb(ending, home, serving, done), done]);
  note(tally, `${database.engine}, loaded`, await standing(database, held));
  const found = await atEnd({ ending, database, home }, { files: [file], held, isWatched: false });
  note(tally, `${database.engine}, at the end`, found);
  tally.runs += 1;
  return took;
}

async function hasEnded(work: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    work.then(
      () => true,
      () => true,
    ),
    sleep(0).then(() => false),
  ]);
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
