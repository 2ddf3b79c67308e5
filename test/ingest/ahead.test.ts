import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { mayGoAhead, partsHere } from '../../src/ingest/ahead.ts';
import type { Table } from '../../src/model/table.ts';
import { column, tableOf } from '../check/judge.ts';
import { announce, openHome, sendPart, summary, utf8 } from './fixture.ts';

const home = await openHome('CREATE TABLE t (id INTEGER PRIMARY KEY)');

test('parts go ahead where their rows cannot depend on each other', async () => {
  const { ingest } = home;
  const load = { ...(await announce(ingest, utf8('1\n'))), columns: ['id'] };
  const table = tableOf([column('id', 'integer')]);
  const into = (parentTable: string): Table => ({
    ...table,
    foreignKeys: [
      {
        name: 'k',
        columns: ['id'],
        parentTable,
        parentColumns: ['id'],
        onDelete: 'NO ACTION',
        onUpdate: 'NO ACTION',
      },
    ],
  });
  assert.equal(mayGoAhead(load, { table }), true);
  assert.equal(mayGoAhead(load, { table: into('another') }), true);
  assert.equal(mayGoAhead(load, { table: into(table.name) }), false);
  assert.equal(mayGoAhead(load, { table: { ...table, triggers: ['x'] } }), false);
  assert.equal(mayGoAhead({ ...load, atomic: true }, { table }), false);
  assert.equal(mayGoAhead({ ...load, mode: 'upsert' }, { table }), false);
  assert.equal(mayGoAhead({ ...load, columns: null }, { table }), false);
});

test('the first part finds the table as it is, not as it was a moment ago', async () => {
  const { ingest, outside } = home;
  const content = utf8('5\n6\n');
  const { id } = await announce(ingest, content);
  outside('ALTER TABLE t ADD COLUMN v TEXT');
  const { rejects, part } = await sendPart(ingest, id, content, 0);
  assert.equal(summary(part), '2 = 0 + 0 + 0 + 2');
  assert.deepEqual(
    rejects.map(({ errors }) => errors.map(({ code }) => code)),
    [['columns.few'], ['columns.few']],
  );
});

/** The part behind the one at 0. */
const BEHIND = { load: 'a load', offset: 5, aheadOf: 0 };

test('a part that waits for one of its thread looks at the ledger when that one is over, however it ended', async () => {
  for (const settle of ['resolve', 'reject'] as const) {
    const before = Promise.withResolvers<void>();
    const over = partsHere.during({ load: 'a load', offset: 0 }, () => before.promise).catch(() => undefined);
    const looks = partsHere.mayHaveMoved(BEHIND).then(() => 'looks');
    before[settle](undefined);
    assert.equal(await Promise.race([looks, nextTurn('waits')]), 'looks');
    await over;
  }
});

test('until then it looks seldom, and often for one that this thread does not have', async () => {
  const before = Promise.withResolvers<void>();
  const over = partsHere.during({ load: 'a load', offset: 0 }, () => before.promise);
  // Timers end in the order of their times, however late.
  const first = (part: typeof BEHIND) =>
    Promise.race([partsHere.mayHaveMoved(part).then(() => 'looks'), pause(20, 'waits')]);
  assert.equal(await first(BEHIND), 'waits');
  assert.equal(await first({ ...BEHIND, load: 'another load' }), 'looks');
  assert.equal(await first({ ...BEHIND, aheadOf: 1 }), 'looks');
  before.resolve();
  await over;
  assert.equal(await first(BEHIND), 'looks');
});
