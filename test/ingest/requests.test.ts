import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MultiBatchRequest } from '../../src/ingest/ingest.ts';
import { LEDGER_VERSION } from '../../src/ledger/migrate.ts';
import { errorsOf, ledgerFaults, openHome, type RowsOptions, requestOf, send, summary } from './fixture.ts';

const home = await openHome(`CREATE TABLE p (id INTEGER PRIMARY KEY, v TEXT NOT NULL);
  CREATE TABLE "Mid" (id INTEGER PRIMARY KEY, p INT REFERENCES P (ID));
  CREATE TABLE t (id INTEGER PRIMARY KEY, m INT REFERENCES mid, p INT REFERENCES p);`);
const { ingest } = home;
const count = (table: string): unknown => home.values(`SELECT count(*) FROM "${table}"`)[0]?.[0];

function multi(body: unknown, options: RowsOptions = {}): MultiBatchRequest {
  const { table: _table, format: _format, ...rest } = requestOf(body, options);
  return { ...rest, authorize: () => {} };
}

test('the same key and body again: the stored answer, and no row twice', async () => {
  const request = () => requestOf([{ id: 1, v: 'a' }, { id: 2 }], { table: 'p', key: 'again-0123456789' });
  const first = await ingest.batch(request());
  const second = await ingest.batch(request());
  assert.deepEqual([first.replayed, second.replayed], [false, true]);
  assert.deepEqual(second.answer, first.answer);
  assert.equal(count('p'), 1);
});

test('the same key for another body, or another path, is refused', async () => {
  await assert.rejects(send(ingest, [{ id: 9, v: 'x' }], { table: 'p', key: 'again-0123456789' }), {
    code: 'idempotency-key-reused',
  });
  const request = requestOf([{ id: 1, v: 'a' }, { id: 2 }], { table: 'p', key: 'again-0123456789' });
  const elsewhere = { ...request, claim: { ...request.claim, fingerprint: 'POST /v1/tables/q/rows?' } };
  await assert.rejects(ingest.batch(elsewhere), { code: 'idempotency-key-reused' });
  assert.equal(count('p'), 1);
});

test('the same key of another owner is another key', async () => {
  const request = requestOf([{ id: 3, v: 'c' }], { table: 'p', key: 'again-0123456789' });
  const other = await ingest.batch({ ...request, claim: { ...request.claim, owner: 'other' } });
  assert.equal(other.replayed, false);
});

test('twenty equal requests at once are one batch', async () => {
  const requests = Array.from({ length: 20 }, () =>
    ingest.batch(requestOf([{ id: 20, v: 'x' }], { table: 'p', key: 'at-once-0123456789' })),
  );
  const answers = await Promise.all(requests);
  assert.equal(answers.filter((answer) => !answer.replayed).length, 1);
  assert.equal(new Set(answers.map(({ answer }) => answer.load)).size, 1);
  assert.ok(answers.every(({ answer }) => summary(answer) === '1 = 1 + 0 + 0 + 0'));
});

test('a request that failed as a whole does not keep its key', async () => {
  const key = 'mended-0123456789';
  await assert.rejects(send(ingest, '[{', { table: 'p', key }), { code: 'body-invalid' });
  assert.equal((await send(ingest, [{ id: 21, v: 'x' }], { table: 'p', key })).inserted, 1);
});

test('the answer outlives a restart', async () => {
  const after = await home.reopen();
  const again = await after.batch(requestOf([{ id: 20, v: 'x' }], { table: 'p', key: 'at-once-0123456789' }));
  assert.equal(again.replayed, true);
});

test('atomic: one reject takes all rows back, and the balance says so', async () => {
  const before = count('p');
  const receipt = await send(home.ingest, [{ id: 30, v: 'a' }, { id: 31 }, { id: 32, v: 'c' }], {
    table: 'p',
    atomic: true,
  });
  assert.equal(summary(receipt), '3 = 0 + 0 + 2 + 1');
  assert.deepEqual([receipt.state, count('p')], ['aborted', before]);
  const good = await send(home.ingest, [{ id: 30, v: 'a' }], { table: 'p', atomic: true });
  assert.deepEqual([good.state, summary(good)], ['completed', '1 = 1 + 0 + 0 + 0']);
});

test('several tables in one request: parents first, whatever the order and the spelling', async () => {
  const body = {
    t: [
      { id: 1, m: 50, p: 40 },
      { id: 2, m: 51 },
    ],
    MID: [{ id: 50, p: 40 }],
    P: [{ id: 40, v: 'x' }],
  };
  const { answer } = await home.ingest.batches(multi(body));
  assert.deepEqual(
    answer.receipts.map((receipt) => [receipt.table, summary(receipt)]),
    [
      ['p', '1 = 1 + 0 + 0 + 0'],
      ['Mid', '1 = 1 + 0 + 0 + 0'],
      ['t', '2 = 1 + 0 + 0 + 1'],
    ],
  );
  assert.deepEqual(errorsOf(answer.receipts[2] ?? { rejects: [] }), ['1 foreign_key m']);
});

test('several tables, atomic: a reject in one takes all of them back, and none is called completed', async () => {
  const before = [count('p'), count('Mid'), count('t')];
  const body = {
    p: [{ id: 60, v: 'x' }],
    t: [
      { id: 60, p: 60 },
      { id: 61, p: 999 },
    ],
  };
  const { answer } = await home.ingest.batches(multi(body, { atomic: true }));
  assert.deepEqual(
    answer.receipts.map((receipt) => [receipt.table, receipt.state, summary(receipt)]),
    [
      ['p', 'aborted', '1 = 0 + 0 + 1 + 0'],
      ['t', 'aborted', '2 = 0 + 0 + 1 + 1'],
    ],
  );
  assert.deepEqual([count('p'), count('Mid'), count('t')], before);
});

test('several tables are stored under one key', async () => {
  const request = () =>
    multi({ p: [{ id: 70, v: 'x' }], t: [{ id: 70, p: 70 }] }, { key: 'tables-0123456789' });
  const first = await home.ingest.batches(request());
  const second = await home.ingest.batches(request());
  assert.deepEqual([first.replayed, second.replayed], [false, true]);
  assert.deepEqual(second.answer, first.answer);
});

test('a table named twice, in two spellings, is refused; so is one that is not there or not allowed', async () => {
  await assert.rejects(home.ingest.batches(multi({ p: [{ id: 80, v: 'x' }], P: [{ id: 81, v: 'x' }] })), {
    code: 'body-invalid',
    message: /table p is named twice/,
  });
  await assert.rejects(home.ingest.batches(multi({ p: [], nowhere: [] })), { code: 'table-not-found' });
  const refused = multi({ p: [{ id: 82, v: 'x' }] });
  const failure = new Error('not allowed');
  const authorize = (): void => {
    throw failure;
  };
  await assert.rejects(home.ingest.batches({ ...refused, authorize }), failure);
  assert.deepEqual(home.values('SELECT id FROM p WHERE id >= 80'), []);
});

test('skip and upsert through the API count exactly', async () => {
  const skip = await send(
    home.ingest,
    [
      { id: 70, v: 'y' },
      { id: 90, v: 'y' },
    ],
    { table: 'p', mode: 'skip' },
  );
  assert.equal(summary(skip), '2 = 1 + 0 + 1 + 0');
  const upsert = await send(
    home.ingest,
    [
      { id: 70, v: 'z' },
      { id: 91, v: 'z' },
    ],
    { table: 'p', mode: 'upsert' },
  );
  assert.equal(summary(upsert), '2 = 1 + 1 + 0 + 0');
});

test('a table that another program changes is read anew, and its rows are held to the new rules', async () => {
  assert.equal((await send(home.ingest, [{ id: 95, v: 'long enough' }], { table: 'p' })).inserted, 1);
  home.outside('ALTER TABLE p ADD COLUMN extra INT CHECK (extra > 0)');
  assert.deepEqual(errorsOf(await send(home.ingest, [{ id: 96, v: 'x', extra: 0 }], { table: 'p' })), [
    '0 check',
  ]);
});

test('the rejects of a request are listed in its load, in the order of its rows', async () => {
  const receipt = await send(
    home.ingest,
    Array.from({ length: 250 }, (_, i) => ({ id: `x${i}`, v: 'a' })),
    { table: 'p' },
  );
  const first = await home.ingest.rejects(receipt.load, { limit: 100 });
  assert.deepEqual([first.rejects.length, first.rejects[0]?.index, first.next], [100, 0, 99]);
  const rest = await home.ingest.rejects(receipt.load, { limit: 200, after: first.next ?? 0 });
  assert.deepEqual([rest.rejects.length, rest.rejects[0]?.index, rest.next], [150, 100, null]);
});

test('listeners hear of every load; one that fails harms nobody', async () => {
  const heard: string[] = [];
  const silent = home.ingest.watch(() => {
    throw new Error('a listener');
  });
  const end = home.ingest.watch((load) => heard.push(load.id));
  const { load } = await send(home.ingest, [{ id: 97, v: 'x' }], { table: 'p' });
  assert.deepEqual(heard, [load]);
  silent();
  end();
});

test('it is ready, and says what it looked at', async () => {
  assert.deepEqual(await home.ingest.ready(), {
    ok: true,
    checks: { database: 'ok', ledger: `version ${LEDGER_VERSION}` },
  });
});

test('the ledger holds what the receipts say', () => {
  assert.deepEqual(ledgerFaults(home), []);
});
