import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dateOf, daysOf, isDate } from '../../src/lib/civil-date.ts';

const DAY_MS = 86_400_000;

test('each day around the turns of centuries, year 1 to 9999, is one behind the day before, and comes back', () => {
  let days = daysOf(1, 1, 1);
  assert.equal(days, -719_162);
  for (let year = 1; year <= 9999; year += year % 100 === 3 ? 94 : 1) {
    for (let month = 1; month <= 12; month++) {
      for (let day = 1; isDate(year, month, day); day++) {
        days = daysOf(year, month, day);
        if (dateOf(days).day !== day) assert.deepEqual(dateOf(days), { year, month, day });
        if (year >= 100 && days * DAY_MS !== Date.UTC(year, month - 1, day))
          assert.fail(`${year}-${month}-${day}`);
      }
    }
    assert.deepEqual(dateOf(days), { year, month: 12, day: 31 });
    assert.equal(daysOf(year + 1, 1, 1), days + 1);
  }
  assert.equal(days, 2_932_896);
});

test('what is no date: month 0 and 13, day 0, 29 February of common years', () => {
  const none: ReadonlyArray<readonly [number, number, number]> = [
    [2021, 0, 1],
    [2021, 13, 1],
    [2021, 4, 0],
    [2021, 4, 31],
    [2021, 2, 29],
    [1900, 2, 29],
  ];
  for (const [year, month, day] of none) assert.ok(!isDate(year, month, day), `${year}-${month}-${day}`);
  for (const year of [2000, 2024]) assert.ok(isDate(year, 2, 29));
});
