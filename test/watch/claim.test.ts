import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ulid } from '../../src/lib/ulid.ts';
import { claim } from '../../src/watch/claim.ts';
import { type Folders, makeFolders } from '../../src/watch/folders.ts';
import { Poll, type Sighting } from '../../src/watch/poll.ts';

interface Seen {
  readonly folders: Folders;
  readonly path: string;
  readonly sighting: Sighting;
}

async function seen(t: TestContext, name: string): Promise<Seen> {
  const home = mkdtempSync(join(tmpdir(), 'rowferry-claim-'));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const folders = await makeFolders(home);
  mkdirSync(join(folders.incoming, 'jobs'));
  const path = join(folders.incoming, name);
  writeFileSync(path, '1\n');
  const poll = new Poll(folders.incoming, { completion: 'rename', quietMs: 0 }, () => 0);
  const [sighting] = (await poll.look()).complete;
  assert.ok(sighting);
  return { folders, path, sighting };
}

for (const name of ['jobs.csv', 'jobs/2021.csv']) {
  test(`${name} written to since the last look is put back, to stand still again`, async (t) => {
    const { folders, path, sighting } = await seen(t, name);
    appendFileSync(path, '2\n');
    assert.equal(await claim(folders, sighting, Buffer.from(path), ulid()), 'changed');
    assert.equal(readFileSync(path, 'utf8'), '1\n2\n');
    assert.deepEqual(readdirSync(folders.work), []);
  });

  test(`${name} taken away since the last look leaves nothing in work`, async (t) => {
    const { folders, path, sighting } = await seen(t, name);
    rmSync(path);
    assert.equal(await claim(folders, sighting, Buffer.from(path), ulid()), null);
    assert.deepEqual(readdirSync(folders.work), []);
  });

  test(`${name} is taken as it was seen`, async (t) => {
    const { folders, path, sighting } = await seen(t, name);
    const claimed = await claim(folders, sighting, Buffer.from(path), ulid());
    assert.ok(claimed !== null && claimed !== 'changed');
    assert.equal(claimed.name, name);
    assert.ok(!existsSync(path) && existsSync(claimed.path));
  });
}

test('a marked file that was written to since the last look stays, and its marker with it', async (t) => {
  const { folders, path, sighting } = await seen(t, 'jobs.csv');
  writeFileSync(`${path}.done`, '');
  appendFileSync(path, '2\n');
  const marked = { ...sighting, marked: true };
  assert.equal(await claim(folders, marked, Buffer.from(path), ulid()), 'changed');
  assert.ok(existsSync(path) && existsSync(`${path}.done`));
  assert.deepEqual(readdirSync(folders.work), []);
});
