import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalDecimal, compareDecimals } from '../../../src/lib/compare-decimals.ts';
import type { Column, ColumnKind, ColumnRules } from '../../../src/model/table.ts';
import { column, errorsOf, judged } from '../judge.ts';

const ruled = (kind: ColumnKind, rules: ColumnRules, facts: Partial<Column> = {}): Column =>
  column('v', kind, { ...facts, rules });

const at = (value: string) => ({ value, exclusive: false });
const beyond = (value: string) => ({ value, exclusive: true });

/** What becomes of each value: null is good. */
function verdicts(target: Column, values: readonly string[]) {
  return Object.fromEntries(values.map((value) => [value, judged(value, target)]));
}

test('a required column takes no NULL; one that is not does', () => {
  const [found] = errorsOf(',\n', [ruled('integer', { required: true }), column('w', 'text')]);
  assert.deepEqual(
    found?.errors.map(({ code, column: name }) => [code, name]),
    [['missing', 'v']],
  );
  assert.deepEqual(errorsOf(',\n', [ruled('text', { minLength: 1 }), column('w', 'text')]), []);
});

test('whole numbers within the bounds of the database and of the schema', () => {
  const target = ruled(
    'integer',
    { minimum: beyond('0'), maximum: at('500') },
    { maximum: 127n, minimum: -128n },
  );
  assert.deepEqual(verdicts(target, ['0', '1', '127', '128', '-3', 'x']), {
    0: 'range',
    1: null,
    127: null,
    128: 'range',
    '-3': 'range',
    x: 'type.integer',
  });
  const [error] = errorsOf('128\n', [target])[0]?.errors ?? [];
  assert.equal(error?.message, 'v is "128"; expected 1 to 127');
});

test('decimals are compared exactly, digit by digit', () => {
  const target = ruled('decimal', {
    minimum: at('0.1'),
    maximum: beyond('9007199254740993.000000000000000001'),
  });
  assert.deepEqual(
    verdicts(target, [
      '0.1',
      '0.10',
      '+00.1',
      '0.0999999999999999999999',
      '9007199254740993',
      '9007199254740993.0000000000000000009',
      '9007199254740993.0000000000000000010',
      '-5',
    ]),
    {
      '0.1': null,
      '0.10': null,
      '+00.1': null,
      '0.0999999999999999999999': 'range',
      '9007199254740993': null,
      '9007199254740993.0000000000000000009': null,
      '9007199254740993.0000000000000000010': 'range',
      '-5': 'range',
    },
  );
});

test('property: decimals have the order of the numbers they write', () => {
  const decimal = fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 12 }), fc.nat({ max: 3 }))
    .map(([units, scale, zeros]) => ({ units, scale, text: written(units, scale, zeros) }));
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const left = a.units * 10n ** BigInt(12 - a.scale);
      const right = b.units * 10n ** BigInt(12 - b.scale);
      const expected = left < right ? -1 : left > right ? 1 : 0;
      assert.equal(Math.sign(compareDecimals(a.text, b.text)), expected);
      assert.equal(canonicalDecimal(a.text) === canonicalDecimal(b.text), expected === 0);
    }),
  );
});

function written(units: bigint, scale: number, zeros: number): string {
  const digits = String(units < 0n ? -units : units).padStart(scale + 1, '0');
  const point = digits.length - scale;
  const fraction = digits.slice(point) + (scale === 0 ? '' : '0'.repeat(zeros));
  return `${units < 0n ? '-' : ''}${'0'.repeat(zeros)}${digits.slice(0, point)}${fraction === '' ? '' : `.${fraction}`}`;
}

test('floats with powers of ten, dates, times and moments', () => {
  assert.deepEqual(verdicts(ruled('float', { minimum: at('1e-3') }), ['.001', '1e-3', '9.9e-4', '1E10']), {
    '.001': null,
    '1e-3': null,
    '9.9e-4': 'range',
    '1E10': null,
  });
  assert.deepEqual(verdicts(ruled('date', { maximum: beyond('2021-12-31') }), ['2021-12-30', '2021-12-31']), {
    '2021-12-30': null,
    '2021-12-31': 'range',
  });
  assert.deepEqual(verdicts(ruled('time', { minimum: at('08:00') }), ['08:00:00.000', '07:59:59.999999']), {
    '08:00:00.000': null,
    '07:59:59.999999': 'range',
  });
  const moments = ruled('datetime', { minimum: at('2021-01-01T00:00:00Z') }, { withZone: true });
  assert.deepEqual(
    verdicts(moments, ['2021-01-01 00:00', '2021-01-01T01:00:00+01:00', '2021-01-01T00:30:00+01:00']),
    {
      '2021-01-01 00:00': null,
      '2021-01-01T01:00:00+01:00': null,
      '2021-01-01T00:30:00+01:00': 'range',
    },
  );
});

test('lengths count characters, and the database may still ask for fewer', () => {
  const target = ruled('text', { minLength: 2, maxLength: 4 }, { maxLength: 3 });
  assert.deepEqual(verdicts(target, ['a', '😀', '😀é', 'abc', 'abcd']), {
    a: 'length',
    '😀': 'length',
    '😀é': null,
    abc: null,
    abcd: 'length',
  });
  const [short] = errorsOf('a\n', [target])[0]?.errors ?? [];
  assert.equal(short?.message, 'v is "a"; expected 2 characters or more, found 1');
  const [long] = errorsOf('abc\n', [ruled('text', { maxLength: 2 }, { maxLength: 3 })])[0]?.errors ?? [];
  assert.equal(long?.message, 'v is "abc"; expected 2 characters or fewer');
});

test('a pattern fits the whole text, quotes and all scripts', () => {
  assert.deepEqual(
    verdicts(ruled('text', { pattern: '[A-ZÉ]{2}"?\\d+' }), ['AB1', 'ÉA"12', 'xAB1', 'AB1x', 'A']),
    {
      AB1: null,
      'ÉA"12': null,
      xAB1: 'pattern',
      AB1x: 'pattern',
      A: 'pattern',
    },
  );
  const [error] = errorsOf('a\n', [ruled('text', { pattern: '\\d+' })])[0]?.errors ?? [];
  assert.equal(error?.message, 'v is "a"; expected a text of the pattern \\d+');
});

test('a pattern that others go back over for ages takes as long as any', () => {
  const started = performance.now();
  assert.equal(judged(`${'a'.repeat(100_000)}b`, ruled('text', { pattern: '(a+)+$' })), 'pattern');
  // By going back it would take 2 to the power of 100,000 steps.
  assert.ok(performance.now() - started < 60_000);
});

test('members of lists are compared as values of the kind', () => {
  assert.deepEqual(verdicts(ruled('decimal', { enum: ['1.5', '2'] }), ['1.50', '02', '2.1']), {
    '1.50': null,
    '02': null,
    '2.1': 'enum',
  });
  assert.deepEqual(verdicts(ruled('boolean', { enum: ['true'] }), ['T', '1', 'false']), {
    T: null,
    1: null,
    false: 'enum',
  });
  assert.deepEqual(verdicts(ruled('integer', { enum: ['7', '-1'] }), ['7', '+7', '8']), {
    7: null,
    '+7': null,
    8: 'enum',
  });
  assert.deepEqual(verdicts(ruled('text', { enum: ['a', 'b'] }, { enum: ['b', 'c'] }), ['a', 'b', 'c']), {
    a: 'enum',
    b: null,
    c: 'enum',
  });
  const [error] = errorsOf('x\n', [ruled('text', { enum: ['a', 'b'] })])[0]?.errors ?? [];
  assert.equal(error?.message, 'v is "x"; expected one of "a", "b"');
});

test('texts that are to be numbers, dates and more', () => {
  const long = '9'.repeat(200);
  assert.deepEqual(verdicts(ruled('text', { kind: 'integer', minimum: at('0') }), ['1', long, '-1', '1.5']), {
    1: null,
    [long]: null,
    '-1': 'range',
    '1.5': 'type.integer',
  });
  assert.deepEqual(verdicts(ruled('text', { kind: 'date' }), ['2021-02-28', '2021-02-29']), {
    '2021-02-28': null,
    '2021-02-29': 'type.date',
  });
});

test('formats of texts', () => {
  const cases: ReadonlyArray<
    readonly [ColumnRules['format'] & string, readonly string[], readonly string[]]
  > = [
    ['email', ['a.b+c@example.org', 'ü@exämple.de'], ['a@', '@b', 'a b@c.de', 'a@b..c', 'a@@b']],
    ['uri', ['https://example.com/a?b#c', 'urn:isbn:1'], ['example.com', 'http://a b', '1x:y']],
    ['base64', ['', 'QUI=', 'QUJD'], ['QUI', 'Q*==']],
    ['yearmonth', ['2021-11'], ['2021-13', '21-11', '2021-11-01']],
    ['duration', ['P1Y2M3DT4H5M6.7S', 'PT1S', '-P3W'], ['P', 'PT', 'P1H', '1D', 'P1YT']],
    ['geopoint', ['90.50, 45.50', '-180,90'], ['91', '181, 0', '0, 91', 'a, b']],
    ['object', ['{"a":1}', ' {}'], ['[]', '{', '1']],
    ['array', ['[1]'], ['{}', '[']],
  ];
  for (const [format, good, bad] of cases) {
    for (const text of good) assert.equal(judged(text, ruled('text', { format })), null, `${format} ${text}`);
    for (const text of bad)
      assert.notEqual(judged(text, ruled('text', { format })), null, `${format} ${text}`);
  }
});
