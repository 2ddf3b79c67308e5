import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backupAges, overdueAfterMs } from '../../src/backup/backup-age.ts';

const NOW = Date.parse('2026-11-22T12:00:00Z');
const HOUR_MS = 3_600_000;

test('the newest verified backup of each table counts, and no corrupt one', () => {
  const at = (table: string, hours: number, state: 'verified' | 'corrupt' = 'verified') => ({
    table,
    state,
    snapshotAt: new Date(NOW - hours * HOUR_MS).toISOString(),
  });
  const backups = [
    at('a', 5),
    at('a', 30),
    at('b', 1, 'corrupt'),
    at('b', 50),
    at('c', 2, 'corrupt'),
    at('gone', 1),
  ];
  const ages = backupAges(['a', 'b', 'c'], backups, NOW);
  assert.deepEqual(
    ages.map(({ table, ageMs }) => [table, ageMs === null ? null : ageMs / HOUR_MS]),
    [
      ['a', 5],
      ['b', 50],
      ['c', null],
    ],
  );
});

test('a backup is overdue when two runs of the schedule were missed, without one after a week', () => {
  const at = (text: string) => new Date(text).getTime();
  assert.equal(overdueAfterMs('0 * * * *', NOW), 2 * HOUR_MS);
  assert.equal(overdueAfterMs(null, NOW), 168 * HOUR_MS);
  // 22 November 2026 is a Sunday: the last two were due on Friday and on Thursday.
  assert.equal(overdueAfterMs('0 3 * * 1-5', at('2026-11-22T04:00:00')), (24 + 24 + 24 + 1) * HOUR_MS);
});
