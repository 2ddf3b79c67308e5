import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import { makeDatabase, withDatabase } from '../client/rig.ts';
import { makeHome, rowferry, start } from './command.ts';

let home: Awaited<ReturnType<typeof makeHome>>;
before(async () => {
  home = await makeHome();
  await makeDatabase(home.path);
});
after(() => home[Symbol.asyncDispose]());

const write = (name: string, content: string) => writeFile(join(home.path, name), content);
const jobsInTable = () =>
  withDatabase(join(home.path, 'data/rowferry.sqlite'), (database) =>
    Number(database.prepare('SELECT count(*) AS n FROM jobs').get()?.n),
  );

test('load --atomic with a reject: exit code 1, no row, why and what to type; mended, it is loaded', async () => {
  await write('jobs.csv', '1,Miner\n2,\n3,Baker\n');
  const refused = await rowferry(home.path, ['load', 'jobs.csv', '--atomic']);
  assert.equal(refused.code, 1, refused.stdout + refused.stderr);
  assert.equal(jobsInTable(), 0);
  assert.match(refused.stdout, /jobs +3 +0 +1 +0 .*✗/, 'the rows passed over are no duplicates');
  assert.match(refused.stdout, /atomic: 1 of 3 records were rejected, nothing was loaded/);
  assert.match(refused.stdout, /3 read = 0 inserted \+ 0 updated \+ 2 skipped \+ 1 rejected ✓/);
  assert.match(
    refused.stdout,
    /next: rowferry rejects \w+ .*load it again, or load what is good: without --atomic/,
  );
  const [records = ''] = (await readdir(join(home.path, 'data/not_added/jobs'))).filter(
    (n) => !n.includes('reasons'),
  );
  assert.equal(await readFile(join(home.path, 'data/not_added/jobs', records), 'utf8'), '2,\n');

  const again = await rowferry(home.path, ['load', 'jobs.csv', '--atomic', '--json']);
  assert.equal(again.code, 1);
  assert.deepEqual(
    [again.json[0]?.state, again.json[0]?.inserted, again.json[0]?.skipped],
    ['aborted', 0, 2],
  );
  await write('jobs.csv', '1,Miner\n2,Cook\n3,Baker\n');
  const mended = await rowferry(home.path, ['load', 'jobs.csv', '--atomic']);
  assert.equal(mended.code, 0, mended.stderr);
  assert.equal(jobsInTable(), 3);
});

test('load --atomic over --max-rejects stops with exit code 4 and leaves nothing', async () => {
  const before = jobsInTable();
  await write('jobs-2.csv', '10,Miner\n11,\n12,\n');
  const stopped = await rowferry(home.path, ['load', 'jobs-2.csv', '--atomic', '--max-rejects', '1']);
  assert.equal(stopped.code, 4, stopped.stderr);
  assert.match(stopped.stdout, /stopped: 2 rejects are more than 1/);
  assert.equal(jobsInTable(), before);
  const loose = await rowferry(home.path, ['load', 'jobs-2.csv', '--max-rejects', '2']);
  assert.equal(loose.code, 3, loose.stderr);
  assert.equal(jobsInTable(), before + 1);
});

test('a file of the folder goes on with an atomic load that was begun: refused, it lies in failed with the reason', async () => {
  const content = '20,Miner\n20,Twice\n';
  const before = jobsInTable();
  await begin(content);
  await mkdir(join(home.path, 'data/incoming'), { recursive: true });
  await write('data/incoming/jobs-3.csv', content);
  await using up = start(home.path, ['up', '--port', '0']);
  await up.says(/it lies in data\/failed\/jobs-3\.csv/);
  const reason = await readFile(join(home.path, 'data/failed/jobs-3.csv.reason.txt'), 'utf8');
  assert.match(reason, /atomic: 1 of 2 records were rejected, nothing was loaded/);
  assert.equal(jobsInTable(), before);
});

/** The first record of a file, sent by another program that then went away. */
async function begin(content: string): Promise<void> {
  const log = createLog({ destination: { write: () => undefined } });
  const ingest = await openIngest({ config: loadConfig({ home: home.path }, {}), log });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const announcement = { table: 'jobs', name: 'jobs-3.csv', size: content.length, sha256, owner: 'test' };
  const { load } = await ingest.announce({ ...announcement, atomic: true });
  const bytes = Uint8Array.from(Buffer.from(content.slice(0, 9)));
  assert.equal((await ingest.part(load.id, { offset: 0, bytes, last: false })).offset, 9);
  await ingest.close();
}
