import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Deadline, drop, stopWithin, whereIs } from '../up-process.ts';
import { atEnd } from './at-end.ts';
import { type Database, ENGINES } from './databases.ts';
import { type EventsFile, eventsDdl, eventsFile } from './events.ts';
import { eventually, PATIENCE_MS } from './failpoints.ts';
import { type Fault, note, type Setting } from './fault.ts';
import { Ending, homeOf, up } from './home.ts';
import { standing } from './invariant.ts';
import { linesOf } from './kills.ts';
import { Sending, type Serving, serve } from './server-kills.ts';

const HOUR_S = 3600;
const JUMPS_A_RUN = 25;
/** Most files are loaded a little later. It stays until they are: another jump would mend what the first one broke. */
const JUMP_WITHIN_MS = 400;

/** 37 */
export const clockJumps: Fault = {
  number: 37,
  name: 'the clock an hour ahead or behind while files are loaded',
  engines: ENGINES,
  run: async (setting) => {
    const { databases, tally, times, say } = setting;
    while (tally.runs * JUMPS_A_RUN < times) {
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, tally.runs % 2 === 1));
      await jump({ setting, ending, database, most: tally.injected + Math.min(times, JUMPS_A_RUN) });
      tally.runs += 1;
      say(`${tally.injected} jumps, ${tally.violations.length} violations`);
    }
  },
};

interface Jumping {
  readonly setting: Setting;
  readonly ending: Ending;
  readonly database: Database;
  /** How many there are to be when it ends. */
  readonly most: number;
}

async function jump({ setting, ending, database, most }: Jumping): Promise<void> {
  const { random, seed, tally } = setting;
  // The other way would not look at the clock.
  const home = homeOf(ending, database, { completion: 'stable' });
  const clock = join(home.path, 'clock');
  const set = (seconds: number) => writeFileSync(clock, new Int32Array([seconds]));
  set(0);
  const imports = [join(import.meta.dirname, 'clock.ts')];
  const process = up(ending, home, { imports, env: { FAULT_CLOCK: clock } });
  const files: EventsFile[] = [];
  while (tally.injected < most) {
    const file = eventsFile(files.length + 1, linesOf(setting), seed + tally.runs);
    files.push(file);
    drop(home, file.name, file.content);
    await sleep(random() * JUMP_WITHIN_MS);
    set(Math.round((random() * 2 - 1) * HOUR_S));
    tally.injected += 1;
    const isSettled = () => whereIs(home, file.name).some((place) => /^(done|failed)/.test(place));
    const deadline = new Deadline(PATIENCE_MS);
    while (!isSettled()) {
      assert.ok(process.isRunning(), process.output());
      assert.ok(!deadline.isOver(), `${file.name} is not loaded: ${process.output()}`);
      await sleep(20);
    }
  }
  await process.stop();
  const found = await atEnd({ ending, database, home }, { files, isWatched: true });
  note(tally, `${database.engine}, at the end`, found);
}

const UPLOADS = 10;
const DRAINED_MS = 30_000;

/** 38 */
export const drains: Fault = {
  number: 38,
  name: 'SIGTERM with 10 uploads: exit 0 within 30 s',
  engines: ENGINES,
  run: async ({ databases, random, seed, times, isShort, tally }) => {
    for (; tally.injected < times; tally.injected += 1) {
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, tally.injected % 2 === 0));
      const home = homeOf(ending, database);
      const { server, url, port, key } = await serve(ending, home);
      const senders = Array.from(
        { length: UPLOADS },
        (_, i) => new Sending(url, key, home, { seed, before: i * 1000 }),
      );
      ending.after(() => senders.map((sender) => sender.stop()));
      for (const sender of senders) sender.isLast = true;
      const loading = senders.map((sender) => sender.go());
      await eventually('a part is loaded', () => senders.some((sender) => sender.held.length > 0));
      if (!isShort) await sleep(random() * 300);
      const { code, isLate } = await stopWithin(server, DRAINED_MS);
      const late = isLate ? [`it took more than ${DRAINED_MS} ms`] : [];
      const held = senders.flatMap((sender) => sender.held);
      const what = `${database.engine}, SIGTERM ${tally.injected + 1}`;
      const idle = senders.every(({ isDone }) => isDone) ? ['no upload was under way'] : [];
      note(tally, what, [...(code === 0 ? [] : [`exit code ${code}`]), ...late, ...idle]);
      note(tally, what, await standing(database, held));
      await serve(ending, home, port);
      await Promise.all(senders.map((sender, i) => sender.toEnd(loading[i] ?? Promise.resolve())));
      const files = senders.flatMap((sender) => sender.files);
      const all = senders.flatMap((sender) => sender.held);
      note(
        tally,
        `${what}, at the end`,
        await atEnd({ ending, database, home }, { files, held: all, isWatched: false }),
      );
      tally.runs += 1;
    }
  },
};

const AT_ONCE = 20;
const REQUESTS_A_RUN = 10;

/** 36: one of them does the work, the others are given its answer or told that it runs. */
export const sameKeys: Fault = {
  number: 36,
  name: `the same request ${AT_ONCE} times at once`,
  engines: ENGINES,
  run: async ({ databases, seed, times, tally }) => {
    while (tally.injected < times) {
      await using ending = new Ending();
      const database = await databases.fresh();
      await database.run(eventsDdl(database.engine, tally.runs % 2 === 1));
      const serving = await serve(ending, homeOf(ending, database));
      const most = Math.min(times, tally.injected + REQUESTS_A_RUN);
      for (; tally.injected < most; tally.injected += 1) {
        // Of no file: a request's load has no name to know it by.
        const file = eventsFile(0, 2000, seed + tally.injected);
        note(
          tally,
          `${database.engine}, request ${tally.injected + 1}`,
          await together(serving, database, file),
        );
        await database.run('DELETE FROM events');
      }
      tally.runs += 1;
    }
  },
};

/** What is wrong with the answers to the same request many times at once, or with the rows it left. */
async function together(
  { url, key }: Serving,
  database: Database,
  { content, expected }: EventsFile,
): Promise<string[]> {
  const headers = {
    authorization: `Bearer ${key}`,
    'idempotency-key': crypto.randomUUID(),
    'content-type': 'text/csv',
  };
  const ask = () => fetch(`${url}/v1/tables/events/rows`, { method: 'POST', headers, body: content });
  const answers = await Promise.all(Array.from({ length: AT_ONCE }, ask));
  const odd = answers.filter(({ status }) => status !== 200 && status !== 409);
  const first = answers.filter((each) => each.ok && !each.headers.has('idempotency-replayed'));
  const [row] = await database.snapshot((query) =>
    query('SELECT count(*) AS n, sum(e.line) AS line_sum FROM events e'),
  );
  return [
    ...odd.map(({ status }) => `an answer of ${status}`),
    ...(first.length === 1 ? [] : [`${first.length} of them did the work`]),
    ...(Number(row?.n) === expected.inserted ? [] : [`${row?.n} rows, expected ${expected.inserted}`]),
    ...(Number(row?.line_sum) === expected.lineSum ? [] : ['other rows than were sent']),
  ];
}
