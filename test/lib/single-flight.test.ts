import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SingleFlight } from '../../src/lib/single-flight.ts';

test('those who ask while it runs have the same answer; who asks later has a new one', async () => {
  const flight = new SingleFlight<number>();
  let runs = 0;
  const work = async (): Promise<number> => {
    runs += 1;
    await new Promise((resolve) => setImmediate(resolve));
    return runs;
  };
  assert.deepEqual(await Promise.all([flight.run(work), flight.run(work), flight.run(work)]), [1, 1, 1]);
  assert.equal(await flight.run(work), 2);
});

test('a failure is that of all who wait, and the next one tries again', async () => {
  const flight = new SingleFlight<string>();
  const failing = [flight.run(() => Promise.reject(new Error('no'))), flight.run(async () => 'not run')];
  await flight.settled();
  for (const each of failing) await assert.rejects(each, /^Error: no$/);
  assert.equal(await flight.run(async () => 'yes'), 'yes');
});
