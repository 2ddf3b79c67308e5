import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { check } from '../../../src/check/check.ts';
import { resolveDialect } from '../../../src/csv/dialect.ts';
import { readGeneral } from '../../../src/csv/general/read.ts';
import { scan } from '../../../src/csv/scan.ts';
import { encodeRows } from '../../../src/database/mysql/encode.ts';
import { canonicalText, matchingRows, rowValues, sentText } from '../../../src/database/mysql/row-text.ts';
import { withoutRecords } from '../../../src/database/row-layout.ts';
import type { Column, ColumnKind } from '../../../src/model/table.ts';
import { column, planOf, toBytes } from '../../check/judge.ts';

const texts = (count: number): Column[] => Array.from({ length: count }, (_, i) => column(`c${i}`, 'text'));

function encoded(csv: string, columns: readonly Column[], fields?: readonly number[]) {
  const plan = { ...planOf(columns), ...(fields === undefined ? {} : { fields }) };
  const tape = scan(toBytes(csv), { delimiter: 44, quote: 34, width: columns.length, last: true });
  return encodeRows(tape, check(tape, plan).bad, plan);
}

const textOf = (csv: string, ...columns: readonly Column[]): string =>
  new TextDecoder().decode(encoded(csv, columns).data);

const one = (value: string, kind: ColumnKind, facts: Partial<Column> = {}): string =>
  textOf(`"${value}"\n`, column('v', kind, facts)).slice(0, -1);

test('tabs between values, LF after rows, \\N for NULL; escapes where they are needed', () => {
  assert.equal(textOf('a,b\n,""\n', ...texts(2)), 'a\tb\n\\N\t\n');
  assert.equal(textOf('"a\tb\nc","\\N"\n', ...texts(2)), 'a\\tb\\nc\t\\\\N\n');
  assert.equal(textOf('"say ""hi"" \\",\'\r\n', ...texts(2)), 'say "hi" \\\\\t\'\n');
});

test('fields go where their columns stand', () => {
  const rows = encoded('a,b,c\n', texts(3), [2, 0, 1]);
  assert.equal(new TextDecoder().decode(rows.data), 'c\ta\tb\n');
});

test('bad records are left out; the layout tells where each row lies', () => {
  const { rows, data, layout } = encoded('1\nx\n333\n', [column('n', 'integer')]);
  assert.equal(rows, 2);
  assert.equal(new TextDecoder().decode(data), '1\n333\n');
  assert.deepEqual([...layout.starts], [0, 2, 6]);
  assert.deepEqual([...layout.records], [0, 2]);
  const left = withoutRecords({ data, layout }, new Set([0]));
  assert.equal(new TextDecoder().decode(left.data), '333\n');
});

test('values that are written otherwise than they came', () => {
  const decimals = {
    '+1.50': '1.5',
    '.5': '0.5',
    '-.5': '-0.5',
    '5.': '5',
    '007.00': '7',
    '000': '0',
    '-0.0': '0',
    '100': '100',
  };
  for (const [from, to] of Object.entries(decimals)) assert.equal(one(from, 'decimal'), to, from);
  const integers = {
    '+7': '7',
    '-7': '-7',
    '007': '7',
    '-007': '-7',
    '0': '0',
    '-0': '0',
    '+00': '0',
    '100': '100',
  };
  for (const [from, to] of Object.entries(integers)) assert.equal(one(from, 'integer'), to, from);
  assert.equal(one('123E4567-E89B-12D3-A456-426614174000', 'uuid'), '123e4567-e89b-12d3-a456-426614174000');
  const moments = {
    '2021-11-07T02:48:42Z': '2021-11-07 02:48:42',
    '2021-11-07 02:48': '2021-11-07 02:48:00',
    '2021-11-07t02:48z': '2021-11-07 02:48:00',
    '2021-11-07T02:48:42.120+02:30': '2021-11-07 00:18:42.12',
    '2021-11-07T02:48:42.000000000Z': '2021-11-07 02:48:42',
    '2021-01-01T00:10+0100': '2020-12-31 23:10:00',
    '2024-02-28T23:30-01': '2024-02-29 00:30:00',
    '0001-01-01T00:00:00': '0001-01-01 00:00:00',
  };
  for (const [from, to] of Object.entries(moments))
    assert.equal(one(from, 'datetime', { withZone: true }), to, from);
  assert.equal(one('10:30', 'time'), '10:30:00');
  assert.equal(one('-100:30', 'time', { spanHours: 838 }), '-100:30:00');
  assert.equal(one('10:30:01.5', 'time'), '10:30:01.5');
  assert.equal(one('10:30:00.000', 'time'), '10:30:00');
  assert.equal(one('10:30:10', 'time'), '10:30:10');
  assert.equal(one('1.50', 'float'), '1.50');
  assert.equal(
    one('1.000000000000000111022302462515654042363166809082031251', 'float'),
    '1.0000000000000002',
  );
  assert.deepEqual(
    ['true', 'T', '1', 'false', 'f', '0'].map((text) => one(text, 'boolean')),
    ['1', '1', '1', '0', '0', '0'],
  );
  assert.deepEqual(
    ['0x00ff', '\\x00FF', '00fF', '0X', ''].map((text) => one(text, 'binary')),
    ['00ff', '00ff', '00ff', '', ''],
  );
  assert.equal(one('{""a"": ""b\\n""}', 'json'), '{"a": "b\\\\n"}');
});

test('a record that grows by its escapes has room', () => {
  const value = '\\'.repeat(100_000);
  assert.equal(one(value, 'text'), value + value);
  const columns = texts(300);
  const csv = `${','.repeat(299)}\n`;
  assert.equal(textOf(csv.repeat(50), ...columns).length, 50 * (300 * 2 + 300));
});

const sign = fc.constantFrom('', '-', '+');
const digits = (most: number) => fc.stringMatching(new RegExp(`^[0-9]{1,${most}}$`));
const zeros = fc.constantFrom('', '0', '00');
const fraction = fc.oneof(
  fc.constantFrom('', '.'),
  digits(4).map((text) => `.${text}`),
  fc.constant('.500'),
);
const joined = (...parts: readonly fc.Arbitrary<string>[]) =>
  fc.tuple(...parts).map((texts) => texts.join(''));
const clock = fc.constantFrom('10:30', '23:59:59', '00:00:00', '10:30:00.000', '10:30:01.5');
/** Values as files hold them, with signs, zeros and fractions that may be left out. */
const USUAL_AND_ODD: ReadonlyArray<readonly [ColumnKind, fc.Arbitrary<string>]> = [
  ['integer', joined(sign, zeros, digits(12))],
  ['decimal', joined(sign, zeros, digits(6), fraction)],
  ['float', joined(sign, digits(20), fraction)],
  ['boolean', fc.constantFrom('true', 'T', '1', 'false', 'f', '0')],
  ['date', fc.constantFrom('2021-11-07', '0001-01-01', '9999-12-31')],
  ['time', clock],
  [
    'datetime',
    joined(
      fc.constantFrom('2021-11-07', '2024-02-28'),
      fc.constantFrom('T', ' ', 't'),
      clock,
      fc.constantFrom('', 'Z', 'z', '+01', '-0230', '+05:30'),
    ),
  ],
  ['uuid', fc.constantFrom('123E4567-E89B-12D3-A456-426614174000', '123e4567-e89b-12d3-a456-426614174000')],
  ['binary', fc.constantFrom('0x00ff', '\\x00FF', '00fF', '0X')],
  [
    'text',
    fc.string({ unit: fc.constantFrom('a', 'é', '\\', '\t', '\n', '\v', '""', ' ', '😀'), maxLength: 20 }),
  ],
];

test('a record that grew when it was transcoded has room', () => {
  const [columns, euros] = [texts(1), 100_000];
  const dialect = resolveDialect({ encoding: 'windows-1252' });
  const tape = readGeneral(new Uint8Array(euros).fill(0x80), dialect, { width: 1, last: true });
  const plan = planOf(columns);
  const { data } = encodeRows(tape, check(tape, plan).bad, plan);
  assert.equal(new TextDecoder().decode(data), `${'€'.repeat(euros)}\n`);
});

test('a value is written alike whether its bytes are looked at by words or, at the end of a batch, one by one', () => {
  for (const [kind, values] of USUAL_AND_ODD) {
    const columns = [column('v', kind, { withZone: true })];
    const isUnquoted = fc.boolean();
    fc.assert(
      fc.property(values, isUnquoted, (value, unquoted) => {
        const field = unquoted && !/[\n"]/.test(value) ? value : `"${value}"`;
        const alone = encoded(`${field}\n`, columns);
        const { data, layout } = encoded(`${field}\n`.repeat(10), columns);
        assert.deepEqual(data.subarray(0, layout.starts[1] ?? 0), alone.data, value);
        assert.equal(data.length, 10 * alone.data.length);
      }),
      { numRuns: 300 },
    );
  }
});

test('whatever is encoded reads as it was', () => {
  const value = fc.option(
    fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll('\0', '')),
  );
  const rows = fc.array(fc.array(value, { minLength: 3, maxLength: 3 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(rows, (records) => {
      const csv = records
        .map(
          (record) =>
            `${record.map((text) => (text === null ? '' : `"${text.replaceAll('"', '""')}"`)).join(',')}\n`,
        )
        .join('');
      const laidOut = encoded(csv, texts(3));
      assert.equal(laidOut.rows, records.length);
      records.forEach((record, nth) => {
        assert.deepEqual(rowValues(laidOut, nth, [0, 1, 2]), record);
        assert.deepEqual(rowValues(laidOut, nth, [2, 0]), [record[2], record[0]]);
      });
    }),
  );
});

test('rows are found by their values, few of them looked at', () => {
  const value = fc.option(
    fc.constantFrom('', 'a', 'b', 'ab', '\t', '\\', '\\N', 'N', 'é', '-', 'a-b', 'x'.repeat(60)),
  );
  const rows = fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 20 });
  const places = fc.constantFrom([0], [1], [2], [0, 1], [2, 0], [1, 2, 0]);
  fc.assert(
    fc.property(rows, places, fc.array(fc.nat(19), { maxLength: 4 }), (records, at, picked) => {
      const quoted = (text: string | null): string =>
        text === null ? '' : `"${text.replaceAll('"', '""')}"`;
      const laidOut = encoded(
        records.map((record) => `${record.map(quoted).join(',')}\n`).join(''),
        texts(3),
      );
      const keys = records.map((record) => {
        const parts = at.map((place) => record[place] ?? null);
        return parts.includes(null) ? null : parts.join('-');
      });
      const wanted = new Set([...picked.flatMap((i) => keys[i] ?? []), 'nowhere']);
      const expected = keys.flatMap((text, record) =>
        text !== null && wanted.has(text) ? [{ record, text }] : [],
      );
      assert.deepEqual(matchingRows(laidOut, at, '-', wanted), expected);
    }),
  );
});

test('two spellings of one value are one text', () => {
  const same = (kind: ColumnKind, ...spellings: readonly string[]) =>
    assert.equal(
      new Set(spellings.map((text) => canonicalText(column('v', kind), text))).size,
      1,
      spellings.join(),
    );
  same('integer', '7', '+7', '007');
  same('integer', '0', '-0', '+00');
  same('decimal', '1.5', '1.50', '+01.500');
  same('decimal', '100', '100.0', '100.');
  same('decimal', '-0.5', '-00.50');
  same('float', '1e3', '1000', '1000.0');
  same('datetime', '2021-01-01 00:00:00', '2021-01-01 00:00:00.000');
  same('time', '10:30:00.5', '10:30:00.500');
  same('binary', '00ff', '00FF');
  same('uuid', '123E4567-E89B-12D3-A456-426614174000', '123e4567-e89b-12d3-a456-426614174000');
  assert.notEqual(canonicalText(column('v', 'text'), '7'), canonicalText(column('v', 'text'), '07'));
  assert.notEqual(canonicalText(column('v', 'decimal'), '10'), canonicalText(column('v', 'decimal'), '1'));
});

test('keys as they came are looked up as they are sent', () => {
  const datetime = column('v', 'datetime', { withZone: true });
  assert.equal(sentText(datetime, '2021-01-01T01:00+01:00'), '2021-01-01 00:00:00');
  assert.equal(sentText(datetime, '2021-01-01T01:00+1'), '2021-01-01T01:00+1');
  assert.equal(sentText(datetime, 'no date'), 'no date');
  assert.equal(sentText(column('v', 'integer'), '+007'), '7');
});
