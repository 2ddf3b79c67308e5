import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Schedule } from '../../src/backup/schedule.ts';
import { openDatabase } from '../../src/database/open.ts';
import { RowferryError } from '../../src/errors.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { lastRunOf } from '../../src/ledger/schedules.ts';
import { createLog } from '../../src/log.ts';

/** A clock that the test moves, a ledger in a SQLite file, and servers that look at both. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP = 20_000;

type Work = () => Promise<void>;

interface Server {
  readonly schedule: Schedule;
  /** The due times and moments of its runs, as local time. */
  readonly runs: string[];
}

interface World {
  server(options?: {
    expression?: string;
    place?: string;
    startsAtOnce?: boolean;
    work?: Work;
  }): Promise<Server>;
  /** Lets so many milliseconds pass, in steps: those of the schedule, or longer ones where it is about hours. */
  pass(ms: number, step?: number): Promise<void>;
  /** Sets the clock, but not the time that passed. */
  setClock(to: Date): void;
  state(): Promise<string | undefined>;
  readonly logged: string[];
}

const local = (time: Date): string => time.toLocaleString('sv-SE');

async function world(t: TestContext, start: Date): Promise<World> {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-schedule-'));
  const url = `sqlite:${join(folder, 'x.sqlite')}`;
  const ledger = await openDatabase(url);
  await migrate(ledger);
  let now = start.getTime();
  let elapsed = 0;
  const clock = { now: () => new Date(now), elapsed: () => elapsed };
  const schedules: Schedule[] = [];
  const logged: string[] = [];
  const log = createLog({ destination: { write: (line) => logged.push(line) } });
  t.after(async () => {
    for (const schedule of schedules) schedule.stop();
    await ledger.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    logged,
    server: async ({ expression = '0 3 * * *', place = 'here', startsAtOnce = true, work } = {}) => {
      const runs: string[] = [];
      const run: Work = async () => {
        runs.push(local(clock.now()));
        await work?.();
      };
      const options = { name: 'backup', setting: 'backupSchedule', expression, place, startsAtOnce };
      const schedule = new Schedule({ ...options, ledger, log, clock, run });
      schedules.push(schedule);
      return { schedule, runs };
    },
    pass: async (ms, step = ms < HOUR ? STEP : MINUTE) => {
      for (let passed = 0; passed < ms; passed += step) {
        now += step;
        elapsed += step;
        t.mock.timers.tick(step);
        await settle();
      }
    },
    setClock: (to) => {
      now = to.getTime();
    },
    state: async () => (await lastRunOf(ledger, 'backup'))?.state,
  };
}

const NOON = new Date(2026, 10, 22, 12);
const forever: Work = () => new Promise(() => undefined);

test('the first run ever comes soon after the start, and then once a day at its time', async (t) => {
  const { server, pass, state } = await world(t, NOON);
  const { runs, schedule } = await server();
  assert.equal(local(schedule.nextRun() ?? NOON), '2026-11-23 03:00:00');
  await pass(MINUTE - STEP);
  assert.deepEqual(runs, []);
  await pass(STEP);
  assert.deepEqual(runs, ['2026-11-22 12:01:00']);
  assert.equal(await state(), 'done');
  await pass(63 * HOUR);
  assert.deepEqual(runs.slice(1), ['2026-11-23 03:00:00', '2026-11-24 03:00:00', '2026-11-25 03:00:00']);
});

test('one that starts with the next due time leaves the first one out', async (t) => {
  const { server, pass, state } = await world(t, NOON);
  const { runs } = await server({ startsAtOnce: false });
  await pass(14 * HOUR);
  assert.deepEqual(runs, []);
  assert.equal(await state(), 'skipped');
  await pass(HOUR);
  assert.deepEqual(runs, ['2026-11-23 03:00:00']);
});

test('what was missed is made up for once, after each restart nothing', async (t) => {
  const { server, pass, setClock } = await world(t, NOON);
  const first = await server();
  await pass(2 * MINUTE);
  first.schedule.stop();
  setClock(new Date(2026, 10, 26, 12));
  for (const expected of [['2026-11-26 12:01:00'], [], []]) {
    const { runs, schedule } = await server();
    await pass(2 * HOUR);
    schedule.stop();
    assert.deepEqual(runs.length, expected.length);
    if (expected.length > 0) assert.deepEqual(runs, expected);
  }
});

test('a failure is recorded, and the schedule goes on', async (t) => {
  const { server, pass, state, logged } = await world(t, NOON);
  let fails = true;
  const { runs } = await server({
    work: async () => {
      if (fails) throw new RowferryError('disk-full', 'no room');
    },
  });
  await pass(2 * MINUTE);
  assert.equal(await state(), 'failed');
  assert.match(logged.join(''), /the scheduled backup failed/);
  fails = false;
  await pass(15 * HOUR);
  assert.equal(runs.length, 2);
  assert.equal(await state(), 'done');
});

test('two servers of one home run each due time once', async (t) => {
  const { server, pass } = await world(t, NOON);
  const servers = [await server(), await server()];
  await pass(3 * 24 * HOUR);
  const runs = servers.flatMap((each) => each.runs).sort();
  assert.equal(runs.length, 4);
  assert.deepEqual(
    runs.slice(1).map((run) => run.slice(-8)),
    Array.from({ length: 3 }, () => '03:00:00'),
  );
});

test('of two homes the same one goes on, until it is not there any more', async (t) => {
  const { server, pass } = await world(t, NOON);
  const here = await server();
  await pass(2 * MINUTE);
  const there = await server({ place: 'there' });
  await pass(2 * 24 * HOUR);
  assert.deepEqual([here.runs.length, there.runs.length], [3, 0]);
  here.schedule.stop();
  await pass(2 * 24 * HOUR);
  assert.deepEqual(there.runs, ['2026-11-25 03:10:00', '2026-11-26 03:00:00']);
});

test('a run whose server was killed is made up for when it gave no sign for two minutes, three times at most', async (t) => {
  const { server, pass, state, logged } = await world(t, NOON);
  const attempts: number[] = [];
  for (let attempt = 1; attempt <= 3; attempt++) {
    const { runs, schedule } = await server({ work: forever });
    await pass(4 * MINUTE);
    attempts.push(runs.length);
    assert.equal(await state(), 'running');
    schedule.stop();
  }
  assert.deepEqual(attempts, [1, 1, 1]);
  const { runs } = await server();
  await pass(MINUTE + STEP);
  assert.deepEqual([runs.length, await state()], [0, 'running'], 'it may be at work still');
  await pass(2 * MINUTE);
  assert.deepEqual([runs.length, await state()], [0, 'failed']);
  assert.match(logged.join(''), /cut short 3 times/);
  await pass(16 * HOUR);
  assert.deepEqual(
    runs.map((run) => run.slice(0, 15)),
    ['2026-11-23 03:0'],
  );
});

test('a run that takes long is left alone by the others, for as long as it gives signs', async (t) => {
  const { server, pass } = await world(t, NOON);
  let finish: () => void = () => undefined;
  const slow = await server({
    work: () =>
      new Promise((resolve) => {
        finish = resolve;
      }),
  });
  await pass(2 * MINUTE);
  const other = await server();
  await pass(20 * HOUR);
  assert.deepEqual([slow.runs.length, other.runs.length], [1, 0]);
  finish();
  await pass(2 * MINUTE);
  assert.equal(slow.runs.length + other.runs.length, 2, 'the one that had to wait');
});

test('a run that was ended with its server is begun again by the next one', async (t) => {
  const { server, pass, state } = await world(t, NOON);
  let end: (error: Error) => void = () => undefined;
  const first = await server({
    work: () =>
      new Promise((_, reject) => {
        end = reject;
      }),
  });
  await pass(2 * MINUTE);
  first.schedule.stop();
  end(new RowferryError('shutting-down', 'the program stops'));
  await first.schedule.ended();
  assert.equal(await state(), 'cut');
  const { runs } = await server();
  await pass(2 * MINUTE);
  assert.equal(runs.length, 1);
  assert.equal(await state(), 'done');
});

test('a clock that is set back by an hour runs nothing twice; by three days, each day once again', async (t) => {
  const { server, pass, setClock, logged } = await world(t, NOON);
  const { runs } = await server();
  await pass(16 * HOUR);
  assert.equal(runs.length, 2);
  setClock(new Date(2026, 10, 23, 2, 30));
  await pass(2 * HOUR);
  assert.equal(runs.length, 2);
  setClock(new Date(2026, 10, 20, 12));
  await pass(HOUR);
  assert.equal(runs.length, 2);
  assert.match(logged.join(''), /the clock was set back/);
  await pass(15 * HOUR);
  assert.equal(runs.at(-1), '2026-11-21 03:00:00');
});

test('where summer time begins and ends each day has one run', async (t) => {
  const zone = process.env.TZ;
  t.after(() => {
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
  });
  process.env.TZ = 'Europe/Berlin';
  for (const start of ['2026-10-24T12:00:00Z', '2027-03-27T12:00:00Z']) {
    await t.test(start, async (inner) => {
      const { server, pass } = await world(inner, new Date(start));
      const { runs } = await server({ expression: '30 2 * * *', startsAtOnce: false });
      await pass(72 * HOUR, MINUTE);
      assert.equal(new Set(runs.map((run) => run.slice(0, 10))).size, 3, runs.join());
      assert.equal(runs.length, 3, runs.join());
    });
  }
});
