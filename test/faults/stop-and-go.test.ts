import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateHires, hiresDdl } from './generated-hires.ts';
import { leftovers, violations } from './invariant.ts';
import { drop, type Home, makeHome, start, startUp, until, whereIs } from './up-process.ts';

const FILE = 'hired_employees.csv';
const hires = generateHires(500_000, 7);
const expected = [{ table: 'hired_employees', file: FILE, ...hires.expected }];
const isDone = (home: Home) => whereIs(home, FILE)[0] === `done/${FILE}`;

test('SIGTERM in the middle of a file: exit 0, the file waits in work, the next start goes on', async (t) => {
  const home = makeHome(t, hiresDdl(false), { completion: 'rename' });
  drop(home, FILE, hires.content);
  const first = startUp(t, home);
  await until(first, 'it is being loaded', () => first.output().includes('loading'));
  assert.equal(await first.stop(), 0, first.output());
  assert.deepEqual(whereIs(home, FILE), [`work/${FILE}`]);
  const second = startUp(t, home);
  await until(second, 'it is loaded', () => isDone(home));
  await until(second, 'it has settled', () => second.output().includes('stop  Ctrl-C'));
  assert.equal(await second.stop(), 0, second.output());
  assert.deepEqual(violations(home, expected), []);
  assert.deepEqual(leftovers(home), []);
});

test('the server is killed in the middle of a file: the watcher waits, and goes on when it is back', async (t) => {
  const home = makeHome(t, hiresDdl(false), { completion: 'rename' });
  const server = start(t, home, ['serve', '--port', '0', '--log', 'text']);
  await until(server, 'it listens', () => /API key[^\n]*\n/.test(server.output()));
  const [, port = ''] = /http:\/\/127\.0\.0\.1:(\d+)/.exec(server.output()) ?? [];
  const [key = ''] = /rfk_\w+/.exec(server.output()) ?? [];
  drop(home, FILE, hires.content);
  const url = `http://127.0.0.1:${port}`;
  const watcher = start(t, home, ['watch', '--log', 'text', '--server', url], { ROWFERRY_KEY: key });
  await until(watcher, 'it is being loaded', () => watcher.output().includes('loading'));
  await server.kill();
  await until(watcher, 'it is said', () => watcher.output().includes('hired_employees.csv waits'));
  assert.deepEqual(whereIs(home, FILE), [`work/${FILE}`]);
  start(t, home, ['serve', '--port', port, '--log', 'text']);
  await until(watcher, 'it goes on', () => isDone(home));
  assert.equal(watcher.output().match(/warning:/g)?.length, 1, watcher.output());
  assert.equal(await watcher.stop(), 0, watcher.output());
  assert.deepEqual(violations(home, expected), []);
});
