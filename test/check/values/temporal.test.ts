import assert from 'node:assert/strict';
import { test } from 'node:test';
import { civilDate, dayNumber } from '../../../src/check/values/write-temporal.ts';
import type { Dialect } from '../../../src/model/dialect.ts';
import type { Column } from '../../../src/model/table.ts';
import { column } from '../judge.ts';
import { columnRead, read, readFields, readsAs, refuses } from './read.ts';

const date = column('d', 'date');
const datetime = column('d', 'datetime');
const instant = column('d', 'datetime', { withZone: true });

function message(value: string, target: Column, dialect: Partial<Dialect>): string {
  const [error] = readFields([value], target, dialect);
  return error !== undefined && error !== null && typeof error === 'object' ? error.message : `${error}`;
}

test('days before months', () => {
  const dialect = { dateFormat: '%d/%m/%Y' };
  readsAs(date, dialect, {
    '31/12/2020': '2020-12-31',
    '3/4/2021': '2021-04-03',
    '29/02/2000': '2000-02-29',
  });
  refuses(date, dialect, ['31/04/2021', '29/02/1900', '12/31/2020', '2020-12-31', '31/12/20', '031/12/2020']);
  refuses(date, dialect, [
    '',
    '31/12/2020 ',
    ' 1/1/2020',
    '31-12-2020',
    '31/12/0000',
    '0/1/2020',
    '1/0/2020',
    '1/1/20201',
  ]);
  assert.equal(
    message('2020-12-31', date, dialect),
    'd is "2020-12-31"; expected a date such as 07/11/2021 (%d/%m/%Y)',
  );
});

test('without a declared format nobody guesses', () => {
  refuses(date, {}, ['03/04/2021', '31/12/2020', '31.12.2020']);
  refuses(date, { datetimeFormat: '%d/%m/%Y %H:%M' }, ['31/12/2020', '31/12/2020 10:00']);
});

test('names, short years, days of the year, digits without anything between', () => {
  readsAs(date, { dateFormat: '%e %b %Y' }, { ' 7 Nov 2021': '2021-11-07', '17 NOV 2021': '2021-11-17' });
  readsAs(date, { dateFormat: '%A, %d. %B %Y' }, { 'sunday, 07. november 2021': '2021-11-07' });
  refuses(date, { dateFormat: '%a %d %b %Y' }, [
    'Mon 07 Nov 2021',
    'Sonntag 07 Nov 2021',
    'Sun 07 November 2021',
  ]);
  readsAs(
    date,
    { dateFormat: '%d.%m.%y' },
    { '1.2.68': '2068-02-01', '1.2.69': '1969-02-01', '31.12.00': '2000-12-31' },
  );
  readsAs(
    date,
    { dateFormat: '%Y-%j' },
    { '2020-366': '2020-12-31', '2021-060': '2021-03-01', '2021-1': '2021-01-01' },
  );
  refuses(date, { dateFormat: '%Y-%j' }, ['2021-366', '2021-0', '2021-1000']);
  readsAs(date, { dateFormat: '%Y%m%d' }, { '20211107': '2021-11-07' });
  refuses(date, { dateFormat: '%Y%m%d' }, ['2021117', '202111071', '2021 1107']);
  readsAs(date, { dateFormat: '100%% %Y年%m月%d日' }, { '100% 2021年11月7日': '2021-11-07' });
});

test('times of the day', () => {
  readsAs(
    datetime,
    { datetimeFormat: '%m/%d/%Y %I:%M %p' },
    {
      '12/31/2020 12:00 AM': '2020-12-31T00:00:00',
      '12/31/2020 12:30 pm': '2020-12-31T12:30:00',
      '1/2/2020 1:05 PM': '2020-01-02T13:05:00',
    },
  );
  refuses(datetime, { datetimeFormat: '%m/%d/%Y %I:%M %p' }, [
    '12/31/2020 13:00 PM',
    '12/31/2020 0:10 AM',
    '1/2/2020 1:5 AM',
  ]);
  readsAs(datetime, { datetimeFormat: '%Y%m%d%H%M%S%f' }, { '202111070248425': '2021-11-07T02:48:42.5' });
  readsAs(datetime, { datetimeFormat: '%d/%m/%Y' }, { '31/12/2020': '2020-12-31T00:00:00' });
  refuses(datetime, { datetimeFormat: '%d/%m/%Y %H:%M:%S' }, [
    '31/12/2020 24:00:00',
    '31/12/2020 23:60:00',
    '31/12/2020 23:59:60',
  ]);
  refuses(column('d', 'datetime', { fractionDigits: 3 }), { datetimeFormat: '%d/%m/%Y %H:%M:%S.%f' }, [
    '31/12/2020 00:00:00.1234',
  ]);
  readsAs(
    columnRead('time', { format: '%H.%M Uhr' }),
    {},
    { '7.30 Uhr': '07:30:00', '23.59 Uhr': '23:59:00' },
  );
  refuses(columnRead('time', { format: '%H.%M' }), {}, ['7:30', '24.00', '07:30:00']);
});

test('offsets and UTC that stand in the value', () => {
  const dialect = { datetimeFormat: '%d/%m/%Y %H:%M %z' };
  readsAs(instant, dialect, {
    '31/12/2020 10:00 +0200': '2020-12-31T10:00:00+0200',
    '31/12/2020 10:00 -05:30': '2020-12-31T10:00:00-05:30',
    '31/12/2020 10:00 Z': '2020-12-31T10:00:00Z',
  });
  refuses(instant, dialect, [
    '31/12/2020 10:00',
    '31/12/2020 10:00 +2',
    '31/12/2020 10:00 CET',
    '31/12/2020 10:00 +99',
  ]);
  refuses(datetime, dialect, ['31/12/2020 10:00 +0200']);
  readsAs(
    instant,
    { datetimeFormat: '%Y/%m/%d %H:%M %Z' },
    { '2020/12/31 10:00 UTC': '2020-12-31T10:00:00Z' },
  );
  refuses(instant, { datetimeFormat: '%Y/%m/%d %H:%M %Z' }, ['2020/12/31 10:00 CST', '2020/12/31 10:00 utc']);
});

test('date-times without a zone are those of the declared one', () => {
  const dialect = { timeZone: 'Europe/Madrid' };
  readsAs(instant, dialect, {
    '2020-12-31T00:30': '2020-12-30T23:30:00Z',
    '2021-07-01 12:00:00.250': '2021-07-01T10:00:00.250Z',
    '2021-07-01T12:00:00Z': '2021-07-01T12:00:00Z',
    '2021-07-01T12:00:00+05:00': '2021-07-01T12:00:00+05:00',
    '1850-01-01T00:00:00': '1850-01-01T00:14:44Z',
    nonsense: 'type.datetime',
    '2021-02-30T00:00:00': 'type.datetime',
  });
  readsAs(datetime, dialect, { '2021-07-01 12:00': '2021-07-01 12:00' });
  readsAs(instant, { timeZone: '+02:00' }, { '2021-07-01 12:00': '2021-07-01T10:00:00Z' });
  readsAs(
    instant,
    { timeZone: 'Europe/Madrid', datetimeFormat: '%d/%m/%Y %H:%M' },
    { '01/07/2021 12:00': '2021-07-01T10:00:00Z' },
  );
});

test('a local time that never was, or was twice, is a reject that says so', () => {
  const dialect = { timeZone: 'Europe/Madrid' };
  refuses(instant, dialect, ['2021-03-28T02:30:00', '2021-10-31T02:30:00']);
  assert.equal(
    message('2021-03-28T02:30:00', instant, dialect),
    'd is "2021-03-28T02:30:00"; the clocks of Europe/Madrid never showed that: they were put forward',
  );
  assert.equal(
    message('2021-10-31T02:30:00', instant, dialect),
    'd is "2021-10-31T02:30:00"; the clocks of Europe/Madrid showed that twice; write an offset',
  );
  const declared = { ...dialect, datetimeFormat: '%d/%m/%Y %H:%M' };
  assert.match(message('28/03/2021 02:30', instant, declared), /never showed/);
  assert.match(
    message('28.03.2021 02:30', instant, declared),
    /expected a date and time such as 07\/11\/2021 14:48/,
  );
});

test('the limits of instants hold after the zone was applied', () => {
  const mysql = column('d', 'datetime', { withZone: true, firstSecond: 1, lastSecond: 2 ** 31 - 1 });
  readsAs(
    mysql,
    { timeZone: 'Europe/Madrid' },
    {
      '1970-01-01T00:30:00': 'range',
      '1970-01-01T01:00:01': '1970-01-01T00:00:01Z',
    },
  );
  readsAs(mysql, { timeZone: '-02:00' }, { '1969-12-31T22:00:01': '1970-01-01T00:00:01Z' });
  refuses(instant, { timeZone: '+02:00' }, ['0001-01-01T00:00:00']);
  refuses(instant, { timeZone: '-02:00' }, ['9999-12-31T23:00:00']);
});

test('times alone take a zone that never changes', () => {
  const time = column('t', 'time', { withZone: true });
  readsAs(
    time,
    { timeZone: '+02:00' },
    { '10:00': '10:00+02:00', '10:00Z': '10:00Z', '10:00-01': '10:00-01', x: 'type.time' },
  );
  refuses(time, { timeZone: 'Europe/Madrid' }, ['10:00']);
  readsAs(time, { timeZone: 'Europe/Madrid' }, { '10:00+01:00': '10:00+01:00' });
  assert.match(
    message('10:00', time, { timeZone: 'Europe/Madrid' }),
    /without a date Europe\/Madrid has no offset/,
  );
  readsAs(
    columnRead('time', { format: '%H.%M' }, { withZone: true }),
    { timeZone: 'UTC' },
    { '10.05': '10:05:00+00:00' },
  );
  readsAs(column('t', 'time'), { timeZone: 'Europe/Madrid' }, { '10:00': '10:00' });
});

test('a format with problems is an error before anything is read', () => {
  assert.throws(() => read('x', columnRead('date', { format: 'any' })), {
    code: 'dialect-invalid',
    message: /3rd of April/,
  });
  assert.throws(() => read('x', columnRead('date', { format: '%d/%m' })), { code: 'dialect-invalid' });
  readsAs(
    columnRead('date', { format: 'default' }),
    { dateFormat: '%d/%m/%Y' },
    { '2020-12-31': '2020-12-31' },
  );
});

test('days of the calendar, there and back', () => {
  const year = 146_097 / 400;
  for (let days = -719_162; days <= 2_932_896; days += Math.ceil(year / 7)) {
    const date = new Date(days * 86_400_000);
    const expected = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    assert.deepEqual(civilDate(days), expected);
    assert.equal(dayNumber(expected), days);
  }
});
