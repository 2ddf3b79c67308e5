import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Rowferry } from '../../src/client/client.ts';
import { uploadFolder } from '../../src/server/spool.ts';
import { coded } from '../backup/fixture.ts';
import { skip, smallDisk } from '../faults/small-disk.ts';
import { jobs, startRig } from './rig.ts';

test('a file that the disk has no room for is refused as that, nothing of it is left, and the next one gets in', {
  skip,
}, async (t) => {
  await using rig = await startRig();
  rig.execute(
    `INSERT INTO jobs VALUES ${jobs(1, 3)
      .trim()
      .split('\n')
      .map((line) => `(${line.replace(',', ",'")}')`)}`,
  );
  const folder = uploadFolder(rig.home);
  mkdirSync(folder, { recursive: true });
  const [backup] = await rig.client.backup(['jobs']);
  assert.ok(backup !== undefined);
  const ends: Array<() => void> = [];
  using _disk = {
    [Symbol.dispose]: () => {
      for (const end of ends) end();
    },
  };
  const disk = smallDisk({ after: (end) => ends.push(end) }, 1, folder);
  const large = rig.path('large.avro');
  writeFileSync(large, randomBytes(3 << 20));
  const client = new Rowferry({ url: rig.server.url, key: rig.token, backoff: { baseMs: 1, capMs: 2 } });
  t.after(() => client.close());
  await assert.rejects(
    client.restore({ table: 'jobs', from: { file: large } }),
    coded('disk-full', 'no room'),
  );
  assert.deepEqual(readdirSync(disk.path), []);
  const restored = await client.restore({ table: 'jobs', from: { file: rig.path(backup.file) } });
  assert.equal(restored.rows, 3);
  assert.deepEqual(readdirSync(disk.path), []);
});
