import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BatchReceipt } from '../../src/model/receipt.ts';
import type { RowsOptions } from './fixture.ts';
import { errorsOf, ledgerFaults, loadContent, openHome, requestOf, send, summary, utf8 } from './fixture.ts';

const home = await openHome(`CREATE TABLE p (id INTEGER PRIMARY KEY);
  CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT NOT NULL, p INT REFERENCES p);`);
const { ingest } = home;
const ids = (): unknown[] => home.values('SELECT id FROM t ORDER BY id').flat();

async function again(load: string, options: RowsOptions = {}): Promise<BatchReceipt> {
  const { table: _table, body: _body, ...rest } = requestOf('', options);
  return (await ingest.retry(load, rest)).answer;
}

test('rejects whose parents have come are loaded, each once; the others stay open', async () => {
  const load = await loadContent(ingest, 'id,v,p\n1,a,1\n2,"b\nb",2\n3,,1\n4,d,3\n');
  assert.equal(summary(load), '4 = 0 + 0 + 0 + 4');
  home.outside('INSERT INTO p VALUES (1), (2)');
  const first = await again(load.id);
  assert.equal(summary(first), '4 = 2 + 0 + 0 + 2');
  assert.deepEqual(errorsOf(first), ['2 missing v', '3 foreign_key p']);
  assert.deepEqual(ids(), [1, 2]);
  assert.equal((await ingest.load(first.load)).parent, load.id);
  const second = await again(load.id);
  assert.equal(summary(second), '2 = 0 + 0 + 0 + 2');
  home.outside('INSERT INTO p VALUES (3)');
  assert.equal(summary(await again(first.load)), '2 = 1 + 0 + 0 + 1');
  assert.deepEqual(ids(), [1, 2, 4]);
});

test('two retries at once load each row once', async () => {
  const load = await loadContent(ingest, 'id,v,p\n10,a,7\n11,b,7\n');
  home.outside('INSERT INTO p VALUES (7)');
  const both = await Promise.all([again(load.id), again(load.id)]);
  assert.deepEqual(both.map(summary).sort(), ['0 = 0 + 0 + 0 + 0', '2 = 2 + 0 + 0 + 0']);
});

test('the same retry again is its stored answer', async () => {
  const load = await loadContent(ingest, 'id,v,p\n12,,\n');
  const { table: _table, body: _body, ...rest } = requestOf('', { key: 'retry-0123456789' });
  const first = await ingest.retry(load.id, rest);
  const second = await ingest.retry(load.id, rest);
  assert.deepEqual([first.replayed, second.replayed], [false, true]);
  assert.deepEqual(second.answer, first.answer);
});

test('corrected rows are a new load linked to the first', async () => {
  const load = await loadContent(ingest, 'id,v,p\n13,,\n');
  const body = utf8('[{"id":13,"v":"mended"}]');
  const { table: _table, ...rest } = requestOf(body);
  const { answer } = await ingest.retry(load.id, { ...rest, body });
  assert.equal(summary(answer), '1 = 1 + 0 + 0 + 0');
  assert.equal((await ingest.load(answer.load)).parent, load.id);
  assert.equal(summary(await again(load.id)), '0 = 0 + 0 + 0 + 0');
});

test('an atomic retry that is taken back leaves the rejects to be retried', async () => {
  const load = await loadContent(ingest, 'id,v,p\n20,a,8\n21,b,9\n');
  home.outside('INSERT INTO p VALUES (8)');
  const refused = await again(load.id, { atomic: true });
  assert.deepEqual([refused.state, summary(refused)], ['aborted', '2 = 0 + 0 + 1 + 1']);
  const after = await again(load.id);
  assert.equal(summary(after), '2 = 1 + 0 + 0 + 1');
});

test('records with an open quote do not swallow others: they stay, since as they are they can never be loaded', async () => {
  const filler = Array.from({ length: 12_000 }, (_, i) => `${1000 + i},${'x'.repeat(90)},\n`).join('');
  const content = `id,v,p\n30,"open,\n31,x,10\n${filler}34,"y",10\n35,"open again,\n`;
  const load = await loadContent(ingest, content, { partBytes: () => 2 << 20 });
  assert.equal(load.rejected, 4);
  home.outside('INSERT INTO p VALUES (10)');
  assert.equal(summary(await again(load.id)), '2 = 2 + 0 + 0 + 0');
  assert.deepEqual(home.values('SELECT id, v FROM t WHERE id IN (31, 34)'), [
    [31, 'x'],
    [34, 'y'],
  ]);
  const states = home.values(
    `SELECT state FROM rowferry_rejects WHERE load_id = '${load.id}' ORDER BY record`,
  );
  assert.deepEqual(states.flat(), ['open', 'retried', 'retried', 'open']);
});

test('rows of a JSON request are retried too', async () => {
  const receipt = await send(ingest, [{ id: 40, v: 'a,"b"\n', p: 11 }, { id: 41, v: 'x', nope: 1 }, null]);
  home.outside('INSERT INTO p VALUES (11)');
  const retried = await again(receipt.load);
  assert.equal(summary(retried), '3 = 1 + 0 + 0 + 2');
  assert.deepEqual(home.values('SELECT v FROM t WHERE id = 40'), [['a,"b"\n']]);
});

test('the ledger holds what the receipts say', () => {
  assert.deepEqual(ledgerFaults(home), []);
});
