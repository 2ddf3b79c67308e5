import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RowferryError } from '../../src/errors.ts';
import { allRejects, announce, loadContent, sendPart, summary, utf8 } from '../ingest/fixture.ts';
import { numbers } from './loads.ts';
import { assertBalanced, errorsOf, type Rig } from './rig.ts';

/** A user who may not make tables is told so, and what would mend it, which it does. */
export function runAtomicRefused(rig: Rig): void {
  test('atomic: refused where no table can be made for the rows to wait in', async () => {
    await rig.empty();
    const bytes = utf8('1,not allowed\n');
    const announced = announce(rig.ingest, bytes, { table: 'plain', atomic: true });
    await assert.rejects(announced, (error: RowferryError) => {
      assert.equal(error.code, 'table-unsupported');
      assert.match(error.hint ?? '', /without atomic.*GRANT CREATE/);
      return true;
    });
    const load = await loadContent(rig.ingest, bytes, { table: 'plain' });
    assert.deepEqual([load.state, load.atomic, load.inserted], ['completed', false, 1]);
    await rig.target.allowAtomic?.();
  });
}

/** All rows of a file or none. */
export function runAtomic(rig: Rig): void {
  const count = async (table: string) => (await rig.rows(`SELECT count(*) FROM ${table}`)).flat()[0];
  const load = (content: string, table = 'plain', mode: 'insert' | 'skip' | 'upsert' = 'insert') =>
    loadContent(rig.ingest, content, { table, mode, atomic: true, partBytes: () => 100 });

  test('atomic: no row is there until the last part is; then all are', async () => {
    await rig.empty();
    const bytes = utf8(`${numbers(1, 50).join(',atomic\n')},atomic\n`);
    const announced = await announce(rig.ingest, bytes, { table: 'plain', atomic: true });
    const half = await sendPart(rig.ingest, announced.id, bytes, 0, 200);
    assert.equal(summary(half), `${half.read} = 0 + 0 + ${half.read} + 0`);
    assert.equal(await count('plain'), 0);
    const done = await sendPart(rig.ingest, announced.id, bytes, half.offset);
    assert.deepEqual([done.state, summary(done)], ['completed', '50 = 50 + 0 + 0 + 0']);
    assert.equal(await count('plain'), 50);
    await assertBalanced(rig);
  });

  test('atomic: one reject, and nothing is loaded', async () => {
    await rig.empty();
    await rig.target.run("INSERT INTO plain VALUES (30, 'old')");
    const lines = numbers(1, 40).map((id) => `${id === 20 ? 3 : id},refused\n`);
    const refused = await load(lines.join(''));
    assert.deepEqual([refused.state, summary(refused)], ['aborted', '40 = 0 + 0 + 38 + 2']);
    assert.match(refused.detail ?? '', /^atomic: 2 of 40 records were rejected, nothing was loaded/);
    assert.deepEqual(errorsOf(await allRejects(rig.ingest, refused.id)), [
      '20 unique.file id 3',
      '30 unique.table id 30',
    ]);
    assert.equal(await count('plain'), 1);
    await assertBalanced(rig);
  });

  test('atomic: a CHECK, an orphan, a trigger', async () => {
    await rig.empty();
    const checked = await load('1,1\n2,0\n', 'positive');
    assert.deepEqual([checked.state, checked.rejected], ['aborted', 1]);
    const orphan = await load('1,1,a\n', 'order_lines');
    assert.deepEqual([orphan.state, orphan.inserted], ['aborted', 0]);
    const guarded = await load('1,dog\n2,cat\n', 'guarded');
    assert.deepEqual([guarded.state, guarded.inserted], ['aborted', 0]);
    assert.match(guarded.detail ?? '', /no cats/);
    for (const table of ['positive', 'order_lines', 'guarded']) assert.equal(await count(table), 0);
    await assertBalanced(rig);
  });

  test('atomic: rows of one file may refer to each other, across its parts', async () => {
    await rig.empty();
    const content = numbers(1, 60).map((id) => `${id},${id === 1 ? '' : id - 1}\n`);
    const family = await load(content.join(''), 'staff');
    assert.deepEqual([family.state, family.inserted], ['completed', 60]);
  });

  test('atomic: modes skip and upsert', async () => {
    await rig.empty();
    await rig.target.run("INSERT INTO plain VALUES (1, 'old'), (2, 'old')");
    const skipped = await load('2,skip\n3,skip\n', 'plain', 'skip');
    assert.equal(summary(skipped), '2 = 1 + 0 + 1 + 0');
    const upserted = await load('1,new\n3,new\n4,new\n', 'plain', 'upsert');
    assert.equal(summary(upserted), '3 = 1 + 2 + 0 + 0');
    assert.deepEqual(await rig.rows('SELECT id, v FROM plain ORDER BY id'), [
      [1, 'new'],
      [2, 'old'],
      [3, 'new'],
      [4, 'new'],
    ]);
  });

  test('atomic: aborted on the way nothing remains, and it may begin again', async () => {
    await rig.empty();
    const bytes = utf8('1,again\n2,again\n3,again\n');
    const first = await announce(rig.ingest, bytes, { table: 'plain', atomic: true });
    await sendPart(rig.ingest, first.id, bytes, 0, 8);
    await rig.ingest.abort(first.id, 'enough');
    assert.equal(await count('plain'), 0);
    const second = await load('1,again\n2,again\n3,again\n');
    assert.deepEqual(
      [second.id, second.state, summary(second)],
      [first.id, 'completed', '3 = 3 + 0 + 0 + 0'],
    );
    assert.equal(await count('plain'), 3);
    await assertBalanced(rig);
  });

  test('atomic: a server that starts meanwhile leaves what waits alone', async () => {
    await rig.empty();
    const bytes = utf8('1,waits\n2,waits\n');
    const announced = await announce(rig.ingest, bytes, { table: 'plain', atomic: true });
    await sendPart(rig.ingest, announced.id, bytes, 0, 8);
    const other = await rig.another();
    const done = await sendPart(other, announced.id, bytes, 8);
    assert.deepEqual([done.state, done.inserted], ['completed', 2]);
    assert.equal(await count('plain'), 2);
  });
}
