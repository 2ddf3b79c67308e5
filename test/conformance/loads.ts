import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { Load } from '../../src/model/receipt.ts';
import { allRejects, announce, loadContent, sendPart, summary, utf8 } from '../ingest/fixture.ts';
import { assertBalanced, errorsOf, type Rig } from './rig.ts';

/** Files as loads: parts, repetitions, limits. */
export function runLoads(rig: Rig): void {
  const idsOf = async (table: string) => (await rig.rows(`SELECT id FROM ${table} ORDER BY id`)).flat();

  test('a file in parts cut anywhere: every record once, every reject at its line', async () => {
    await rig.empty();
    const lines = numbers(1, 300).map((id) => (id % 100 === 50 ? `x${id},bad` : `${id},v${id}`));
    let size = 7;
    const load = await loadContent(rig.ingest, `id,v\n${lines.join('\n')}\n`, {
      table: 'plain',
      partBytes: () => (size = (size * 31 + 5) % 400),
    });
    assert.deepEqual([load.state, summary(load)], ['completed_with_rejects', '300 = 297 + 0 + 0 + 3']);
    assert.deepEqual(errorsOf(await allRejects(rig.ingest, load.id)), [
      '51 type.integer id x50',
      '151 type.integer id x150',
      '251 type.integer id x250',
    ]);
    assert.deepEqual(
      await idsOf('plain'),
      numbers(1, 300).filter((id) => id % 100 !== 50),
    );
    await assertBalanced(rig);
  });

  test('a part that comes again has the receipt that it had, its rejects among it', async () => {
    await rig.empty();
    const bytes = utf8('1,a\nx,b\n3,c\n4,d\n4,e\n');
    const load = await announce(rig.ingest, bytes, { table: 'plain' });
    const cut = bytes.indexOf(10, 8) + 1;
    const first = await sendPart(rig.ingest, load.id, bytes, 0, cut);
    const again = await sendPart(rig.ingest, load.id, bytes, 0, cut);
    assert.deepEqual(again, first);
    await sendPart(rig.ingest, load.id, bytes, cut);
    const late = await sendPart(rig.ingest, load.id, bytes, 0, cut);
    assert.deepEqual([late.part, late.rejects], [first.part, first.rejects]);
    assert.deepEqual(await idsOf('plain'), [1, 3, 4]);
    const other = Uint8Array.from(bytes.subarray(0, cut));
    other[0] = 0x39;
    await assert.rejects(rig.ingest.part(load.id, { offset: 0, bytes: other, last: false }), {
      code: 'content-mismatch',
    });
    await assertBalanced(rig);
  });

  test('a part that ends within a record: its batch has the SHA-256 of its bytes, and it comes again', async () => {
    await rig.empty();
    const bytes = utf8('1,a\n2,"b\nb"\n3,c\n');
    const load = await announce(rig.ingest, bytes, { table: 'plain' });
    const within = bytes.indexOf(10, 4) + 1;
    const first = await sendPart(rig.ingest, load.id, bytes, 0, within);
    assert.deepEqual([first.part.endByte, first.inserted], [4, 1]);
    assert.deepEqual(await sendPart(rig.ingest, load.id, bytes, 0, within), first);
    assert.deepEqual((await sendPart(rig.ingest, load.id, bytes, 0, 4)).part, first.part);
    await sendPart(rig.ingest, load.id, bytes, 4);
    const batches = await rig.ingest.batchesOf(load.id, { limit: 9 });
    assert.deepEqual(
      batches.map(({ sha256 }) => sha256),
      [bytes.subarray(0, 4), bytes.subarray(4)].map((part) =>
        createHash('sha256').update(part).digest('hex'),
      ),
    );
    assert.deepEqual((await sendPart(rig.ingest, load.id, bytes, 0, within)).part, first.part);
    const other = Uint8Array.from(bytes);
    other[0] = 0x39;
    await assert.rejects(sendPart(rig.ingest, load.id, other, 0, within), { code: 'content-mismatch' });
    await assertBalanced(rig);
  });

  test('the same file again is the load that exists', async () => {
    await rig.empty();
    const content = '1,once\n2,once\n';
    const load = await loadContent(rig.ingest, content, { table: 'plain' });
    const again = await announce(rig.ingest, utf8(content), { table: 'plain' });
    assert.deepEqual([again.id, again.state, again.read], [load.id, 'completed', 2]);
    assert.equal((await rig.ingest.finish(load.id)).inserted, 2);
    assert.deepEqual(await idsOf('plain'), [1, 2]);
  });

  test('maxRejects ends a load, and what was loaded stays', async () => {
    await rig.empty();
    const load = await loadContent(rig.ingest, 'a,1\nb,2\n3,c\n4,d\n', {
      table: 'plain',
      maxRejects: '1',
      partBytes: () => 8,
    });
    assert.deepEqual([load.state, load.rejected], ['aborted', 2]);
    assert.deepEqual(await idsOf('plain'), []);
    await assertBalanced(rig);
  });

  test('a wrong file is stopped before its rejects fill the ledger', async () => {
    await rig.empty();
    const lines = numbers(1, 200).map((id) => `wrong${id},x\n`);
    const load = await loadContent(rig.ingest, lines.join(''), { table: 'plain' });
    assert.deepEqual([load.state, load.read], ['aborted', 0]);
    assert.equal((await allRejects(rig.ingest, load.id)).length, 0);
  });

  test('a view is no table that rows can be loaded into', async () => {
    await rig.target.run('CREATE VIEW plain_view AS SELECT * FROM plain');
    const said = { table: 'plain_view' };
    await assert.rejects(announce(rig.ingest, utf8('1,a\n'), said), { code: 'table-not-found' });
    assert.ok(!(await rig.ingest.tables()).some(({ name }) => name === 'plain_view'));
    await rig.target.run('DROP VIEW plain_view');
  });

  test('a load that is aborted takes no more parts', async () => {
    await rig.empty();
    const bytes = utf8('1,aborted\n2,aborted\n');
    const load = await announce(rig.ingest, bytes, { table: 'plain' });
    await sendPart(rig.ingest, load.id, bytes, 0, 10);
    assert.equal((await rig.ingest.abort(load.id, 'enough')).state, 'aborted');
    await assert.rejects(sendPart(rig.ingest, load.id, bytes, 10), { code: 'load-finished' });
    assert.deepEqual(await idsOf('plain'), [1]);
  });

  test('many rejects, some of them large, go into the ledger whole', async () => {
    await rig.empty();
    const large = 'y'.repeat(600_000);
    const lines = numbers(1, 250).map((id) =>
      id % 60 === 0 ? `${id},"${large}"` : `${id},${'z'.repeat(30)}`,
    );
    const load = await loadContent(rig.ingest, `1000,ok\n${lines.join('\n')}\n`, {
      table: 'plain',
      maxRejects: '100%',
      partBytes: () => 4 << 20,
    });
    assert.equal(summary(load), '251 = 1 + 0 + 0 + 250');
    const rejects = await allRejects(rig.ingest, load.id);
    assert.deepEqual([rejects.length, rejects[59]?.raw], [250, `60,"${large}"`]);
    await assertBalanced(rig);
  });

  test('the loads are listed, newest first, by table and state', async () => {
    const listed = await rig.ingest.loads({ table: 'plain', state: 'aborted', limit: 2 });
    assert.equal(listed.length, 2);
    const newest: readonly Load[] = await rig.ingest.loads({ limit: 3 });
    const ids = newest.map(({ id }) => id);
    assert.deepEqual(ids, ids.toSorted().reverse());
    const next = await rig.ingest.loads({ limit: 1, before: ids[0] ?? '' });
    assert.equal(next[0]?.id, ids[1]);
  });
}

export const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
