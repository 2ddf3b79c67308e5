import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPlain, resolveDialect, scanBytes } from '../../src/csv/dialect.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../src/model/dialect.ts';

test('without a word it is RFC 4180 in UTF-8', () => {
  assert.deepEqual(resolveDialect(), DEFAULT_DIALECT);
  assert.deepEqual(scanBytes(resolveDialect()), { delimiter: 44, quote: 34 });
});

test('what is said stands over the defaults', () => {
  const dialect = resolveDialect({ delimiter: '\t', quoteChar: null, header: true });
  assert.deepEqual(dialect, { ...DEFAULT_DIALECT, delimiter: '\t', quoteChar: null, header: true });
  assert.deepEqual(scanBytes(dialect), { delimiter: 9, quote: -1 });
});

/** Each property as it may be, the ends of what is allowed among them. */
const RIGHT: Readonly<Record<keyof Dialect, readonly unknown[]>> = {
  delimiter: [' ', '\t', '||', '\x1f', '§', '~'.repeat(16)],
  lineTerminator: ['\r\n', '\n', '\r', '\x1e', ';\n', null],
  quoteChar: ["'", '\x01', '\x7f', null],
  doubleQuote: [false, true],
  escapeChar: ['\\', null],
  nullSequence: ['\\N', 'NULL', 'n/a', null],
  skipInitialSpace: [true],
  header: [true, false, null],
  headerRows: [[1], [2, 3], [10_000]],
  headerJoin: ['', '_', 'x'.repeat(64)],
  commentChar: ['#', '//', '--', null],
  commentRows: [[], [2, 5]],
  encoding: ['utf-8', 'windows-1252', 'utf-16le', 'shift_jis'],
  skipRows: [0, 10_000],
  skipFooterRows: [0, 10_000],
  skipBlankRows: [false],
  ragged: ['reject', 'pad', 'trim', 'repair'],
  decimalChar: [',', '.', '٫'],
  groupChar: [',', ' ', '\u00a0', '\u202f', "'", null],
  dateFormat: ['%d/%m/%Y', '%Y%m%d', '%e %b %y', null],
  datetimeFormat: ['%d.%m.%Y %H:%M:%S.%f %z', '%I:%M %p, day %j of %Y 100%%', null],
  timeZone: ['Europe/Madrid', 'UTC', '+02:00', null],
  trueValues: [['yes', 'y'], null],
  falseValues: [['no', ''.padEnd(64, 'n')], null],
};

for (const [name, values] of Object.entries(RIGHT)) {
  test(`taken: ${name}`, () => {
    for (const value of values) {
      assert.deepEqual(Reflect.get(resolveDialect({ [name]: value }), name), value, JSON.stringify(value));
    }
  });
}

const tooMany = Array.from({ length: 101 }, (_, i) => i + 2);

/** Of each property what it may not be. */
const WRONG: Readonly<Record<keyof Dialect, readonly unknown[]>> = {
  delimiter: ['', '\n', 'a\rb', '\0', '~'.repeat(17), 44, null, undefined],
  lineTerminator: ['', 'x'.repeat(17), 10],
  quoteChar: ['', '""', '\n', '\0', '«', 34],
  doubleQuote: [null, 'true', 1],
  escapeChar: ['', '\\\\', '\r', '€'],
  nullSequence: ['x'.repeat(65), 0],
  skipInitialSpace: ['yes', null],
  header: ['yes', 1],
  headerRows: [[], [0], [2, 1], [1, 1], [1.5], [10_001], tooMany, 1, null],
  headerJoin: [null, 'x'.repeat(65), '\0'],
  commentChar: ['', '#\n', 'x'.repeat(17)],
  commentRows: [[0], [3, 2], tooMany, null],
  encoding: ['klingon', '', null, 'x'.repeat(65), 'replacement'],
  skipRows: [-1, 1.5, 10_001, '1', null],
  skipFooterRows: [-1, 10_001, Number.NaN],
  skipBlankRows: [null, 0],
  ragged: ['drop', null],
  decimalChar: ['', ',,', '5', '-', '+', 'e', '\n', null],
  groupChar: ['', '  ', '0', '\0', 1],
  dateFormat: ['', 'dd/mm/yyyy', '%Q', '%d/%', '%d'.repeat(40), '%d/%m', '%d/%m/%Y %H:%M'],
  datetimeFormat: ['any', '%-d', '%H:%M', '%d/%m/%Y %I:%M'],
  timeZone: ['Middle/Earth', '', 2],
  trueValues: [[], [''], [1], 'yes', ['x'.repeat(65)], tooMany.map(String)],
  falseValues: [[], {}],
};

for (const [name, values] of Object.entries(WRONG)) {
  test(`refused: ${name}`, () => {
    for (const value of values) {
      const shown = (JSON.stringify(value) ?? String(value)).slice(0, 80);
      assert.throws(
        () => resolveDialect({ [name]: value }),
        (error: Error & { code?: string }) => {
          assert.equal(error.code, 'dialect-invalid');
          const found = `dialect.${name} is ${shown}`;
          assert.ok(error.message.startsWith(found), error.message);
          assert.match(error.message.slice(found.length), /^(, which .+)?; expected ./);
          return true;
        },
        shown,
      );
    }
  });
}

const CONTRADICTORY: readonly (readonly [keyof Dialect, Partial<Dialect>])[] = [
  ['quoteChar', { quoteChar: ',' }],
  ['quoteChar', { delimiter: '";"' }],
  ['escapeChar', { delimiter: '\\t', escapeChar: '\\' }],
  ['lineTerminator', { lineTerminator: ',' }],
  ['lineTerminator', { lineTerminator: '"\n' }],
  ['lineTerminator', { lineTerminator: '|', delimiter: '||' }],
  ['commentChar', { commentChar: '"' }],
  ['commentChar', { commentChar: '\\', escapeChar: '\\' }],
  ['nullSequence', { nullSequence: 'n,a' }],
  ['nullSequence', { nullSequence: '\n' }],
  ['headerRows', { header: false, headerRows: [1, 2] }],
  ['commentRows', { commentRows: [1] }],
  ['groupChar', { groupChar: '.' }],
  ['falseValues', { trueValues: ['x', 'y'], falseValues: ['y'] }],
];

for (const [name, declared] of CONTRADICTORY) {
  test(`contradictory: ${JSON.stringify(declared)}`, () => {
    const message = new RegExp(`^dialect\\.${name} is .*; expected `, 's');
    assert.throws(() => resolveDialect(declared), { code: 'dialect-invalid', message });
  });
}

test('of a format it is said what is wrong', () => {
  assert.throws(() => resolveDialect({ dateFormat: '%d/%m' }), {
    message:
      /^dialect\.dateFormat is "%d\/%m", which does not make a date; .*; expected null, or a text with/,
  });
});

test('an unknown property is told with the ones that were likely meant', () => {
  assert.throws(() => resolveDialect(JSON.parse('{"delimeter": ";"}')), {
    code: 'dialect-invalid',
    message: 'dialect.delimeter is no property of a dialect; expected delimiter',
  });
  for (const name of ['__proto__', 'constructor', 'x'.repeat(10_000)]) {
    const message = /^dialect\.\S{1,64} is no property of a dialect; expected one of delimiter, /;
    assert.throws(() => resolveDialect(JSON.parse(`{"${name}": 1}`)), { code: 'dialect-invalid', message });
  }
});

test('what is another way to say the same becomes one', () => {
  assert.equal(resolveDialect({ encoding: 'Latin1' }).encoding, 'windows-1252');
  assert.equal(resolveDialect({ encoding: ' UTF8 ' }).encoding, 'utf-8');
  assert.equal(resolveDialect({ nullSequence: '' }).nullSequence, null);
  const { escapeChar, doubleQuote } = resolveDialect({ escapeChar: '"', doubleQuote: false });
  assert.deepEqual([escapeChar, doubleQuote], [null, true]);
});

const NOT_PLAIN: readonly Partial<Dialect>[] = [
  { delimiter: '||' },
  { delimiter: '§' },
  { delimiter: '\x1f' },
  { lineTerminator: '\n' },
  { quoteChar: '\x01' },
  { doubleQuote: false },
  { escapeChar: '\\' },
  { nullSequence: 'NULL' },
  { skipInitialSpace: true },
  { headerRows: [2] },
  { headerRows: [1, 2] },
  { commentChar: '#' },
  { commentRows: [2] },
  { encoding: 'utf-16le' },
  { skipRows: 1 },
  { skipFooterRows: 1 },
  { skipBlankRows: false },
  { ragged: 'pad' },
];

test('plain is what the scanner reads as it is', () => {
  const plain: Partial<Dialect>[] = [
    {},
    { delimiter: ' ', quoteChar: "'" },
    { quoteChar: null, doubleQuote: false },
    { header: true, headerJoin: '_' },
    { decimalChar: ',' },
  ];
  for (const declared of plain)
    assert.equal(isPlain(resolveDialect(declared)), true, JSON.stringify(declared));
  for (const declared of NOT_PLAIN) {
    const dialect = resolveDialect(declared);
    assert.equal(isPlain(dialect), false, JSON.stringify(declared));
    assert.throws(() => scanBytes(dialect), TypeError);
  }
});
