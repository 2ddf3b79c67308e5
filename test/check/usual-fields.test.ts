import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../src/check/check.ts';
import { integerJudge } from '../../src/check/integer.ts';
import { isPlainDatetime } from '../../src/check/plain-datetime.ts';
import { shortInteger } from '../../src/check/short-integer.ts';
import { datetimeJudge } from '../../src/check/temporal.ts';
import { scan } from '../../src/csv/scan.ts';
import { emptyTapeBuffers } from '../../src/csv/tape-writer.ts';
import { NOT_READ, type Tape } from '../../src/model/tape.ts';
import { column, judged, planOf, toBytes } from './judge.ts';

/** The short cuts of the check beside the judges, which know the rules. */

const RUNS = { numRuns: 2000 };

const digits = fc.string({ unit: fc.constantFrom(...'0123456789'), maxLength: 24 });
const sign = fc.constantFrom('', '', '-', '+', '--', ' ');
const numbers = fc.oneof(
  fc.tuple(sign, digits).map(([first, rest]) => first + rest),
  fc.integer().map(String),
  fc
    .tuple(digits, fc.nat(9), fc.constantFrom('/', ':', '-'))
    .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1, 9)),
  fc.string({
    unit: fc.constantFrom('0', '1', '9', '-', '+', ' ', '/', ':', 'é', '\xb0', '"', '.'),
    maxLength: 12,
  }),
);

/** The text among other bytes, digits too, which must not matter. */
function placed(text: string, before: number): { view: DataView; start: number; end: number } {
  const head = '9'.repeat(before);
  const bytes = toBytes(`${head}${text}9999`);
  return { view: new DataView(bytes.buffer), start: before, end: before + toBytes(text).length };
}

test('short integers are the numbers that they are written as', () => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 0, max: 12 }), (text, before) => {
      const { view, start, end } = placed(text, before);
      const isShort = /^[+-]?\d{1,9}$/.test(text);
      const value = shortInteger(view, start, end);
      if (value === NOT_READ) assert.ok(!isShort || end < 9, text);
      else assert.deepEqual([isShort, value], [true, Number(text) + 0]);
    }),
    RUNS,
  );
});

const tapeOf = (content: string, width: number): Tape =>
  scan(toBytes(content), { delimiter: 44, quote: 34, width, last: true });

test('integers on the tape: those of good fields and no others', () => {
  const bounds = fc.bigInt({ min: -(2n ** 40n), max: 2n ** 40n });
  fc.assert(
    fc.property(numbers, fc.boolean(), bounds, bounds, (text, quoted, one, other) => {
      const [minimum, maximum] = one < other ? [one, other] : [other, one];
      const target = column('n', 'integer', { minimum, maximum });
      const written = quoted || text.includes('"') ? `"${text.replaceAll('"', '""')}"` : text;
      const tape = tapeOf(`a long text before,${written}\n`, 2);
      const findings = check(tape, planOf([column('t', 'text'), target]));
      const bytes = toBytes(text);
      const code = written === '' ? null : integerJudge(target)(bytes, 0, bytes.length);
      assert.deepEqual(findings.codes, code === null ? [] : [code]);
      const value = tape.integers[1] ?? NOT_READ;
      const isRead = code === null && /^[+-]?\d{1,9}$/.test(text);
      assert.equal(value, isRead ? Number(text) + 0 : NOT_READ);
    }),
    RUNS,
  );
});

test('a tape that was used before holds no numbers of then', () => {
  const buffers = emptyTapeBuffers();
  const tape = scan(toBytes('1,2\n3,4\n'), { delimiter: 44, quote: 34, width: 2, last: true, buffers });
  check(tape, planOf([column('a', 'integer'), column('b', 'integer')]));
  const next = scan(toBytes('a,b\nc,d\n'), { delimiter: 44, quote: 34, width: 2, last: true, buffers });
  assert.deepEqual([...next.integers.subarray(0, 4)], Array(4).fill(NOT_READ));
});

const two = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
const datetimes = fc
  .tuple(
    fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, '0')),
    fc.tuple(two(14), two(33), two(26), two(64), two(64)),
    fc.constantFrom('T', 't', ' ', '_'),
    fc.constantFrom('', 'Z', 'z', '+00:00', '.5Z', 'Y'),
  )
  .map(([year, [month, day, hour, minute, second], separator, zone]) => {
    return `${year}-${month}-${day}${separator}${hour}:${minute}:${second}${zone}`;
  });
/** One character is another one. */
const nearDatetimes = fc
  .tuple(datetimes, fc.nat(20), fc.constantFrom('/', ':', '-', ' ', '0', '9', 'é', '\x01', 'T', '\xb0'))
  .map(([text, at, other]) => text.slice(0, at) + other + text.slice(at + 1));

test('no plain date-time is one that the judge refuses, and the usual ones are plain', () => {
  const judge = datetimeJudge(column('d', 'datetime'));
  fc.assert(
    fc.property(fc.oneof(datetimes, nearDatetimes), (text) => {
      const { view, start, end } = placed(text, 3);
      const bytes = toBytes(text);
      const good = judge(bytes, 0, bytes.length) === null;
      const usual = good && /^[1-9]\d{3}-(?!02-29)..-..[T ]..:..:..Z?$/.test(text);
      const plain = isPlainDatetime(view, start, end);
      assert.ok(plain ? good : !usual, `${text}: plain ${plain}, good ${good}`);
    }),
    { numRuns: 20_000 },
  );
});

test('every day and month in the plain form', () => {
  const datetime = column('d', 'datetime');
  for (const year of [1999, 2000, 2001]) {
    for (let month = 0; month <= 13; month++) {
      for (let day = 0; day <= 32; day++) {
        const date = [year, month, day].map((n) => String(n).padStart(2, '0')).join('-');
        const exists = new Date(`${date}T00:00:00Z`);
        const good = !Number.isNaN(exists.getTime()) && exists.toISOString().startsWith(date);
        assert.equal(judged(`${date}T23:59:59Z`, datetime) === null, good, date);
      }
    }
  }
});

test('texts: length, enums and padding with any text, quoted and not', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', ' ', 'é', '😀', '"', ','),
    minLength: 1,
    maxLength: 24,
  });
  const length = fc.option(fc.integer({ min: 0, max: 24 }), { nil: undefined });
  fc.assert(
    fc.property(text, length, length, fc.boolean(), (value, maxLength, maxBytes, padded) => {
      const facts = {
        ...(maxLength === undefined ? {} : { maxLength }),
        ...(maxBytes === undefined ? {} : { maxBytes }),
        padded,
      };
      const tooLong = [...value].length > (maxLength ?? 24) || toBytes(value).length > (maxBytes ?? 96);
      const cut = padded && value.endsWith(' ');
      assert.equal(judged(value, column('t', 'text', facts)), tooLong || cut ? 'length' : null);
      assert.equal(judged(value, column('t', 'text', { enum: ['a', 'é'] })) === null, /^[aé]$/.test(value));
    }),
    RUNS,
  );
});

test('more records than are checked together: each is looked at, and findings stay in order', () => {
  const content = Array.from(
    { length: 5000 },
    (_, i) => `${i % 1000 === 999 ? 'x' : i},${i % 7 === 0 ? '' : 'a'}\n`,
  );
  const tape = tapeOf(content.join(''), 2);
  const plan = planOf([column('n', 'integer'), column('t', 'text', { nullable: false, maxLength: 1 })]);
  const findings = check(tape, plan);
  const numbersFound = findings.records.filter((_, i) => findings.columns[i] === 0);
  assert.deepEqual(numbersFound, [999, 1999, 2999, 3999, 4999]);
  assert.equal(findings.records.length - numbersFound.length, Math.ceil(5000 / 7));
  assert.equal(findings.rejected, new Set(findings.records).size);
});
