import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lasting, moment, plural, seconds, size } from '../../src/cli/format.ts';
import { barLine, factsOf } from '../../src/cli/progress.ts';
import { layOut } from '../../src/cli/ui.ts';
import { NO_COUNTS } from '../../src/model/receipt.ts';

test('the bar stands against the size of the file', () => {
  assert.equal(barLine('jobs.csv', 0, 100, ''), `jobs.csv ${'░'.repeat(24)}   0 % `);
  assert.equal(barLine('jobs.csv', 50, 100, 'x'), `jobs.csv ${'█'.repeat(12)}${'░'.repeat(12)}  50 % x`);
  assert.equal(barLine('empty.csv', 0, 0, ''), `empty.csv ${'█'.repeat(24)} 100 % `);
});

test('rows/s, MB/s, rejects so far and the time left', () => {
  const counts = { ...NO_COUNTS, read: 400_000, rejected: 1 };
  const facts = factsOf({ phase: 'sending', bytes: 20e6, size: 60e6, counts }, 2);
  assert.equal(facts, '200,000 rows/s · 10.0 MB/s · 1 reject · 4.00 s left');
  const slow = factsOf({ phase: 'sending', bytes: 1e6, size: 60e6, counts }, 4);
  assert.match(slow, / · 3:56 left$/, 'minutes are no seconds');
  assert.equal(factsOf({ phase: 'reading', bytes: 1, size: 60e6, counts }, 2), 'reading 60 MB');
  const before = { bytes: 10e6, read: 350_000 };
  const onward = factsOf({ phase: 'sending', bytes: 20e6, size: 60e6, counts, before }, 2);
  assert.equal(onward, '25,000 rows/s · 5.0 MB/s · 1 reject · 8.00 s left', 'of what is sent now');
  const uncounted = { phase: 'sending', bytes: 20e6, size: 60e6, counts: NO_COUNTS } as const;
  assert.equal(factsOf(uncounted, 2), '10.0 MB/s · 4.00 s left', 'reconcile counts no rows on its way');
  assert.doesNotMatch(factsOf({ phase: 'sending', bytes: 0, size: 60e6, counts }, 2), /left|Infinity|NaN/);
});

test('numbers for people', () => {
  assert.deepEqual([0, 999, 1000, 9940, 96e6, 2.5e12].map(size), [
    '0 B',
    '999 B',
    '1.0 kB',
    '9.9 kB',
    '96 MB',
    '2.5 TB',
  ]);
  assert.deepEqual([0.041, 12.34, 61, 3725].map(seconds), ['0.04', '12.3', '1:01', '1:02:05']);
  assert.deepEqual([12.34, 61].map(lasting), ['12.3 s', '1:01']);
  assert.deepEqual([plural(1, 'row'), plural(2000, 'row')], ['1 row', '2,000 rows']);
  assert.match(moment('2026-11-22T14:30:00.000Z'), /^2026-11-2\d \d\d:\d\d:00$/);
});

test('columns are as wide as their widest cell, colours not counted', () => {
  const red = '\u001b[31m7\u001b[39m';
  assert.deepEqual(
    layOut(
      ['name', 'n>'],
      [
        ['a', '10'],
        ['longer', red],
      ],
    ),
    ['name     n', '──────  ──', 'a       10', `longer   ${red}`],
  );
});
