import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RejectCode } from '../../src/model/reject.ts';
import type { Column } from '../../src/model/table.ts';
import { column, errorsOf, judged } from './judge.ts';

/** Columns of engines that would fill up, cut or round what does not fit. */

type Cases = Readonly<Record<string, RejectCode | null>>;

function holds(name: string, target: Column, cases: Cases): void {
  test(name, () => {
    const found = Object.fromEntries(Object.keys(cases).map((value) => [value, judged(value, target)]));
    assert.deepEqual(found, cases);
  });
}

const messageOf = (content: string, target: Column): string | undefined =>
  errorsOf(content, [target])[0]?.errors[0]?.message;

holds(
  'CHAR keeps no spaces at the end',
  column('v', 'text', { maxLength: 3, padded: true, sqlType: 'char(3)' }),
  {
    '': null,
    abc: null,
    ' a': null,
    äöü: null,
    'a ': 'length',
    ' ': 'length',
    abcd: 'length',
  },
);

holds('TEXT counts bytes', column('v', 'text', { maxBytes: 4, sqlType: 'tinytext' }), {
  abcd: null,
  '😀': null,
  'ab ': null,
  äöü: 'length',
  abcde: 'length',
});

holds(
  'BINARY takes all of its bytes, VARBINARY up to so many',
  column('v', 'binary', { maxBytes: 2, padded: true }),
  {
    '00ff': null,
    '\\x00ff': null,
    '0x00FF': null,
    '': 'length',
    '00': 'length',
    '000000': 'length',
    '0': 'type.binary',
  },
);

holds('VARBINARY', column('v', 'binary', { maxBytes: 2 }), {
  '': null,
  '0x': null,
  ff: null,
  '0x0001': null,
  '000001': 'length',
});

holds('SET: members, each once, in any order', column('v', 'text', { members: ['a', 'b', 'A'] }), {
  '': null,
  a: null,
  'b,a': null,
  'a,A': null,
  'a,a': 'enum',
  B: 'enum',
  'a, b': 'enum',
  'a,': 'enum',
  '1': 'enum',
});

holds('decimals without a sign', column('v', 'decimal', { precision: 5, scale: 2, minimum: 0n }), {
  '0': null,
  '-0': null,
  '-0.00': null,
  '+1.5': null,
  '-0.01': 'range',
  '-1': 'range',
  '-1.001': 'scale',
});

holds('single precision', column('v', 'float', { bits: 32 }), {
  '0.1': null,
  '3.4028234e38': null,
  '3.5e38': 'range',
  '-1e39': 'range',
  '1.4e-45': null,
  '1e-46': 'range',
  '0e99': null,
  '-1': null,
});

holds('floats without a sign', column('v', 'float', { minimum: 0n }), {
  '0': null,
  '-0': null,
  '1e3': null,
  '-1e-3': 'range',
});

holds('FLOAT(M,D) has a scale', column('v', 'float', { bits: 32, precision: 5, scale: 2 }), {
  '123.45': null,
  '1e2': null,
  '1.5e-1': null,
  '1234': 'range',
  '0.125': 'scale',
  '1e-3': 'scale',
});

holds('spans of time', column('v', 'time', { fractionDigits: 3, spanHours: 838 }), {
  '00:00': null,
  '23:59:59.999': null,
  '24:00:00': null,
  '-01:30': null,
  '838:59:59.999': null,
  '-838:59:59': null,
  '839:00:00': 'range',
  '9999:00:00': 'range',
  '99999:00:00': 'type.time',
  '1:00:00': 'type.time',
  '01:60:00': 'type.time',
  '01:00:60': 'type.time',
  '01:00:00.0000': null,
  '01:00:00.0001': 'type.time',
  '01:0': 'type.time',
  '01': 'type.time',
  '--01:00': 'type.time',
  '01:00:00Z': 'type.time',
});

const instant = { fractionDigits: 6, withZone: true, firstSecond: 1, lastSecond: 2 ** 31 - 1 };

holds('instants between two seconds', column('v', 'datetime', instant), {
  '1970-01-01T00:00:01': null,
  '1970-01-01T00:00:00.999999': 'range',
  '1970-01-01 01:00:01+01:00': null,
  '1970-01-01 01:00:00+0100': 'range',
  '1969-12-31T23:59:59-00:01': null,
  '2038-01-19T03:14:07.999999Z': null,
  '2038-01-19T03:14:08z': 'range',
  '2038-01-19t04:14:07+01': null,
  '2038-01-19T04:15+01:00': 'range',
  '2038-01-19T03:14-00:01': 'range',
  '0001-01-01 00:00': 'range',
  '2021-13-01 00:00': 'type.datetime',
});

test('reasons in words', () => {
  assert.equal(
    messageOf('ab \n', column('v', 'text', { maxLength: 5, padded: true, sqlType: 'char(5)' })),
    'v ends with spaces, which char(5) does not keep',
  );
  assert.equal(
    messageOf('abcdef\n', column('v', 'text', { maxBytes: 5, sqlType: 'tinytext' })),
    'v has too many bytes; at most 5 fit tinytext',
  );
  assert.equal(
    messageOf('00ff\n', column('v', 'binary', { maxBytes: 4, padded: true, sqlType: 'binary(4)' })),
    'v has 2 bytes; exactly 4 fit binary(4)',
  );
  assert.equal(
    messageOf('c\n', column('v', 'text', { members: ['a', 'b'] })),
    'v is "c"; expected some of "a", "b", each once, with commas between',
  );
  assert.equal(
    messageOf('-1\n', column('v', 'decimal', { minimum: 0n, sqlType: 'decimal(5,2) unsigned' })),
    'v is "-1"; no number below 0 fits decimal(5,2) unsigned',
  );
});

const decimal = (precision: number, scale: number): Column =>
  column('n', 'decimal', { precision, scale, sqlType: `numeric(${precision},${scale})` });

holds('a scale below 0 keeps whole hundreds', decimal(3, -2), {
  '0': null,
  '0.00': null,
  '100': null,
  '-99900': null,
  '0000012300.0': null,
  '100000': 'range',
  '50': 'scale',
  '120': 'scale',
  '100.5': 'scale',
  '0.1': 'scale',
});

holds('a scale beyond the precision keeps small numbers only', decimal(2, 4), {
  '0': null,
  '.0001': null,
  '0.0099': null,
  '-00.0090': null,
  '0.00990': null,
  '0.01': 'range',
  '1': 'range',
  '10.0001': 'range',
  '0.00001': 'scale',
  '0.00991': 'scale',
});

test('where the digits of a decimal may stand is said in numbers', () => {
  assert.equal(messageOf('120\n', decimal(3, -2)), 'n is "120"; numeric(3,-2) keeps no digits below 100');
  assert.equal(messageOf('0.01\n', decimal(2, 4)), 'n is "0.01"; only numbers below 0.01 fit numeric(2,4)');
  assert.equal(
    messageOf('0.00001\n', decimal(2, 4)),
    'n is "0.00001"; at most 4 digits after the point fit numeric(2,4)',
  );
});

holds('texts that a column makes numbers of', column('v', 'text', { makesNumbers: true }), {
  word: null,
  '': null,
  '0x10': null,
  '1-1': null,
  '0': null,
  '-5': null,
  '123456789012345678': null,
  '1.5': null,
  '-0.00012': null,
  '123456.789012345': null,
  '007': 'range',
  '-0': 'range',
  '+5': 'range',
  ' 5': 'range',
  '5\n': 'range',
  '1.50': 'range',
  '1.0': 'range',
  '.5': 'range',
  '5.': 'range',
  '1e3': 'range',
  '0.00001': 'range',
  '1234567.7890123456': 'range',
  '1234567890123456789': 'range',
});

holds('JSON that a column makes numbers of', column('v', 'json', { makesNumbers: true }), {
  '{"a": 12345678901234567890}': null,
  '"007"': null,
  '1.50': null,
  '1e3': null,
  ' 5 ': null,
  '-0': null,
  '0e999': null,
  '123456789012345678': null,
  '0.1234567890123456': 'range',
  '12345678901234567890': 'range',
  '1e400': 'range',
  '1e-400': 'range',
  '007': 'type.json',
});

test('long texts that are nearly numbers are judged at once', () => {
  const zeros = '0'.repeat(500_000);
  const text = column('v', 'text', { makesNumbers: true });
  const json = column('v', 'json', { makesNumbers: true });
  assert.equal(judged(`1${zeros}x`, text), null);
  assert.equal(judged(`1${zeros}.${zeros}1 `, text), 'range');
  assert.equal(judged(`1${zeros}1`, json), 'range');
});

test('the reason names the way out', () => {
  const message = messageOf('007\n', column('v', 'text', { makesNumbers: true, sqlType: 'STRING' }));
  assert.equal(
    message,
    'v is "007"; as a number, which STRING makes of it, it would be altered; declare the column TEXT',
  );
});

holds('decimals that a double has no place for', column('v', 'decimal', { significantDigits: 15 }), {
  [`0.${'0'.repeat(299)}1`]: null,
  [`0.${'0'.repeat(300)}1`]: 'range',
  [`0.${'0'.repeat(400)}0`]: null,
});
