import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { type Meaning, TimeZone } from '../../src/lib/time-zone.ts';

function meanings(zone: string, local: readonly string[]): string[] {
  const clocks = new TimeZone(zone);
  return local.map((time) => shown(clocks.instantOf(Date.parse(`${time}Z`) / 1000)));
}

const shown = (meaning: Meaning): string =>
  typeof meaning === 'number' ? new Date(meaning * 1000).toISOString().slice(0, 19) : meaning;

test('the second before and after clocks are put forward and back', () => {
  assert.deepEqual(
    meanings('Europe/Madrid', [
      '2021-03-28T01:59:59',
      '2021-03-28T02:00:00',
      '2021-03-28T02:59:59',
      '2021-03-28T03:00:00',
      '2021-10-31T01:59:59',
      '2021-10-31T02:00:00',
      '2021-10-31T02:59:59',
      '2021-10-31T03:00:00',
    ]),
    [
      '2021-03-28T00:59:59',
      'never',
      'never',
      '2021-03-28T01:00:00',
      '2021-10-30T23:59:59',
      'twice',
      'twice',
      '2021-10-31T02:00:00',
    ],
  );
});

test('a day that was left out, half hours, and times before standard time', () => {
  assert.deepEqual(
    meanings('Pacific/Apia', ['2011-12-29T23:59:59', '2011-12-30T12:00:00', '2011-12-31T00:00:00']),
    ['2011-12-30T09:59:59', 'never', '2011-12-30T10:00:00'],
  );
  assert.deepEqual(
    meanings('Australia/Lord_Howe', ['2021-04-04T01:29:59', '2021-04-04T01:30:00', '2021-04-04T02:00:00']),
    ['2021-04-03T14:29:59', 'twice', '2021-04-03T15:30:00'],
  );
  assert.deepEqual(meanings('Europe/Madrid', ['1850-01-01T00:00:00']), ['1850-01-01T00:14:44']);
});

test('offsets that never change', () => {
  const fixed = ['UTC', 'utc', 'Etc/UTC', 'GMT', '+02:00', '-0330', 'Europe/London'].map(
    (name) => new TimeZone(name).fixed,
  );
  assert.deepEqual(fixed, ['+00:00', '+00:00', '+00:00', '+00:00', '+02:00', '-03:30', null]);
  assert.throws(() => new TimeZone('Mars/Olympus'), RangeError);
});

const ZONES = [
  'Europe/Madrid',
  'America/New_York',
  'Asia/Kathmandu',
  'Africa/Casablanca',
  'Africa/Monrovia',
  'Asia/Manila',
];
const HOUR = 3600;

test('what a local time stands for, by what clocks show around it', () => {
  const second = fc.integer({ min: -4_000_000_000, max: 4_000_000_000 });
  const clocks = new Map(ZONES.map((name) => [name, { zone: new TimeZone(name), wall: wallClock(name) }]));
  fc.assert(
    fc.property(fc.constantFrom(...clocks.values()), second, ({ zone, wall }, local) => {
      const hours = Array.from({ length: 73 }, (_, i) => local + (i - 36) * HOUR);
      const offsets = new Set(hours.map((at) => wall(at) - at));
      const instants = [...offsets].map((offset) => local - offset).filter((at) => wall(at) === local);
      const expected = instants.length > 1 ? 'twice' : (instants[0] ?? 'never');
      assert.equal(zone.instantOf(local), expected);
    }),
    { numRuns: 200 },
  );
});

/** Seconds that a wall clock shows, from the parts of a formatted date. */
function wallClock(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  return (at) => {
    const found = new Map(format.formatToParts(at * 1000).map(({ type, value }) => [type, value]));
    const [year, month, day] = [found.get('year'), found.get('month'), found.get('day')];
    const [hour, minute, second] = [found.get('hour'), found.get('minute'), found.get('second')];
    return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) / 1000;
  };
}
