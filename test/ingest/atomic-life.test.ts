import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sqliteEngine } from '../../src/database/sqlite/engine.ts';
import { commitPart } from '../../src/ingest/commit-part.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { Preparer } from '../../src/ingest/prepare.ts';
import { assertNothingRemains, codesOf, countsOf, openRig, records, TABLE } from './atomic-fixture.ts';

test('aborted by a person: nothing remains; announced again it starts over, also without atomic', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = `${records(99)}100,bad\n`;
  const load = await rig.announce(content);
  await rig.send(load, content, 3);
  const aborted = await rig.ingest.abort(load.id, 'aborted by test');
  assert.deepEqual([aborted.state, aborted.detail], ['aborted', 'aborted by test']);
  assertNothingRemains(rig);
  const refused = await rig.load(content);
  assert.deepEqual([refused.id, ...countsOf(refused)], [load.id, 100, 0, 0, 99, 1]);
  const loose = await rig.load(content, { atomic: false });
  assert.deepEqual([loose.id, loose.atomic, loose.state], [load.id, false, 'completed_with_rejects']);
  assert.deepEqual(countsOf(loose), [100, 99, 0, 0, 1]);
  assert.deepEqual(await codesOf(rig, load.id), ['100 check null']);
  assertNothingRemains(rig, 99);
});

test('a stop by maxRejects or of a wrong file leaves nothing, and can be gone on with from the start', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100, (id) => (id % 10 === 0 ? '' : 'good'));
  const stopped = await rig.load(content, { maxRejects: '5' });
  assert.match(stopped.detail ?? '', /^stopped: \d+ rejects are more than 5$/);
  assert.equal(stopped.state, 'aborted');
  assert.ok(stopped.offset < stopped.size);
  assertNothingRemains(rig);
  const atTheEnd = await rig.load(content, { maxRejects: '100%' });
  assert.equal(atTheEnd.detail, 'atomic: 10 of 100 records were rejected, nothing was loaded');
  assertNothingRemains(rig);
  const wrong = records(200, () => '');
  const announced = await rig.announce(wrong);
  const part = { offset: 0, bytes: Uint8Array.from(Buffer.from(wrong)), last: true };
  assert.match((await rig.ingest.part(announced.id, part)).detail ?? '', /is this the right table/);
  assertNothingRemains(rig);
});

test('a file that cannot be read fails, and nothing remains', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = `id,b\n${records(50)}`;
  await assert.rejects(rig.load(content), { code: 'header-invalid' });
  assert.equal((await rig.ingest.loads({ limit: 1 }))[0]?.state, 'failed');
  assertNothingRemains(rig);
});

test('files without records complete', async (t) => {
  const rig = await openRig(t, TABLE);
  for (const content of ['', 'id,a\n']) {
    const load = await rig.load(content);
    assert.deepEqual([load.state, ...countsOf(load)], ['completed', 0, 0, 0, 0, 0]);
  }
  assertNothingRemains(rig);
});

test('a load whose rows are partly in the table cannot become atomic', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  await rig.send(await rig.announce(content, { atomic: false }), content, 2);
  await assert.rejects(rig.announce(content), { code: 'bad-request', message: /was begun without atomic/ });
  assert.equal((await rig.load(content, { atomic: false })).state, 'completed');
  assert.equal(rig.count(), 100);
});

test('a part that is sent again: its receipt, until the rows are moved; then the load is what counts', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  const load = await rig.announce(content);
  const first = { offset: 0, bytes: Uint8Array.from(Buffer.from(content).subarray(0, 300)), last: false };
  const again = () => ({ ...first, bytes: first.bytes.slice() });
  const receipt = await rig.ingest.part(load.id, again());
  assert.deepEqual((await rig.ingest.part(load.id, again())).part, receipt.part);
  await rig.send(receipt, content);
  await assert.rejects(rig.ingest.part(load.id, again()), { code: 'load-finished' });

  const small = await rig.announce('200,small\n');
  const whole = () => ({ offset: 0, bytes: Uint8Array.from(Buffer.from('200,small\n')), last: true });
  const { part } = await rig.ingest.part(small.id, whole());
  assert.deepEqual(part, {
    read: 1,
    inserted: 1,
    updated: 0,
    skipped: 0,
    rejected: 0,
    firstByte: 0,
    endByte: 10,
  });
  assert.deepEqual((await rig.ingest.part(small.id, whole())).part, part);
});

test('after a restart: a load goes on, one that only has to be moved is, and what is left over is dropped', async (t) => {
  const rig = await openRig(t, TABLE);
  const half = records(100);
  const ready = records(100, undefined, 101);
  const left = await rig.announce(half);
  const position = (await rig.send(left, half, 2)).offset;
  const whole = await rig.sendOpen(await rig.announce(ready), ready);
  rig.db.exec('CREATE TABLE rowferry_staging_01GONE (a); CREATE TABLE rowferry_staging_x AS SELECT 1');
  await rig.reopen();
  assert.equal(rig.stagingTables(), 2);
  assert.equal(rig.count(), 0);
  const announced = await rig.announce(ready);
  assert.deepEqual([announced.state, announced.offset], ['receiving', announced.size]);
  assert.equal((await rig.ingest.finish(whole.id)).inserted, 100);
  const resumed = await rig.announce(half);
  assert.equal(resumed.offset, position);
  assert.deepEqual(countsOf(await rig.send(resumed, half)), [100, 100, 0, 0, 0]);
  assertNothingRemains(rig, 200);
});

test('who reads meanwhile sees none of the rows or all of them', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(3000);
  const seen = new Set<number>();
  let reading = true;
  const reader = (async () => {
    for (; reading; await new Promise((resolve) => setImmediate(resolve))) seen.add(rig.count());
  })();
  const { state } = await rig.load(content);
  reading = false;
  await reader;
  assert.equal(state, 'completed');
  assert.deepEqual(
    [...seen].filter((n) => n !== 3000),
    [0],
  );
});

test('a table of which no second can be made says so', async (t) => {
  const rig = await openRig(t, 'CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT CHECK (t.a <> 5))');
  await assert.rejects(rig.announce(records(10)), {
    code: 'table-unsupported',
    message: /no such column: t\.a/,
  });
  assert.equal((await rig.load(records(10), { atomic: false })).state, 'completed');
});

test('an atomic load that is announced does not stand in the way of parts under way', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  const load = await rig.announce(content, { atomic: false });
  const part = { offset: 0, bytes: Uint8Array.from(Buffer.from(content)), last: true };
  const sent = rig.ingest.part(load.id, part);
  await rig.announce('200,other\n');
  assert.deepEqual(countsOf(await sent), [100, 100, 0, 0, 0]);
});

test('a part that was checked is refused when its own table has changed, not when another has', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100);
  const load = await rig.announce(content);
  const connection = await sqliteEngine.connect(rig.url);
  t.after(() => connection.close());
  const dictionary = new Dictionary(connection);
  const checked = async () => {
    const bytes = Uint8Array.from(Buffer.from(content));
    const schemaVersion = await dictionary.version();
    const part = { bytes, table: await dictionary.table('t'), last: true, columns: null, dialect: {} };
    const prepared = new Preparer(sqliteEngine).csv(part);
    const { id, mode, atomic, sha256 } = load;
    return { load: id, offset: 0, fence: 1, mode, atomic, sha256, last: true, schemaVersion, prepared };
  };
  const before = await checked();
  rig.db.exec('ALTER TABLE t ADD COLUMN b');
  await assert.rejects(commitPart(connection, before), { code: 'database-schema-changed' });
  rig.db.exec('ALTER TABLE t DROP COLUMN b');
  const good = await checked();
  rig.db.exec('CREATE TABLE other (a)');
  assert.equal((await commitPart(connection, good)).state, 'completed');
});

test('a column that is new since the load began ends it, and the file can be loaded again', async (t) => {
  const rig = await openRig(t, TABLE);
  const content = records(100, (id) => `row ${id},x`);
  const load = await rig.announce(content);
  rig.db.exec('ALTER TABLE t ADD COLUMN b');
  await assert.rejects(rig.send(load, content), {
    code: 'table-unsupported',
    message: /b did not belong to it/,
  });
  assert.equal((await rig.ingest.load(load.id)).state, 'failed');
  assertNothingRemains(rig);
  assert.deepEqual(countsOf(await rig.load(content)), [100, 100, 0, 0, 0]);
});
