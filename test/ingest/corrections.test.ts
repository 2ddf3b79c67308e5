import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowferryError } from '../../src/errors.ts';
import type { BatchReceipt } from '../../src/model/receipt.ts';
import {
  allRejects,
  errorsOf,
  ledgerFaults,
  loadContent,
  openHome,
  requestOf,
  send,
  summary,
  utf8,
} from './fixture.ts';

const home = await openHome(`CREATE TABLE t (id INTEGER PRIMARY KEY, v VARCHAR(9) NOT NULL);
  CREATE TABLE bare (v VARCHAR(9) NOT NULL, n INTEGER);`);
const { ingest } = home;

async function mend(
  load: string,
  csv: string,
  more: { first?: number; maxRows?: number } = {},
): Promise<BatchReceipt> {
  const body = utf8(csv);
  const { table: _table, ...rest } = requestOf(body, { format: 'csv' });
  return (await ingest.retry(load, { ...rest, ...more, body })).answer;
}

const statesOf = async (load: string): Promise<string[]> =>
  (await allRejects(ingest, load)).map(({ index, state }) => `${index} ${state}`);

test('mended records are loaded once and keep their lines; what is still wrong stays open with its new reason', async () => {
  const load = await loadContent(ingest, 'v,id\na,1\n,2\n,3\nfar too long,4\n');
  assert.equal(summary(load), '4 = 1 + 0 + 0 + 3');
  const first = await mend(load.id, 'v,id\nb,2\n,3\nstill too long,4\n');
  assert.equal(summary(first), '3 = 1 + 0 + 0 + 2');
  assert.deepEqual(
    first.rejects.map(({ line }) => line),
    [4, 5],
  );
  const [mended, missing, long] = await allRejects(ingest, load.id);
  assert.deepEqual([mended?.state, mended?.retryLoad], ['retried', first.load]);
  assert.deepEqual([missing?.state, missing?.retryLoad, missing?.raw], ['open', null, ',3']);
  assert.equal(long?.errors[0]?.value, 'still too long');
  assert.deepEqual(await statesOf(first.load), ['1 returned', '2 returned']);
  assert.equal((await ingest.load(first.load)).parent, load.id);
  // The same file once more, and then with the rest mended: nothing twice.
  assert.equal(summary(await mend(load.id, 'v,id\nb,2\n,3\nstill too long,4\n')), '2 = 0 + 0 + 0 + 2');
  assert.equal(summary(await mend(load.id, 'v,id\nb,2\nc,3\nd,4\n')), '2 = 2 + 0 + 0 + 0');
  assert.equal(summary(await mend(load.id, 'v,id\nb,2\nc,3\nd,4\n')), '0 = 0 + 0 + 0 + 0');
  assert.deepEqual(home.values('SELECT id, v FROM t ORDER BY id'), [
    [1, 'a'],
    [2, 'b'],
    [3, 'c'],
    [4, 'd'],
  ]);
});

test('a table without a key takes each record once too', async () => {
  const load = await loadContent(ingest, 'x,1\n,2\n,3\n', { table: 'bare' });
  for (const csv of ['same,2\n,3\n', 'same,2\nsame,3\n', 'same,2\nsame,3\n']) await mend(load.id, csv);
  assert.deepEqual(home.values('SELECT v, n FROM bare ORDER BY n'), [
    ['x', 1],
    ['same', 2],
    ['same', 3],
  ]);
});

test('without a header the columns are those of the load', async () => {
  const load = await loadContent(ingest, 'v,id\n,10\n');
  assert.equal(summary(await mend(load.id, 'ten,10\n')), '1 = 1 + 0 + 0 + 0');
});

test('some of the rejects are told by their keys, in any order', async () => {
  const load = await loadContent(ingest, 'id,v\n20,\n21,\n22,\n23,\n');
  assert.equal(summary(await mend(load.id, 'id,v\n23,x\n21,x\n')), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(await statesOf(load.id), ['0 open', '1 retried', '2 open', '3 retried']);
  assert.equal(summary(await mend(load.id, 'id,v\n23,y\n21,y\n22,x\n')), '1 = 1 + 0 + 0 + 0');
  assert.deepEqual(home.values('SELECT v FROM t WHERE id IN (21, 23)').flat(), ['x', 'x']);
});

test('rows that cannot be told apart are refused, and nothing is loaded', async () => {
  const load = await loadContent(ingest, 'id,v\n30,\n31,\n32,\n');
  const refused = (csv: string) =>
    assert.rejects(
      mend(load.id, csv),
      (error) => error instanceof RowferryError && error.code === 'bad-request',
    );
  await refused('id,v\n30,x\n99,x\n');
  await refused('id,v\n30,x\n31,x\n32,x\n33,x\n');
  assert.deepEqual(home.values('SELECT id FROM t WHERE id >= 30'), []);
});

test('without a key a row is not taken for the reject in its place when it looks like another', async () => {
  const load = await loadContent(ingest, 'v,n\n,71\n,72\n,73\n', { table: 'bare', maxRejects: '100%' });
  assert.equal(summary(await mend(load.id, 'v,n\na,71\n,72\n,73\n')), '3 = 1 + 0 + 0 + 2');
  const refused = (csv: string) =>
    assert.rejects(mend(load.id, csv), (error) => {
      assert.ok(error instanceof RowferryError && error.code === 'bad-request', String(error));
      assert.match(error.detail, /in the place of the reject of line \d looks like that of line \d/);
      assert.match(error.hint ?? '', /rowferry rejects \w+ --all --export raw --out fixed.csv/);
      return true;
    });
  // As many as are open, and the one that was loaded is among them.
  await refused('v,n\na,71\nb,72\n');
  await refused('v,n\nb,72\na,71\n');
  // As many as there are, sorted.
  await refused('v,n\nc,73\nb,72\na,71\n');
  assert.equal(summary(await mend(load.id, 'v,n\nb,72\nc,73\n')), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(home.values('SELECT v, n FROM bare WHERE n > 70 ORDER BY n'), [
    ['a', 71],
    ['b', 72],
    ['c', 73],
  ]);
});

test('with a key sorted records are told by it', async () => {
  const load = await loadContent(ingest, 'id,v\n81,\n82,\n83,\n', { maxRejects: '100%' });
  const first = await mend(load.id, 'id,v\n83,\n82,b\n81,a\n');
  assert.equal(summary(first), '3 = 2 + 0 + 0 + 1');
  assert.deepEqual(await statesOf(load.id), ['0 retried', '1 retried', '2 open']);
});

test('what was mended all over, or has its fields in other columns, stays in its place', async () => {
  const load = await loadContent(ingest, 'v,n\none,two,91\n,x\nten,ten,92\n', {
    table: 'bare',
    maxRejects: '100%',
  });
  assert.equal(summary(await mend(load.id, 'v,n\nten,91\nnew,93\n"ten,ten",92\n')), '3 = 3 + 0 + 0 + 0');
});

test('in pieces: each goes on where the one before ended, and again from the start loads nothing twice', async () => {
  const load = await loadContent(ingest, 'id,v\n40,\n41,\n42,\n');
  const one = await mend(load.id, 'id,v\n40,x\n41,x\n', { first: 0 });
  assert.deepEqual([summary(one), one.next], ['2 = 2 + 0 + 0 + 0', 2]);
  const other = await mend(load.id, '42,x\n', { first: 2 });
  assert.deepEqual([summary(other), other.next], ['1 = 1 + 0 + 0 + 0', 3]);
  assert.equal(summary(await mend(load.id, 'id,v\n40,x\n41,x\n', { first: 0 })), '0 = 0 + 0 + 0 + 0');
});

test('as they were, at most so many at a time', async () => {
  const load = await loadContent(ingest, 'id,v\n50,\n51,\n52,\n');
  const { table: _table, body: _body, ...rest } = requestOf('', { maxRows: 2 });
  const first = (await ingest.retry(load.id, rest)).answer;
  assert.deepEqual([first.read, first.next], [2, 1]);
  const { claim } = requestOf('');
  const second = (await ingest.retry(load.id, { ...rest, claim, after: 1 })).answer;
  assert.deepEqual([second.read, second.next, errorsOf(second)], [1, null, ['0 missing v']]);
});

test('rejects are listed by state, code and column', async () => {
  const { load } = await send(ingest, [
    { id: 60 },
    { id: 'x', v: 'far too long' },
    { id: 'y', v: '"code":"missing"' },
  ]);
  const found = async (filter: object) =>
    (await ingest.rejects(load, { limit: 10, ...filter })).rejects.map(({ index }) => index);
  assert.deepEqual(await found({ code: 'missing' }), [0]);
  assert.deepEqual(await found({ code: 'type.integer' }), [1, 2]);
  assert.deepEqual(await found({ column: 'v', code: 'length' }), [1, 2]);
  assert.deepEqual(await found({ column: 'id', code: 'length' }), []);
  assert.deepEqual(await found({ state: 'returned' }), []);
});

test('the ledger holds what the receipts say', () => assert.deepEqual(ledgerFaults(home), []));
