import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import {
  allRejects,
  announce,
  claimOf,
  errorsOf,
  ledgerFaults,
  loadContent,
  openHome,
  sendPart,
  sha256,
  summary,
  utf8,
} from './fixture.ts';

const home = await openHome('CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL);', { lanes: 3 });
let next = 0;
/** A content of its own for each test, of records `id,v…`; its first id. */
function content(records: number, value = 'v'): { bytes: Uint8Array<ArrayBuffer>; first: number } {
  const first = next;
  next += records;
  return {
    bytes: utf8(Array.from({ length: records }, (_, i) => `${first + i},${value}\n`).join('')),
    first,
  };
}
const idsFrom = (first: number, records: number): unknown =>
  home.values(`SELECT count(*) FROM t WHERE id >= ${first} AND id < ${first + records}`)[0]?.[0];

async function failure(work: Promise<unknown>): Promise<RowferryError> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof RowferryError, `expected a RowferryError, got ${String(error)}`);
  return error;
}

test('a file in parts that end anywhere: the server takes the whole records and says where to go on', async () => {
  const { bytes, first } = content(20);
  const load = await announce(home.ingest, bytes, {});
  assert.deepEqual([load.state, load.offset, load.columns], ['receiving', 0, null]);
  const part = await sendPart(home.ingest, load.id, bytes, 0, 7);
  assert.deepEqual([part.offset, part.part.firstByte, part.part.endByte], [4, 0, 4]);
  assert.equal(summary(part.part), '1 = 1 + 0 + 0 + 0');
  assert.deepEqual(part.columns, ['id', 'v']);
  const last = await sendPart(home.ingest, load.id, bytes, 4);
  assert.deepEqual(
    [last.state, last.offset, summary(last)],
    ['completed', bytes.length, '20 = 20 + 0 + 0 + 0'],
  );
  assert.equal(idsFrom(first, 20), 20);
});

test('a part without a whole record, even the first one, takes nothing and breaks nothing', async () => {
  const { bytes } = content(3, 'x'.repeat(50));
  const load = await announce(home.ingest, bytes);
  for (const size of [0, 1, 20]) {
    const part = await sendPart(home.ingest, load.id, bytes, 0, size);
    assert.deepEqual(
      [part.offset, part.state, summary(part)],
      [0, 'receiving', '0 = 0 + 0 + 0 + 0'],
      `${size}`,
    );
  }
  assert.equal(summary(await sendPart(home.ingest, load.id, bytes, 0)), '3 = 3 + 0 + 0 + 0');
});

test('parts commit in the order of their offsets, in whatever order they come', async () => {
  const { bytes, first } = content(100);
  const ends = [0, 120, 240, 360, bytes.length].map((at) =>
    at === bytes.length ? at : bytes.indexOf(10, at) + 1,
  );
  ends[0] = 0;
  const load = await announce(home.ingest, bytes);
  const parts = [3, 1, 2, 0].map((i) =>
    sendPart(home.ingest, load.id, bytes, ends[i] ?? 0, ends[i + 1] ?? 0),
  );
  const receipts = await Promise.all(parts);
  assert.equal(summary(await home.ingest.load(load.id)), '100 = 100 + 0 + 0 + 0');
  assert.equal(receipts[0]?.state, 'completed');
  assert.equal(idsFrom(first, 100), 100);
  assert.deepEqual(
    home
      .values(
        `SELECT first_byte FROM rowferry_batches WHERE load_id = '${load.id}' ORDER BY committed_at, first_byte`,
      )
      .flat(),
    ends.slice(0, 4),
  );
});

test('a part that comes twice, at once or later, is one batch with one receipt', async () => {
  const { bytes } = content(30);
  const cut = bytes.indexOf(10, 60) + 1;
  const load = await announce(home.ingest, bytes);
  const twice = await Promise.all([0, 0, 0].map((from) => sendPart(home.ingest, load.id, bytes, from, cut)));
  assert.deepEqual(
    twice.map(({ part }) => [part.firstByte, part.endByte, summary(part)]),
    twice.map(() => [0, cut, summary(twice[0]?.part ?? load)]),
  );
  await sendPart(home.ingest, load.id, bytes, cut);
  const later = await sendPart(home.ingest, load.id, bytes, 0, cut);
  assert.deepEqual([later.state, later.part], ['completed', twice[0]?.part]);
  assert.equal(summary(await home.ingest.load(load.id)), '30 = 30 + 0 + 0 + 0');
});

test('the receipt of an earlier part names its rejects again, and no others', async () => {
  const { bytes, first } = content(10);
  const bad = utf8(
    new TextDecoder()
      .decode(bytes)
      .replace(`${first + 1},v`, 'x,v')
      .replace(`${first + 8},v`, 'y,v'),
  );
  const cut = bad.indexOf(10, 30) + 1;
  const load = await announce(home.ingest, bad);
  const before = await sendPart(home.ingest, load.id, bad, 0, cut);
  await sendPart(home.ingest, load.id, bad, cut);
  assert.deepEqual(errorsOf(before), ['1 type.integer id']);
  assert.deepEqual((await sendPart(home.ingest, load.id, bad, 0, cut)).rejects, before.rejects);
});

test('a part at the wrong place says where to go on', async () => {
  const { bytes } = content(30);
  const load = await announce(home.ingest, bytes);
  const cut = bytes.indexOf(10, 60) + 1;
  await sendPart(home.ingest, load.id, bytes, 0, cut);
  const error = await failure(sendPart(home.ingest, load.id, bytes, cut - 3, bytes.length));
  assert.deepEqual([error.code, error.retryable, error.extra], ['offset-mismatch', true, { offset: cut }]);
  assert.match(error.message, new RegExp(`the part starts at ${cut - 3}; the load stands at ${cut}`));
});

test('a part whose forerunner never comes is told so after a while', async () => {
  const { bytes } = content(30);
  const load = await announce(home.ingest, bytes);
  const error = await failure(sendPart(home.ingest, load.id, bytes, 60));
  assert.deepEqual([error.code, error.extra], ['offset-mismatch', { offset: 0 }]);
});

test('content other than announced: beyond the end, before the end, changed in between', async () => {
  const { bytes } = content(30);
  const load = await announce(home.ingest, bytes);
  const beyond = home.ingest.part(load.id, { offset: 0, bytes: utf8(`${'1,v\n'.repeat(200)}`), last: false });
  assert.equal((await failure(beyond)).code, 'content-mismatch');
  const early = home.ingest.part(load.id, { offset: 0, bytes: utf8('1,v\n'), last: true });
  assert.equal((await failure(early)).code, 'content-mismatch');
  const cut = bytes.indexOf(10, 60) + 1;
  await sendPart(home.ingest, load.id, bytes, 0, cut);
  const changed = new Uint8Array(bytes);
  changed[2] = 119;
  assert.equal((await failure(sendPart(home.ingest, load.id, changed, 0, cut))).code, 'content-mismatch');
});

test('a load goes on after a restart, announced again or not', async () => {
  const { bytes, first } = content(40, 'x,y'.replace(',', ' '));
  const load = await announce(home.ingest, bytes);
  const { offset } = await sendPart(home.ingest, load.id, bytes, 0, 100);
  await home.reopen();
  const known = await announce(home.ingest, bytes);
  assert.deepEqual([known.id, known.offset, known.state], [load.id, offset, 'receiving']);
  const last = await sendPart(home.ingest, load.id, bytes, offset);
  assert.deepEqual([last.state, summary(last)], ['completed', '40 = 40 + 0 + 0 + 0']);
  assert.equal(idsFrom(first, 40), 40);
});

test('the same content for the same table is the load that exists; a finished one stays finished', async () => {
  const { bytes } = content(5);
  const load = await loadContent(home.ingest, bytes);
  const again = await home.ingest.announce({
    table: 'T',
    name: 'other.csv',
    owner: 'other',
    size: bytes.length,
    sha256: load.sha256,
    mode: 'skip',
  });
  assert.deepEqual(
    [again.existing, again.load.id, again.load.state, again.load.name],
    [true, load.id, 'completed', 'file.csv'],
  );
  const error = await failure(
    sendPart(home.ingest, load.id, new Uint8Array(bytes.length + 1), bytes.length, bytes.length),
  );
  assert.ok(['load-finished', 'content-mismatch'].includes(error.code));
});

test('finish: while bytes are missing it says how many; twice it is the same receipt', async () => {
  const { bytes } = content(10);
  const load = await announce(home.ingest, bytes);
  const error = await failure(home.ingest.finish(load.id));
  assert.deepEqual([error.code, error.extra], ['offset-mismatch', { offset: 0 }]);
  await sendPart(home.ingest, load.id, bytes, 0);
  assert.deepEqual(await home.ingest.finish(load.id), await home.ingest.finish(load.id));
  const empty = await loadContent(home.ingest, '');
  assert.deepEqual([empty.state, summary(empty)], ['completed', '0 = 0 + 0 + 0 + 0']);
});

test('a file of a header alone has no rows, and its columns are known', async () => {
  const load = await loadContent(home.ingest, 'v,id\r\n');
  assert.deepEqual([load.state, load.columns, load.dialect?.header], ['completed', ['v', 'id'], true]);
});

test('a header counts as bytes and lines, in any cut of the file', async () => {
  const rejects = [];
  for (const size of [9, 12, 17, 100]) {
    const load = await loadContent(home.ingest, `\uFEFF\r\nv,id\r\n"a\r\n${size}",x\r\nb,y\r\n`, {
      partBytes: () => size,
    });
    assert.equal(summary(load), '2 = 0 + 0 + 0 + 2');
    rejects.push(
      (await allRejects(home.ingest, load.id)).map(({ line, byteOffset, index }) => [
        index,
        line,
        byteOffset,
      ]),
    );
  }
  assert.deepEqual(rejects[0], [
    [0, 3, 11],
    [1, 5, 21],
  ]);
  for (const [i, found] of rejects.entries()) if (i < 3) assert.deepEqual(found[0], rejects[0]?.[0]);
});

test('aborted: what was committed stays, no more parts are taken; announced again it goes on', async () => {
  const { bytes, first } = content(40);
  const load = await announce(home.ingest, bytes);
  const { offset } = await sendPart(home.ingest, load.id, bytes, 0, 100);
  const ended = await home.ingest.abort(load.id, 'enough');
  assert.deepEqual([ended.state, ended.detail, ended.offset], ['aborted', 'enough', offset]);
  assert.equal((await failure(sendPart(home.ingest, load.id, bytes, offset))).code, 'load-finished');
  assert.equal((await announce(home.ingest, bytes)).state, 'receiving');
  assert.equal(summary(await sendPart(home.ingest, load.id, bytes, offset)), '40 = 40 + 0 + 0 + 0');
  assert.equal(idsFrom(first, 40), 40);
});

test('a content that cannot be read ends its load as failed, with the reason', async () => {
  for (const [text, code, encoding] of [
    ['id,w\n1,a\n', 'header-invalid', 'utf-8'],
    [`1,"${'x'.repeat(3 << 20)}`, 'record-too-long', 'utf-8'],
    ['1,\x1b$B', 'encoding-unsupported', 'iso-2022-jp'],
  ] as const) {
    const bytes = utf8(text);
    const load = await announce(home.ingest, bytes, { dialect: { encoding } });
    const part = sendPart(home.ingest, load.id, bytes, 0, Math.min(bytes.length, (3 << 20) - 5));
    assert.equal((await failure(part)).code, code);
    const ended = await home.ingest.load(load.id);
    assert.equal(ended.state, 'failed', code);
    assert.ok(ended.detail);
  }
});

test('megabytes of blank lines are no record without an end', async () => {
  const bytes = utf8(`${'\n'.repeat(3 << 20)}${next++},v\n`);
  const load = await announce(home.ingest, bytes);
  const part = await sendPart(home.ingest, load.id, bytes, 0, 3 << 20);
  assert.equal(part.offset, 0);
  assert.equal(summary(await sendPart(home.ingest, load.id, bytes, 0)), '1 = 1 + 0 + 0 + 0');
});

test('a declared dialect, a wrong one, and a load or table that is not there', async () => {
  const load = await loadContent(home.ingest, `${next++};'v;1'\n`, {
    dialect: { delimiter: ';', quoteChar: "'" },
  });
  assert.equal(summary(load), '1 = 1 + 0 + 0 + 0');
  const wrong = announce(home.ingest, utf8('1;1'), { dialect: { delimiter: '\n' } });
  assert.equal((await failure(wrong)).code, 'dialect-invalid');
  assert.equal((await failure(announce(home.ingest, utf8('x'), { table: 'q' }))).code, 'table-not-found');
  assert.equal((await failure(home.ingest.load('01J00000000000000000000000'))).code, 'load-not-found');
  assert.equal((await failure(home.ingest.rejects('nope', { limit: 1 }))).code, 'load-not-found');
});

test('loads are listed newest first, by table and state', async () => {
  const [first, second] = await home.ingest.loads({ limit: 2 });
  assert.ok(first && second && first.id > second.id);
  const older = await home.ingest.loads({ limit: 1, before: first.id });
  assert.equal(older[0]?.id, second.id);
  const failed = await home.ingest.loads({ limit: 100, state: 'failed', table: 't' });
  assert.equal(failed.length, 3);
  assert.deepEqual(await home.ingest.loads({ limit: 5, table: 'nope' }), []);
});

test('the ledger holds what the receipts say', () => {
  assert.deepEqual(ledgerFaults(home), []);
});

test('announced under an Idempotency-Key: load and stored answer come together, or neither does', async () => {
  const { bytes } = content(1);
  const said = { table: 't', name: 'f.csv', owner: 'tester', size: bytes.length, sha256: sha256(bytes) };
  const claim = claimOf(bytes);
  const ledger = () =>
    home.values('SELECT (SELECT count(*) FROM rowferry_loads), (SELECT count(*) FROM rowferry_answers)');
  const before = ledger();
  home.outside(
    "CREATE TRIGGER no_answer BEFORE UPDATE ON rowferry_answers BEGIN SELECT RAISE(ABORT, 'no'); END",
  );
  await assert.rejects(home.ingest.announceOnce(said, claim));
  assert.deepEqual(ledger(), before);
  home.outside('DROP TRIGGER no_answer');
  const announced = await home.ingest.announceOnce(said, claim);
  assert.ok('load' in announced && !announced.existing);
  const again = await home.ingest.announceOnce(said, claim);
  assert.deepEqual(again, { status: 201, body: JSON.stringify(announced.load) });
  const other = await home.ingest.announceOnce(said, claimOf(bytes));
  assert.ok('load' in other && other.existing && other.load.id === announced.load.id);
  const reused = home.ingest.announceOnce(said, { ...claim, fingerprint: 'another request' });
  assert.equal((await failure(reused)).code, 'idempotency-key-reused');
});
