import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { column, errorsOf, judged } from './judge.ts';

const date = column('d', 'date');
const time = column('t', 'time');
const datetime = column('d', 'datetime');

function allGood(target: typeof date, values: readonly string[]): void {
  assert.deepEqual(
    values.filter((value) => judged(value, target) !== null),
    [],
  );
}

function allBad(target: typeof date, values: readonly string[]): void {
  assert.deepEqual(
    values.filter((value) => judged(value, target) !== `type.${target.kind}`),
    [],
  );
}

test('dates that exist', () => {
  allGood(date, ['0001-01-01', '9999-12-31', '2020-02-29', '2000-02-29', '2021-02-28', '2021-04-30']);
});

test('dates that do not', () => {
  allBad(date, ['2021-02-29', '1900-02-29', '2021-02-30', '2021-04-31', '2021-13-01', '2021-00-01']);
  allBad(date, ['2021-01-00', '2021-01-32', '0000-01-01', '2021-1-1', '21-01-01', '2021/01/01', '20210101']);
  allBad(date, [
    '',
    ' 2021-01-01',
    '2021-01-01 ',
    '2021-01-01T00:00',
    '2O21-01-01',
    '-021-01-01',
    '+2021-01-1',
  ]);
});

test('every day of 400 years, as Date counts them', () => {
  const day = fc.integer({ min: Date.UTC(1800, 0, 1) / 86_400_000, max: Date.UTC(2200, 0, 1) / 86_400_000 });
  fc.assert(
    fc.property(day, fc.integer({ min: 1, max: 31 }), (days, other) => {
      const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
      assert.equal(judged(text, date), null);
      const moved = `${text.slice(0, 8)}${String(other).padStart(2, '0')}`;
      const exists = new Date(`${moved}T00:00:00Z`).toISOString().slice(0, 10) === moved;
      assert.equal(judged(moved, date) === null, exists);
    }),
    { numRuns: 300 },
  );
});

test('times', () => {
  allGood(time, ['00:00', '23:59', '23:59:59', '12:00:00.1', '12:00:00.123456789']);
  allBad(time, ['24:00', '24:00:00', '12:60', '12:00:60', '1:00', '12', '12:', '12:00:', '12:00:0', '']);
  allBad(time, [
    '12:00:00.',
    '12:00:00.1234567891',
    '12:00:00Z',
    '12:00+02:00',
    '12.00',
    '-1:00',
    '12:00:00,5',
  ]);
});

test('zeros that end a fraction are no digits that would be lost', () => {
  for (const [digits, good, bad] of [
    [0, ['12:00:01.0', '12:00:01.000000000000'], ['12:00:01.1', '12:00:01.0001', '12:00:01.10']],
    [
      3,
      ['12:00:01.123', '12:00:01.12300', '12:00:01.5', '12:00:01.000000000'],
      ['12:00:01.1234', '12:00:01.00010'],
    ],
  ] as const) {
    allGood(column('t', 'time', { fractionDigits: digits }), good);
    allBad(column('t', 'time', { fractionDigits: digits }), bad);
    const moment = column('d', 'datetime', { fractionDigits: digits, withZone: true });
    allGood(
      moment,
      good.map((each) => `2021-11-07T${each}Z`),
    );
    allBad(
      moment,
      bad.map((each) => `2021-11-07T${each}+02:00`),
    );
  }
});

test('a time with a zone only into a column that keeps one', () => {
  const zoned = column('t', 'time', { withZone: true });
  allGood(zoned, ['12:00', '12:00Z', '12:00:00z', '12:00+02:00', '12:00:00.5-0330', '12:00+02']);
  allBad(zoned, ['12:00 Z', '12:00+2', '12:00+16:00', '12:00+02:60', '12:00+02:0']);
});

test('date-times of ISO 8601 and RFC 3339', () => {
  allGood(datetime, [
    '2021-11-07T02:48:42Z',
    '2021-11-07t02:48:42z',
    '2021-11-07 02:48:42',
    '2021-11-07T02:48',
  ]);
  allGood(datetime, ['2021-11-07T02:48:42.123Z', '2020-02-29T23:59:59.999999999', '2021-11-07T02:48Z']);
  allBad(datetime, ['2021-11-07', '2021-11-07T', '2021-11-07T02', '2021-11-07_02:48', '2021-11-07  02:48']);
  allBad(datetime, ['2021-02-29T00:00', '2021-11-07T24:00:00', '2021-11-07T23:60', '2021-11-07T23:59:60']);
  allBad(datetime, [
    '07/11/2021 02:48',
    '2021-11-07T02:48:42ZZ',
    '2021-11-07T02:48:42 Z',
    '2021-11-07T02:48:42.',
    '',
  ]);
});

test('into a column without a zone Z and zero offsets go, any other offset is refused', () => {
  allGood(datetime, ['2021-11-07T02:48:42+00:00', '2021-11-07T02:48:42-00:00', '2021-11-07T02:48:42+0000']);
  allGood(datetime, ['2021-11-07T02:48:42+00']);
  allBad(datetime, ['2021-11-07T02:48:42+02:00', '2021-11-07T02:48:42-0500', '2021-11-07T02:48:42+00:30']);
  const zoned = column('d', 'datetime', { withZone: true });
  allGood(zoned, [
    '2021-11-07T02:48:42+02:00',
    '2021-11-07T02:48:42-0500',
    '2021-11-07 02:48+14',
    '2021-11-07 02:48',
  ]);
});

test('the fraction has at most the digits of the column', () => {
  const millis = column('d', 'datetime', { fractionDigits: 3 });
  allGood(millis, ['2021-11-07T02:48:42.123Z', '2021-11-07T02:48:42Z']);
  allBad(millis, ['2021-11-07T02:48:42.1234Z']);
  allBad(column('d', 'datetime', { fractionDigits: 0 }), ['2021-11-07T02:48:42.1']);
});

test('messages name the form that is expected', () => {
  const errors = errorsOf('x,y,z\n', [date, time, { ...datetime, name: 'at' }])[0]?.errors ?? [];
  assert.deepEqual(
    errors.map(({ message }) => message),
    [
      'd is "x"; expected a date such as 2021-11-07',
      't is "y"; expected a time such as 02:48:42',
      'at is "z"; expected a date and time such as 2021-11-07T02:48:42Z (the column keeps no zone, so no offset but Z)',
    ],
  );
});
