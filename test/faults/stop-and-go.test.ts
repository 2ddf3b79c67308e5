import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type Database, openDatabases } from './harness/databases.ts';
import { eventsDdl, eventsFile } from './harness/events.ts';
import { type FaultsHome, homeOf, run, up } from './harness/home.ts';
import { violations } from './harness/invariant.ts';
import { serve } from './harness/server-kills.ts';
import { drop, leftovers, until, whereIs } from './up-process.ts';

const file = eventsFile(1, 500_000, 7);
const FILE = file.name;
const isDone = (home: FaultsHome) => whereIs(home, FILE)[0] === `done/${FILE}`;

async function begin(t: TestContext): Promise<{ database: Database; home: FaultsHome }> {
  const databases = await openDatabases('sqlite');
  t.after(() => databases.stop());
  const database = await databases.fresh();
  await database.run(eventsDdl('sqlite', false));
  return { database, home: homeOf(t, database) };
}

test('SIGTERM in the middle of a file: exit 0, the file waits in work, the next start goes on', async (t) => {
  const { database, home } = await begin(t);
  drop(home, FILE, file.content);
  const first = up(t, home);
  await until(first, 'it is being loaded', () => first.output().includes('loading'));
  assert.equal(await first.stop(), 0, first.output());
  assert.deepEqual(whereIs(home, FILE), [`work/${FILE}`]);
  const second = up(t, home);
  await until(second, 'it is loaded', () => isDone(home));
  await until(second, 'it has settled', () => second.output().includes('stop  Ctrl-C'));
  assert.equal(await second.stop(), 0, second.output());
  assert.deepEqual(await violations(database, { files: [file], held: [], home }), []);
  assert.deepEqual(leftovers(home), []);
});

test('the server is killed in the middle of a file: the watcher waits, and goes on when it is back', async (t) => {
  const { database, home } = await begin(t);
  const { server, url, port, key } = await serve(t, home);
  drop(home, FILE, file.content);
  const watcher = run(t, home, ['watch', '--log', 'text', '--server', url], { env: { ROWFERRY_KEY: key } });
  await until(watcher, 'it is being loaded', () => watcher.output().includes('loading'));
  await server.kill();
  await until(watcher, 'it is said', () => watcher.output().includes(`${FILE} waits`));
  assert.deepEqual(whereIs(home, FILE), [`work/${FILE}`]);
  await serve(t, home, port);
  await until(watcher, 'it goes on', () => isDone(home));
  assert.equal(watcher.output().match(/warning:/g)?.length, 1, watcher.output());
  assert.equal(await watcher.stop(), 0, watcher.output());
  assert.deepEqual(await violations(database, { files: [file], held: [], home }), []);
});
