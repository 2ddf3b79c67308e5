import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openDatabases } from './harness/databases.ts';
import { Ending } from './harness/home.ts';
import { skip, smallDisk } from './small-disk.ts';
import { start, type Up, until } from './up-process.ts';

/** The first start in a home whose disk is full: it says so, leaves nothing half, and the next one is a first start. */

const KIB = 1024;

function roomFor(home: string, kib: number): void {
  writeFileSync(join(home, 'filler'), Buffer.alloc((KIB - kib) * KIB));
}

/** Files that were being written, and a key that is not whole. */
function halves(home: string): string[] {
  return readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(
    (path) =>
      path.endsWith('.tmp') || (path.endsWith('rowferry.key') && statSync(join(home, path)).size !== 45),
  );
}

/** Its exit code. */
async function ended(running: Up): Promise<number | null> {
  await until(running, 'it ends', () => !running.isRunning());
  return running.stop();
}

// Not for the index of the WAL of the database; not for that WAL and the database, into which it goes at the end.
for (const kib of [128, 152]) {
  test(`up, where the disk of a new home has room for ${kib} KiB: disk-full, nothing half, then a first start`, {
    skip,
  }, async () => {
    await using ending = new Ending();
    const disk = smallDisk(ending, 1);
    const home = join(disk.path, 'home');
    mkdirSync(home);
    roomFor(home, kib);
    const args = ['up', '--port', '0', '--log', 'text'];
    const refused = start(ending, { path: home }, args);
    assert.equal(await ended(refused), 1, refused.output());
    assert.match(refused.output(), /^rowferry: no room left [^\n]+\n {2}(free|make) [^\n]+, then [^\n]+\n$/);
    assert.deepEqual(halves(home), []);
    rmSync(join(home, 'filler'));
    disk.grow();
    const running = start(ending, { path: home }, args);
    await until(running, 'it is up', () => running.output().includes('stop  Ctrl-C'));
    assert.match(running.output(), /\nAPI key, shown this once: /);
    assert.match(running.output(), /\nhired_employees +2,000 +1,938 /);
    assert.equal(await running.stop(), 0, running.output());
  });
}

test('serve, where there is no room for the key file: disk-full names it, and the next start makes it', {
  skip,
}, async () => {
  await using ending = new Ending();
  const databases = await openDatabases('sqlite');
  ending.after(() => databases.stop());
  const database = await databases.fresh();
  const disk = smallDisk(ending, 1);
  roomFor(disk.path, 0);
  const args = ['serve', '--port', '0', '--log', 'text', '--database-url', database.url];
  const refused = start(ending, disk, args);
  assert.equal(await ended(refused), 1, refused.output());
  assert.equal(
    refused.output(),
    `rowferry: no room left for the key file ${join(disk.path, 'rowferry.key')}\n` +
      '  free some space, then type the same again\n',
  );
  assert.deepEqual(readdirSync(disk.path), ['filler']);
  disk.grow();
  const running = start(ending, disk, args);
  await until(running, 'it serves', () => running.output().includes('API key, shown this once'));
  assert.equal(statSync(join(disk.path, 'rowferry.key')).size, 45);
  assert.equal(await running.stop(), 0, running.output());
});
