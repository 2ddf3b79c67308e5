import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeHome, start, until } from '../faults/up-process.ts';

/** Modules of which each is read in one thread alone, of those that every server starts with. */
const OWN = ['server/listen.ts', 'ingest/lane-thread.ts'];

test('a server that is killed has kept what was compiled for its next start', async (t) => {
  const home = makeHome(t, 'CREATE TABLE t (id INTEGER PRIMARY KEY)');
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-compiled-'));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const serve = async () => {
    const env = { NODE_COMPILE_CACHE: folder, NODE_DEBUG_NATIVE: 'COMPILE_CACHE' };
    const server = start(t, home, ['serve', '--port', '0', '--log', 'text'], env);
    await until(server, 'it listens', () => server.output().includes('serves at'));
    return server;
  };
  const first = await serve();
  const isKept = (name: string) => new RegExp(`writing cache for ESM .*${name}`).test(first.output());
  await until(first, 'it keeps what was compiled', () => OWN.every(isKept), 10_000);
  await first.kill();
  const second = await serve();
  const isTaken = (name: string) =>
    new RegExp(`code cache for ESM .*${name} was accepted`).test(second.output());
  await until(second, 'what was kept is taken', () => OWN.every(isTaken), 10_000);
});
