import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { column } from '../judge.ts';
import { columnRead, read, readFields } from './read.ts';

const decimal = column('d', 'decimal');
const float = column('f', 'float');
const date = column('d', 'date');
const datetime = column('d', 'datetime');

const marks = fc
  .tuple(
    fc.constantFrom('.', ',', '٫', '·'),
    fc.constantFrom(null, '.', ',', ' ', '\u00a0', '\u202f', "'", '’'),
  )
  .filter(([decimalChar, groupChar]) => decimalChar !== groupChar)
  .map(([decimalChar, groupChar]) => ({ decimalChar, groupChar }));

const digits = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'), minLength: least, maxLength: most });

/** Marks are put between digits by another way than they are read: from the right, by a pattern. */
const grouped = (whole: string, mark: string | null): string =>
  mark === null || whole.startsWith('0') ? whole : whole.replace(/(?<=\d)(?=(?:\d{3})+$)/g, mark);

test('numbers written in any dialect come back digit by digit', () => {
  fc.assert(
    fc.property(
      marks,
      fc.constantFrom('', '-', '+'),
      digits(1, 20),
      digits(0, 12),
      ({ decimalChar, groupChar }, sign, whole, fraction) => {
        const dialect = { decimalChar, groupChar };
        const end = (mark: string): string => (fraction === '' ? '' : mark + fraction);
        const written = sign + grouped(whole, groupChar) + end(decimalChar);
        assert.equal(read(written, decimal, dialect), sign + whole + end('.'), written);
        assert.equal(read(written, float, dialect), sign + whole + end('.'), written);
      },
    ),
    { numRuns: 500 },
  );
});

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** What a number is in a dialect, said by a pattern. */
function numberOf(text: string, decimalChar: string, groupChar: string | null): string | null {
  const point = escaped(decimalChar);
  const mark = groupChar === null ? '(?!)' : escaped(groupChar);
  const thousands = `[1-9]\\d{0,2}(?:${mark}\\d{3})+`;
  const lakhs = groupChar === ',' ? `[1-9]\\d?(?:${mark}\\d{2})+${mark}\\d{3}` : '(?!)';
  const pattern = `^([+-]?)(?:(${thousands}|${lakhs}|\\d+)(?:(${point})(\\d*))?|(${point})(\\d+))$`;
  const match = new RegExp(pattern, 'u').exec(text);
  if (match === null) return null;
  const [, sign = '', whole = '', point1, fraction1 = '', point2, fraction2 = ''] = match;
  const bare = groupChar === null ? whole : whole.replaceAll(groupChar, '');
  const written = point1 === undefined && point2 === undefined ? '' : '.';
  return sign + bare + written + fraction1 + fraction2;
}

test('of random texts only those become numbers that a pattern allows, and those numbers', () => {
  const text = fc.string({
    unit: fc.constantFrom(...'0123456789001234.,.,\' +-e\u00a0’٫"%('),
    maxLength: 12,
  });
  fc.assert(
    fc.property(marks, text, ({ decimalChar, groupChar }, written) => {
      const expected = numberOf(written, decimalChar, groupChar) ?? 'type.decimal';
      assert.equal(read(written, decimal, { decimalChar, groupChar }), expected, written);
    }),
    { numRuns: 5000 },
  );
});

test('numbers with a currency come back, and no other text beside a number passes', () => {
  const money = columnRead('decimal', { bareNumber: false });
  const text = fc.string({ unit: fc.constantFrom(...'0123456789.-+€$%EURkM ()'), maxLength: 9 });
  // All codes of ISO 4217 that these letters make; RUR is withdrawn, and known to some versions of ICU.
  const beside = String.raw`(?:US\$|[A-Z]{0,3}[€$]|EUR|MRU|MUR|RUR|kr\.?|%)`;
  const pattern = new RegExp(
    `^(?:([+-]?)${beside} ?([+-]?)|([+-]?))((?:\\d+\\.?\\d*|\\.\\d+))(?: ?${beside})?$`,
  );
  fc.assert(
    fc.property(text, (written) => {
      const result = read(written, money);
      if (result === 'type.decimal') return;
      const match = pattern.exec(written);
      assert.notEqual(match, null, `${written} → ${result}`);
      assert.equal(
        result,
        `${match?.[1] ?? match?.[3] ?? ''}${match?.[2] ?? ''}${match?.[4] ?? ''}`,
        written,
      );
    }),
    { numRuns: 5000, examples: [['0MRU'], ['MUR 5'], ['5EUM'], ['5MRK']] },
  );
});

test('the fields of a column are read as each of them alone', () => {
  const money = columnRead('decimal', { bareNumber: false });
  const value = fc.oneof(
    fc
      .tuple(fc.constantFrom('€ ', '$', 'EUR', ''), digits(1, 3), fc.constantFrom('.5', '', '.'))
      .map((parts) => parts.join('')),
    fc
      .tuple(fc.constantFrom('-', '', '.', '5k'), digits(0, 3), fc.constantFrom(' €', '%', ' EUR', ' CR'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
      const together = readFields(
        values.map((each) => `"${each}"`),
        money,
      );
      const results = together.map((each) => (each !== null && typeof each === 'object' ? each.code : each));
      assert.deepEqual(
        results,
        values.map((each) => read(each, money)),
      );
    }),
    { numRuns: 500 },
  );
});

const day = fc.integer({ min: -719_162, max: 2_932_896 }).map((days) => new Date(days * 86_400_000));
const pad = (value: number, places: number): string => String(value).padStart(places, '0');

/** Each format, and how JavaScript would write a date in it. */
const WRITTEN: readonly (readonly [string, (date: Date) => string])[] = [
  [
    '%d/%m/%Y',
    (d) => `${pad(d.getUTCDate(), 2)}/${pad(d.getUTCMonth() + 1, 2)}/${pad(d.getUTCFullYear(), 4)}`,
  ],
  ['%m-%d-%Y', (d) => `${d.getUTCMonth() + 1}-${d.getUTCDate()}-${pad(d.getUTCFullYear(), 4)}`],
  ['%Y%m%d', (d) => d.toISOString().slice(0, 10).replaceAll('-', '')],
  ['%a, %d %b %Y', (d) => d.toUTCString().slice(0, 16)],
  [
    '%A %B %e %Y',
    (d) =>
      `${d.toLocaleDateString('en', { weekday: 'long', timeZone: 'UTC' })} ${d.toLocaleDateString('en', { month: 'long', timeZone: 'UTC' })} ${String(d.getUTCDate()).padStart(2)} ${pad(d.getUTCFullYear(), 4)}`,
  ],
  [
    '%Y/%j',
    (d) => {
      const first = new Date(d);
      first.setUTCMonth(0, 1);
      return `${pad(d.getUTCFullYear(), 4)}/${pad((d.getTime() - first.getTime()) / 86_400_000 + 1, 3)}`;
    },
  ],
];

test('dates written in any format come back', () => {
  fc.assert(
    fc.property(day, fc.constantFrom(...WRITTEN), (value, [dateFormat, write]) => {
      const written = write(value);
      assert.equal(
        read(written, date, { dateFormat }),
        value.toISOString().slice(0, 10),
        `${dateFormat} ${written}`,
      );
    }),
    { numRuns: 1000 },
  );
});

test('of random texts only dates that exist become dates', () => {
  const text = fc.oneof(
    fc.string({ unit: fc.constantFrom(...'0123456789/ -'), maxLength: 11 }),
    fc
      .tuple(
        fc.integer({ min: 0, max: 40 }),
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 0, max: 10_500 }),
      )
      .map((parts) => parts.join('/')),
  );
  fc.assert(
    fc.property(text, (written) => {
      const [, d = 0, m = 0, y = 0] = (/^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(written) ?? []).map(Number);
      const found = new Date(Date.UTC(2000, 0, 1));
      found.setUTCFullYear(y, m - 1, d);
      const exists = y > 0 && found.getUTCDate() === d && found.getUTCMonth() === m - 1;
      const expected = exists ? found.toISOString().slice(0, 10) : 'type.date';
      assert.equal(read(written, date, { dateFormat: '%d/%m/%Y' }), expected, written);
    }),
    { numRuns: 3000 },
  );
});

test('times of the day on twelve-hour clocks come back', () => {
  fc.assert(
    fc.property(day, fc.integer({ min: 0, max: 86_399 }), (value, seconds) => {
      const at = new Date(value.getTime() + seconds * 1000);
      const time = at.toLocaleTimeString('en-US', { timeZone: 'UTC' }).replaceAll('\u202f', ' ');
      const written = `${at.toISOString().slice(0, 10)} ${time}`;
      const result = read(written, datetime, { datetimeFormat: '%Y-%m-%d %I:%M:%S %p' });
      assert.equal(result, at.toISOString().slice(0, 19), written);
    }),
    { numRuns: 500 },
  );
});
