import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RelatedTable } from '../../src/model/table.ts';
import { takeTurns } from '../../src/watch/order.ts';
import type { Sighting } from '../../src/watch/poll.ts';

const table = (name: string, ...parents: readonly string[]): RelatedTable => ({
  name,
  foreignKeys: parents.map((parentTable) => ({ name: `${name}_${parentTable}`, parentTable, ...KEY })),
});
const KEY = { columns: ['id'], parentColumns: ['id'], onDelete: 'no action', onUpdate: 'no action' } as const;
const TABLES = [table('hires', 'jobs', 'people'), table('jobs'), table('people'), table('visits', 'hires')];
const SHAPE = { ino: 1n, size: 1n, mtimeNs: 1n, ctimeNs: 1n };

const seen = (key: string, order = 1): Sighting => ({
  key,
  name: key,
  shape: SHAPE,
  order,
  marked: false,
  complete: true,
});

function turns(complete: readonly Sighting[], arriving: readonly Sighting[] = []): string[] {
  const hires = [{ plainName: 'hires.csv', archive: 'a.zip' }];
  const archives = new Map([['a.zip', [{ plainName: 'jobs.csv', archive: 'a.zip' }, ...hires]]]);
  const mapping = { 'guests-*': 'visits' };
  return takeTurns({ complete, arriving }, TABLES, mapping, archives).map(({ key }) => key);
}

test('parents go before children, whatever came first; what is for no table goes last', () => {
  const files = [seen('visits.csv', 1), seen('what.csv', 1), seen('hires.csv', 2), seen('people.csv', 3)];
  assert.deepEqual(turns(files), ['people.csv', 'hires.csv', 'visits.csv', 'what.csv']);
});

test('among files of a table the one that was seen first goes first, then the name decides', () => {
  const files = [seen('jobs-3.csv', 2), seen('jobs-2.csv', 1), seen('jobs-1.csv', 2), seen('jobs-10.csv', 1)];
  assert.deepEqual(turns(files), ['jobs-10.csv', 'jobs-2.csv', 'jobs-1.csv', 'jobs-3.csv']);
});

test('an archive goes behind the parents of all its tables', () => {
  const files = [seen('a.zip'), seen('visits.csv'), seen('people.csv'), seen('hires-2.csv', 2)];
  assert.deepEqual(turns(files), ['people.csv', 'a.zip', 'hires-2.csv', 'visits.csv']);
});

test('a file has no turn while one for a table above its own is arriving', () => {
  const files = [
    seen('guests-7.csv'),
    seen('hires.csv'),
    seen('people.csv'),
    seen('a.zip'),
    seen('what.csv'),
  ];
  assert.deepEqual(turns(files, [seen('jobs.csv')]), ['people.csv', 'what.csv']);
  assert.deepEqual(turns(files, [seen('visits.csv')]), turns(files));
});
