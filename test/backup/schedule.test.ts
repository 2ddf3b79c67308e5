import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Schedule } from '../../src/backup/schedule.ts';

const MINUTE = 60_000;

/** Starts a daily schedule at noon and lets `minutes` pass; answers how often it ran. */
async function runsWithin(t: TestContext, minutes: number, lastRun: Date | null): Promise<number> {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'], now: new Date(2026, 10, 22, 12) });
  let runs = 0;
  const schedule = new Schedule({
    expression: '0 3 * * *',
    lastRun: async () => lastRun,
    run: async () => {
      runs += 1;
    },
  });
  for (let minute = 0; minute < minutes; minute++) {
    t.mock.timers.tick(MINUTE);
    await new Promise((resolve) => setImmediate(resolve));
  }
  schedule.stop();
  return runs;
}

test('a run that was missed is made up for soon after the start', async (t) => {
  assert.equal(await runsWithin(t, 2, new Date(2026, 10, 21, 3, 0, 1)), 1);
});

test('so is the first one ever', async (t) => {
  assert.equal(await runsWithin(t, 2, null), 1);
});

test('none that was not missed', async (t) => {
  assert.equal(await runsWithin(t, 2, new Date(2026, 10, 22, 3, 0, 1)), 0);
});

test('it runs once a day, at its time', async (t) => {
  const today = new Date(2026, 10, 22, 3, 0, 1);
  assert.equal(await runsWithin(t, 14 * 60, today), 0);
  t.mock.timers.reset();
  assert.equal(await runsWithin(t, 16 * 60, today), 1);
  t.mock.timers.reset();
  assert.equal(await runsWithin(t, (16 + 24) * 60, today), 2);
});
