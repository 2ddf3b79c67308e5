import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FormatKind, formatExample, formatProblem, formatSteps } from '../../src/lib/date-format.ts';

test('formats that make a value of their kind', () => {
  const good: readonly (readonly [FormatKind, string])[] = [
    ['date', '%d/%m/%Y'],
    ['date', '%y%m%d'],
    ['date', '%Y-%j'],
    ['date', '%A, %e. %B %Y'],
    ['date', '%%%d%%%b%%%Y'],
    ['time', '%H:%M'],
    ['time', '%I %p'],
    ['time', '%H:%M:%S.%f%z'],
    ['datetime', '%d/%m/%Y'],
    ['datetime', '%Y%m%d%H%M%S'],
    ['datetime', '%m/%d/%Y %I:%M %p %Z'],
  ];
  for (const [kind, format] of good) assert.equal(formatProblem(format, kind), null, format);
});

test('formats with problems, and what the problem is', () => {
  const bad: readonly (readonly [FormatKind, string, RegExp])[] = [
    ['date', 'any', /guessed.*3rd of April.*%d\/%m\/%Y/],
    ['date', 'YYYY-MM-DD', /no directive such as %d/],
    ['date', '%d/%m/%Q', /has %Q; the directives are %Y/],
    ['date', '%d/%m/%', /has %;/],
    ['date', '%d/%m', /not make a date/],
    ['date', '%d/%m/%Y %j', /not make a date/],
    ['date', '%d/%b/%m/%Y', /month twice/],
    ['date', '%d/%m/%Y %H:%M', /reads the hour, which would be lost in a date/],
    ['time', '%d %H', /reads the day, which would be lost in a time/],
    ['time', '%M:%S', /no hour/],
    ['time', '%I:%M', /%I and %p together/],
    ['time', '%H:%M %p', /%I and %p together/],
    ['time', '%H %S', /%S without %M/],
    ['time', '%H:%M.%f', /%f without %S/],
    ['datetime', '%H:%M', /not make a date/],
    ['datetime', '%d/%m/%Y %M', /%M without %H/],
    ['datetime', '%d/%m/%Y %z', /zone without an hour/],
  ];
  for (const [kind, format, problem] of bad) assert.match(formatProblem(format, kind) ?? '', problem, format);
});

test('digits next to digits have all their places', () => {
  const least = (format: string): (number | null)[] =>
    (formatSteps(format) ?? []).map((step) => (step.directive === null ? null : step.leastDigits));
  assert.deepEqual(least('%d/%m/%Y'), [1, null, 1, null, 4]);
  assert.deepEqual(least('%Y%m%d'), [4, 2, 2]);
  assert.deepEqual(least('%d%b%Y'), [1, 0, 4]);
  assert.deepEqual(least('%d0%m'), [2, null, 2]);
  assert.deepEqual(least('%S%f%z'), [2, 1, 0]);
  assert.deepEqual(least('%Y%j'), [4, 3]);
});

test('examples in a format', () => {
  assert.equal(formatExample('%d.%m.%Y, %I:%M:%S.%f %p %z 100%%'), '07.11.2021, 02:48:42.125 PM +0200 100%');
  assert.equal(formatExample('%a %e %b %y'), 'Sun  7 Nov 21');
});
