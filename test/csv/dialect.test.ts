import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byteOrderMark, resolveDialect, scanBytes } from '../../src/csv/dialect.ts';
import { DEFAULT_DIALECT } from '../../src/model/dialect.ts';
import { bytesOf } from './records.ts';

test('without a word it is RFC 4180 in UTF-8', () => {
  assert.deepEqual(resolveDialect(), DEFAULT_DIALECT);
  assert.deepEqual(scanBytes(resolveDialect()), { delimiter: 44, quote: 34 });
});

test('what is said stands over the defaults', () => {
  const dialect = resolveDialect({ delimiter: '\t', quoteChar: null, header: true });
  assert.deepEqual(dialect, { delimiter: '\t', quoteChar: null, header: true, encoding: 'utf-8' });
  assert.deepEqual(scanBytes(dialect), { delimiter: 9, quote: -1 });
});

const WRONG: readonly (readonly [object, RegExp])[] = [
  [{ delimiter: '' }, /dialect\.delimiter is ""; expected one ASCII character/],
  [{ delimiter: ';;' }, /dialect\.delimiter is ";;"/],
  [{ delimiter: '\n' }, /dialect\.delimiter is "\\n"/],
  [{ delimiter: '€' }, /dialect\.delimiter is "€"/],
  [{ delimiter: 44 }, /dialect\.delimiter is 44/],
  [{ delimiter: undefined }, /dialect\.delimiter is undefined/],
  [{ quoteChar: ',' }, /dialect\.quoteChar is ","; expected null, or one ASCII character other/],
  [{ quoteChar: '' }, /dialect\.quoteChar is ""/],
  [{ header: 'yes' }, /dialect\.header is "yes"; expected true, false or null/],
  [{ encoding: 'latin1' }, /dialect\.encoding is "latin1"; expected "utf-8"/],
  [{ separator: ';' }, /dialect\.separator is ";"; expected no such property; known: delimiter/],
  [JSON.parse('{"__proto__": 1}'), /dialect\.__proto__ is 1/],
];

for (const [declared, message] of WRONG) {
  test(`refused: ${JSON.stringify(declared)}`, () => {
    assert.throws(() => resolveDialect(declared), { code: 'dialect-invalid', message });
  });
}

test('a byte order mark of UTF-8 is passed over, one of UTF-16 refused with the way out', () => {
  assert.equal(byteOrderMark(bytesOf('\uFEFFid')), 3);
  assert.equal(byteOrderMark(bytesOf('id')), 0);
  assert.equal(byteOrderMark(bytesOf('')), 0);
  for (const [bytes, name] of [
    [[0xff, 0xfe, 0x41, 0], 'UTF-16LE'],
    [[0xfe, 0xff, 0, 0x41], 'UTF-16BE'],
  ] as const) {
    assert.throws(() => byteOrderMark(Uint8Array.from(bytes)), {
      code: 'encoding-unsupported',
      message: new RegExp(name),
      hint: new RegExp(`iconv -f ${name}`),
    });
  }
});
