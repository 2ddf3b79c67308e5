import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { ENGINES, openDatabases } from './harness/databases.ts';
import { eventsDdl } from './harness/events.ts';
import { type FaultsHome, homeOf } from './harness/home.ts';
import { standing, violations } from './harness/invariant.ts';
import { Sending, serve } from './harness/server-kills.ts';
import type { Scope, Up } from './up-process.ts';
import { until } from './up-process.ts';

/** A server that must end at once. One that has its time, or cannot, is fault 38 of `npm run faults`. */

const UPLOADS = 10;
const LINES = 40_000;
const SEED = 38;
/** With what else the machine has to do. */
const AT_ONCE_MS = 3000;

const heldBy = (senders: readonly Sending[]) => senders.flatMap(({ held }) => held);

for (const engine of ENGINES) {
  const databases = await openDatabases(engine);
  after(() => databases.stop());

  test(`${engine}: a second SIGTERM ends the server at once, and the clients go on with the next`, async (t) => {
    const database = await databases.fresh();
    await database.run(eventsDdl(engine, true));
    const home = homeOf(t, database);
    const { server, url, port, key } = await serve(t, home);
    const senders = sendersTo(t, { url, key, home });
    const loading = senders.map((sender) => sender.go());
    await until(server, 'parts are taken', () => heldBy(senders).length >= 3);
    const took = await stopTwice(server);
    assert.ok(took < AT_ONCE_MS, `${took} ms`);
    assert.deepEqual(await standing(database, heldBy(senders)), []);
    t.diagnostic(`gone in ${Math.round(took)} ms`);
    await serve(t, home, port);
    await Promise.all(loading);
    const files = senders.flatMap((sender) => sender.files);
    assert.deepEqual(await violations(database, { files, held: heldBy(senders), home: null }), []);
  });
}

function sendersTo(
  t: Scope,
  { url, key, home }: { readonly url: string; readonly key: string; readonly home: FaultsHome },
): Sending[] {
  const senders = Array.from(
    { length: UPLOADS },
    (_, index) => new Sending(url, key, home, { seed: SEED, before: index * 1000, lines: LINES }),
  );
  t.after(() => senders.map((sender) => sender.stop()));
  for (const sender of senders) sender.isLast = true;
  return senders;
}

/** How long the second SIGTERM took. Milliseconds. */
async function stopTwice(server: Up): Promise<number> {
  process.kill(server.pid, 'SIGTERM');
  await until(server, 'it stops', () => server.output().includes('stopping; '));
  const started = performance.now();
  assert.equal(await server.stop(), 143, server.output());
  return performance.now() - started;
}
