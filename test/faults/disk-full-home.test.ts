import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { withBackupsLocked } from '../../src/backup/lock.ts';
import { takeLock } from '../../src/watch/lock.ts';
import { fill, skip, smallDisk } from './small-disk.ts';

/** A home in use whose disk became full. Every command opens the backups, so their lock must not need room. */

test('the disk of the home is full: the backups are locked all the same, and what a killed one left makes room', {
  skip,
}, async (t) => {
  const { path } = smallDisk(t, 2);
  const folder = join(path, 'backups', 't');
  mkdirSync(folder, { recursive: true });
  await withBackupsLocked(path, async () => undefined);
  fill(folder, 'half.avro.partial');
  let isSwept = false;
  await withBackupsLocked(path, async () => {
    isSwept = !existsSync(join(folder, 'half.avro.partial'));
    const second = withBackupsLocked(path, async () => undefined, 0);
    await assert.rejects(second, { code: 'lock-timeout' });
  });
  assert.ok(isSwept);
});

const GONE = JSON.stringify({ pid: 2 ** 22 + 1, start: null, host: hostname(), token: 'gone' });
for (const [what, found] of [
  ['there is none', null],
  ['that of a process that is gone is there', GONE],
] as const) {
  test(`no room for the lock of the watched folder, where ${what}: disk-full, and it is taken once there is room`, {
    skip,
  }, async (t) => {
    const disk = smallDisk(t, 2);
    const path = join(disk.path, '.lock');
    if (found !== null) writeFileSync(path, found);
    fill(disk.path);
    const before = readdirSync(disk.path);
    await assert.rejects(takeLock(path), { code: 'disk-full', message: /no room left for \S+\.lock/ });
    assert.deepEqual(readdirSync(disk.path), before, 'no lock without content is left');
    disk.grow();
    const lock = await takeLock(path);
    assert.equal(await lock.touch(), true);
    await lock.release();
  });
}
