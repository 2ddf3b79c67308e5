import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, type TestContext, test } from 'node:test';
import { loadOne } from '../../src/cli/load-one.ts';
import type { LoadOptions } from '../../src/client/client.ts';
import { writeNotAdded } from '../../src/client/not-added.ts';
import { jobs, type Rig, startRig } from '../client/rig.ts';

let rig: Rig;
before(async () => {
  rig = await startRig();
});
after(() => rig[Symbol.asyncDispose]());

/** Of several parts, a record in a thousand without its job. */
async function fileFrom(first: number): Promise<string> {
  const rows = `id,job\n${jobs(first, 120_000, 50).replaceAll(/^(\d+000),.*$/gm, '$1,')}`;
  const path = rig.path(`jobs-${first}.csv`);
  await writeFile(path, rows);
  return path;
}

const options = { table: 'jobs' } satisfies LoadOptions;

/** What is written after asking for all of them. */
async function askedFor(load: string, headerFrom: string): Promise<readonly [string, string]> {
  const place = { folder: rig.path('asked'), table: 'jobs', load, name: 'jobs.csv', headerFrom };
  const { records, reasons } = await writeNotAdded(place, rig.client.rejectPages(load));
  return [await readFile(records, 'utf8'), await readFile(reasons, 'utf8')];
}

async function writtenAt(records: string | null): Promise<readonly [string, string]> {
  assert.ok(records !== null);
  return [await readFile(records, 'utf8'), await readFile(records.replace(/csv$/, 'reasons.csv'), 'utf8')];
}

const spyOn = (context: TestContext) => context.mock.method(rig.client, 'rejectPages').mock;

test('rejects are written from the answers to the parts, and not asked for', async (context) => {
  const asked = spyOn(context);
  const path = await fileFrom(1);
  const { load, rejects, rejected } = await loadOne(rig.client, rig.path('home'), path, options);
  assert.equal(rejected, 120);
  assert.equal(asked.callCount(), 0);
  const written = await writtenAt(rejects);
  assert.match(written[0], /^id,job\n1000,\n2000,\n/);
  assert.deepEqual(written, await askedFor(load, path));
});

test('those of a load that goes on are asked for', async (context) => {
  const asked = spyOn(context);
  const path = await fileFrom(200_001);
  const controller = new AbortController();
  const onProgress: LoadOptions['onProgress'] = ({ phase, bytes }) =>
    phase === 'sending' && bytes > 0 && controller.abort();
  const stopped = { ...options, signal: controller.signal, onProgress };
  await assert.rejects(loadOne(rig.client, rig.path('home'), path, stopped), { name: 'AbortError' });
  const { load, rejects, rejected } = await loadOne(rig.client, rig.path('home'), path, options);
  assert.equal(rejected, 120);
  assert.equal(asked.callCount(), 1);
  assert.deepEqual(await writtenAt(rejects), await askedFor(load, path));
});
