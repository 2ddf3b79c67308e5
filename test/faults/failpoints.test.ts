import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabases } from './harness/databases.ts';
import { eventsDdl, eventsFile } from './harness/events.ts';
import { homeOf, up } from './harness/home.ts';
import { violations } from './harness/invariant.ts';
import { finish } from './harness/kills.ts';
import { drop, until, whereIs } from './up-process.ts';

/** Faults at one place that the harness once found to leave something undone. */

test('a file that was claimed when the disk failed is put back, not left in work', async (t) => {
  const { fresh, stop } = await openDatabases('sqlite');
  t.after(stop);
  const database = await fresh();
  await database.run(eventsDdl('sqlite', true));
  const home = homeOf(t, database);
  const file = eventsFile(1, 1000, 1);
  const process = up(t, home, { failpoint: 'after_claim:throw:1' });
  drop(home, file.name, file.content);
  await until(process, 'it failed', () => process.output().includes('failpoint after_claim: throw'));
  await until(process, 'it is said', () => process.output().includes(`${file.name} waits`));
  assert.deepEqual(whereIs(home, file.name), [`incoming/${file.name}`]);
  assert.equal(await process.stop(), 0, process.output());
  await finish(t, home, [file]);
  assert.deepEqual(await violations(database, { files: [file], held: [], home }), []);
});
