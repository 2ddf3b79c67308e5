import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openDatabase } from '../../src/database/open.ts';
import { commitPart } from '../../src/ingest/commit-part.ts';
import { Dictionary } from '../../src/ingest/dictionary.ts';
import { Preparer } from '../../src/ingest/prepare.ts';
import { checkMaxRejects, exceeds, looksWrong } from '../../src/ingest/stop-rules.ts';
import { NO_COUNTS } from '../../src/model/receipt.ts';
import {
  allRejects,
  announce,
  ledgerFaults,
  loadContent,
  openHome,
  send,
  sendPart,
  sha256,
  summary,
  utf8,
} from './fixture.ts';

const home = await openHome('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);');
const counted = (read: number, rejected: number) => ({
  ...NO_COUNTS,
  read,
  inserted: read - rejected,
  rejected,
});
/** What came of so many records, of which some are wrong and others only want for their parents. */
const judged = (read: number, wrong: number, orphans = 0) => ({
  counts: counted(read, wrong + orphans),
  rejects: Array.from({ length: wrong + orphans }, (_, i) => {
    const orphan = { code: 'foreign_key' } as const;
    return {
      errors: i < wrong ? [...(i % 2 === 0 ? [orphan] : []), { code: 'missing' } as const] : [orphan],
    };
  }),
});
let next = 0;
/** Records, of which those named by `bad` (by ordinal) are rejects. */
function content(records: number, bad: (i: number) => boolean): Uint8Array<ArrayBuffer> {
  const lines = Array.from({ length: records }, (_, i) => `${bad(i) ? 'x' : ''}${next + i},text\n`);
  next += records;
  return utf8(lines.join(''));
}
const rowsOf = (): unknown => home.values('SELECT count(*) FROM t')[0]?.[0];

test('a limit is a number or a percentage', () => {
  for (const text of ['0', '100', '0%', '5%', '0.5%', '100%']) assert.equal(checkMaxRejects(text), text);
  for (const text of ['', '-1', '1.5', '101%', '100.1%', '5 %', '%', '1e3', '9'.repeat(13)]) {
    assert.throws(() => checkMaxRejects(text), { code: 'bad-request', hint: 'e.g. 100 or 5%' });
  }
});

test('N rejects are allowed, one more is not', () => {
  assert.deepEqual(
    [exceeds('10', counted(20, 10), false), exceeds('10', counted(20, 11), false)],
    [false, true],
  );
  assert.deepEqual([exceeds('0', counted(1, 0), true), exceeds('0', counted(1, 1), false)], [false, true]);
  assert.equal(exceeds(null, counted(20, 20), true), false);
});

test('N % is judged from 100 records on, and at the end', () => {
  assert.equal(exceeds('5%', counted(99, 50), false), false);
  assert.equal(exceeds('5%', counted(100, 5), false), false);
  assert.equal(exceeds('5%', counted(100, 6), false), true);
  assert.equal(exceeds('5%', counted(10, 1), true), true);
  assert.equal(exceeds('100%', counted(1000, 1000), true), false);
});

test('without a limit a first batch of 100 that is rejected by 90 % looks wrong', () => {
  assert.equal(looksWrong(null, true, judged(100, 90)), true);
  assert.equal(looksWrong(null, true, judged(100, 89)), false);
  assert.equal(looksWrong(null, true, judged(99, 99)), false);
  assert.equal(looksWrong(null, false, judged(100, 100)), false);
  assert.equal(looksWrong('100%', true, judged(100, 100)), false);
  // Those without parents beside them tell nothing.
  assert.equal(looksWrong(null, true, judged(500, 0, 500)), false);
  assert.equal(looksWrong(null, true, judged(500, 89, 400)), false);
  assert.equal(looksWrong(null, true, judged(500, 90, 400)), true);
  assert.equal(looksWrong(null, true, judged(499, 99, 400)), false);
});

test('a load stops at its limit and keeps what was committed; announced with a higher one it goes on', async () => {
  const bytes = content(60, (i) => i % 3 === 0);
  const load = await loadContent(home.ingest, bytes, { maxRejects: '5', partBytes: () => 100 });
  assert.equal(load.state, 'aborted');
  assert.match(load.detail ?? '', /stopped: \d+ rejects are more than 5/);
  assert.ok(load.rejected > 5 && load.offset < bytes.length);
  assert.deepEqual(ledgerFaults(home), []);
  const same = await loadContent(home.ingest, bytes, { maxRejects: '5', partBytes: () => 100 });
  assert.equal(same.state, 'aborted');
  const more = await loadContent(home.ingest, bytes, { maxRejects: '20', partBytes: () => 100 });
  assert.deepEqual([more.state, summary(more)], ['completed_with_rejects', '60 = 40 + 0 + 0 + 20']);
});

test('announced again with a limit that it is beyond, a load is stopped by that one, also one under way', async () => {
  const bytes = content(400, (i) => i % 10 === 0);
  const stopped = await loadContent(home.ingest, bytes, { maxRejects: '5', partBytes: () => 1500 });
  assert.match(stopped.detail ?? '', /more than 5$/);
  const other = await announce(home.ingest, bytes, { maxRejects: '2%' });
  const words = (load: { read: number; rejected: number }, limit: string) =>
    `stopped: ${load.rejected} rejects are more than ${limit} of ${load.read} records`;
  assert.deepEqual([other.state, other.maxRejects, other.detail], ['aborted', '2%', words(stopped, '2%')]);
  const goesOn = await announce(home.ingest, bytes);
  assert.deepEqual([goesOn.state, goesOn.maxRejects, goesOn.detail], ['receiving', null, null]);
  const ended = await loadContent(home.ingest, bytes, { maxRejects: '1%' });
  assert.deepEqual([ended.state, ended.detail], ['aborted', words(stopped, '1%')]);
  assert.equal(ended.offset, stopped.offset, 'nothing more was taken');
  assert.deepEqual(ledgerFaults(home), []);
});

test('a percentage that is passed at the very end stops too', async () => {
  const load = await loadContent(
    home.ingest,
    content(20, (i) => i === 3),
    { maxRejects: '4%' },
  );
  assert.deepEqual([load.state, summary(load)], ['aborted', '20 = 19 + 0 + 0 + 1']);
});

test('announced again, a load that stopped at its end stays stopped by the same limit, and goes on without', async () => {
  const bytes = content(200, (i) => i < 20);
  const again = (maxRejects?: string) => announce(home.ingest, bytes, maxRejects ? { maxRejects } : {});
  const stopped = await loadContent(home.ingest, bytes, { maxRejects: '10' });
  assert.equal(stopped.state, 'aborted');
  assert.equal((await again('10')).state, 'aborted');
  assert.equal((await again('19')).state, 'aborted');
  const load = await again();
  assert.deepEqual([load.state, load.maxRejects], ['receiving', null]);
  assert.equal((await home.ingest.finish(load.id)).state, 'completed_with_rejects');
});

test('a file of which every record was rejected is tried again when it is announced again', async () => {
  const bytes = utf8('900001;a\n900002;b\n');
  const first = await loadContent(home.ingest, bytes);
  assert.deepEqual([first.state, summary(first)], ['completed_with_rejects', '2 = 0 + 0 + 0 + 2']);
  const again = await loadContent(home.ingest, bytes, { dialect: { delimiter: ';' } });
  assert.deepEqual([again.id, again.state, summary(again)], [first.id, 'completed', '2 = 2 + 0 + 0 + 0']);
  assert.deepEqual(await allRejects(home.ingest, first.id), []);
  assert.deepEqual(ledgerFaults(home), []);
  assert.equal((await announce(home.ingest, bytes, { dialect: { delimiter: ';' } })).state, 'completed');
});

test('a wrong file keeps nothing but the finding, and 100% goes on all the same', async () => {
  const bytes = content(200, (i) => i % 10 !== 0);
  const before = rowsOf();
  const stopped = await loadContent(home.ingest, bytes);
  assert.deepEqual([stopped.state, stopped.offset, summary(stopped)], ['aborted', 0, '0 = 0 + 0 + 0 + 0']);
  assert.match(stopped.detail ?? '', /180 of the first 200 records were rejected: is this the right table/);
  assert.deepEqual(
    stopped.reasons.map(({ code, column, count, firstLine }) => [code, column, count, firstLine]),
    [['type.integer', 'id', 180, 2]],
  );
  assert.deepEqual([rowsOf(), await allRejects(home.ingest, stopped.id)], [before, []]);
  const all = await loadContent(home.ingest, bytes, { maxRejects: '100%' });
  assert.deepEqual(
    [all.id, all.state, summary(all)],
    [stopped.id, 'completed_with_rejects', '200 = 20 + 0 + 0 + 180'],
  );
  assert.equal((await allRejects(home.ingest, all.id)).length, 180);
});

test('a part in which the load stopped answers with its state, so that no more is sent', async () => {
  const bytes = content(50, () => true);
  const load = await announce(home.ingest, bytes, { maxRejects: '3' });
  const part = await sendPart(home.ingest, load.id, bytes, 0);
  assert.deepEqual([part.state, part.rejects.length], ['aborted', 50]);
});

test('a limit that is none is refused', async () => {
  await assert.rejects(
    announce(
      home.ingest,
      content(1, () => false),
      { maxRejects: 'many' },
    ),
    { code: 'bad-request' },
  );
});

test('requests have no stop rule: every row of a wrong batch is named', async () => {
  const receipt = await send(
    home.ingest,
    Array.from({ length: 150 }, () => ({ id: 'x' })),
  );
  assert.equal(summary(receipt), '150 = 0 + 0 + 0 + 150');
});

test('a part behind one that stopped the load is told so', async () => {
  const bytes = content(400, (i) => i < 200);
  const cut = bytes.indexOf(10, bytes.length / 2) + 1;
  const load = await announce(home.ingest, bytes);
  const [first] = await Promise.all([
    sendPart(home.ingest, load.id, bytes, 0, cut),
    assert.rejects(sendPart(home.ingest, load.id, bytes, cut), { code: 'load-finished' }),
  ]);
  assert.equal(first.state, 'aborted');
});

test('a load that is begun anew while its wrong first batch is taken back goes on', async () => {
  const bytes = content(200, () => true);
  const { id } = await announce(home.ingest, bytes);
  const connection = await openDatabase(`sqlite:${home.path}`);
  const { transaction } = connection;
  let transactions = 0;
  connection.transaction = async (...work) => {
    transactions += 1;
    if (transactions === 2) await announce(home.ingest, bytes, { maxRejects: '100%' });
    return transaction.apply(connection, work) as never;
  };
  try {
    const dictionary = new Dictionary(connection);
    const table = await dictionary.table('t');
    const part = { bytes: bytes.slice(), table, last: true, columns: null, dialect: {} };
    const prepared = new Preparer(connection.engine).csv(part);
    const how = { mode: 'insert', atomic: false } as const;
    const place = { load: id, offset: 0, fence: 1, ...how, last: true, sha256: sha256(bytes) };
    const schemaVersion = await dictionary.version();
    await assert.rejects(commitPart(connection, { ...place, schemaVersion, prepared }), {
      code: 'offset-mismatch',
    });
    assert.equal((await home.ingest.load(id)).state, 'receiving');
  } finally {
    await connection.close();
  }
});
