import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Dialect } from '../../../src/model/dialect.ts';
import {
  FIELD_DOUBLED,
  MAX_RECORD_BYTES,
  RECORD_ENCODING,
  RECORD_NUL,
  RECORD_QUOTE_STRAY,
  RECORD_QUOTE_UNCLOSED,
} from '../../../src/model/tape.ts';
import { fieldsOf, isQuoted, seen } from '../records.ts';
import { encoded, readAll, text } from './reading.ts';

type Fields = (string | null)[][];

/** What is read of a content with three fields a record. */
const CASES: readonly (readonly [string, Partial<Dialect>, string, Fields])[] = [
  ['a delimiter of several characters', { delimiter: '||' }, 'a||b|||c\n', [['a', 'b', '|c']]],
  ['a delimiter that is not ASCII', { delimiter: '·' }, 'aÂ·b·c\n', [['aÂ', 'b', 'c']]],
  ['a space as the delimiter', { delimiter: ' ' }, 'a "b c" d\n', [['a', 'b c', 'd']]],
  ['spaces after it', { delimiter: ' ', skipInitialSpace: true }, '  a   "b"  c\n', [['a', 'b', 'c']]],
  ['spaces that are none of a field', { skipInitialSpace: true }, 'a,  b , "c"\n', [['a', 'b ', 'c']]],
  ['only spaces are an empty field', { skipInitialSpace: true }, 'a,  ,c\n', [['a', null, 'c']]],
  ['an escaped quote', { escapeChar: '\\' }, '"a\\"b",c\\"d,"\\\\"\n', [['a"b', 'c"d', '\\']]],
  ['escapes and doubled quotes together', { escapeChar: '\\' }, '"a""b\\"",c,d\n', [['a"b"', 'c', 'd']]],
  [
    'an escaped delimiter and line end',
    { escapeChar: '\\' },
    'a\\,b,c\\\r\nd,e\\\n\n',
    [['a,b', 'c\r\nd', 'e\n']],
  ],
  ['an escape that is data', { escapeChar: '\\' }, 'C:\\new,"\\d",c\\', [['C:\\new', '\\d', 'c\\']]],
  ['quotes that are not doubled', { escapeChar: '\\', doubleQuote: false }, '"a","",c\n', [['a', '', 'c']]],
  ['no quotes, but escapes', { quoteChar: null, escapeChar: '^' }, '"a^,",b,c\n', [['"a,"', 'b', 'c']]],
  ['a text for NULL', { nullSequence: '\\N' }, '\\N,"\\N",\\Nx\n', [[null, '\\N', '\\Nx']]],
  [
    'a text for NULL that starts with the escape',
    { nullSequence: '\\N', escapeChar: '\\' },
    '\\N,"",\n',
    [[null, '', null]],
  ],
  [
    'only LF ends records',
    { lineTerminator: '\n' },
    'a,b,c\r\nd,e\rf,g\n',
    [
      ['a', 'b', 'c\r'],
      ['d', 'e\rf', 'g'],
    ],
  ],
  ['only CRLF ends records', { lineTerminator: '\r\n' }, 'a,b\n,c\r\n', [['a', 'b\n', 'c']]],
  [
    'any text ends records',
    { lineTerminator: '|~' },
    'a,b|,c|~"d|~",e,f|~',
    [
      ['a', 'b|', 'c'],
      ['d|~', 'e', 'f'],
    ],
  ],
  [
    'comments, quotes and all',
    { commentChar: '//' },
    '// "a\na,b,c\n//\n/d,e,f\n//',
    [
      ['a', 'b', 'c'],
      ['/d', 'e', 'f'],
    ],
  ],
  [
    'a comment mark within a record',
    { commentChar: '#' },
    'a,#b,c#\n"#d",e,f\n',
    [
      ['a', '#b', 'c#'],
      ['#d', 'e', 'f'],
    ],
  ],
  [
    'blank rows that are kept',
    { skipBlankRows: false, ragged: 'pad' },
    'a,b,c\n\n',
    [
      ['a', 'b', 'c'],
      [null, null, null],
    ],
  ],
  ['a footer', { skipFooterRows: 2 }, 'a,b,c\nTotal\n\nend', [['a', 'b', 'c']]],
];

for (const [name, dialect, content, expected] of CASES) {
  test(`read: ${name}`, () => {
    const tape = readAll(content, dialect);
    assert.deepEqual(fieldsOf(tape), expected);
    assert.deepEqual(
      [...tape.faults.subarray(0, tape.records)].filter((fault) => fault !== 0),
      [],
    );
    assert.equal(tape.consumed, text(content).length);
  });
}

test('a rewritten field stands after the bytes that came, which stay as they were', () => {
  const content = text('"a\\"b",c,"d""e"\n');
  const tape = readAll(content, { escapeChar: '\\' });
  assert.deepEqual(tape.bytes.subarray(0, content.length), content);
  assert.ok((tape.starts[0] ?? 0) >= content.length);
  assert.deepEqual([isQuoted(tape, 0), (tape.flags[2] ?? 0) & FIELD_DOUBLED], [true, FIELD_DOUBLED]);
});

test('ragged: pad fills, trim drops what is empty; neither does what the other does', () => {
  const content = 'a\na,b,c,,""\na,b,c,d\n"a"x\n';
  const counts = (ragged: Dialect['ragged']) => seen(readAll(content, { ragged })).map(({ count }) => count);
  assert.deepEqual(counts('reject'), [1, 5, 4, 1]);
  assert.deepEqual(counts('pad'), [3, 5, 4, 1]);
  assert.deepEqual(counts('trim'), [1, 3, 4, 1]);
  assert.deepEqual(counts('repair'), [1, 5, 4, 1]);
});

test('a stray quote is a fault of its record alone', () => {
  for (const stray of ['a;b"b;c', 'a;"b"b;c', 'a;"b\\"";c"']) {
    const tape = readAll(`1;2;3\n${stray}\n4;5;6\n`, { delimiter: ';', escapeChar: '\\' });
    assert.deepEqual(
      seen(tape).map(({ fault }) => fault),
      [0, RECORD_QUOTE_STRAY, 0],
      stray,
    );
  }
});

test('a quote that is never closed: the record ends before the next one that is as it should be', () => {
  const content = '1;2;3\n4;"5\nsix;\n7;8\n9;10;11\n12;13\n14;15;16\n';
  const tape = readAll(content, { delimiter: ';', escapeChar: '\\' });
  assert.deepEqual(
    seen(tape).map(({ line, fault, count, start, end }) => [line, fault, count, content.slice(start, end)]),
    [
      [0, 0, 3, '1;2;3'],
      [1, RECORD_QUOTE_UNCLOSED, 0, '4;"5\nsix;\n7;8'],
      [4, 0, 3, '9;10;11'],
      [5, 0, 2, '12;13'],
      [6, 0, 3, '14;15;16'],
    ],
  );
});

test('where no good record follows within 1 MiB, an open quote costs its line, wherever the bytes are cut', () => {
  const content = `4;"5\n${'x\n'.repeat(MAX_RECORD_BYTES / 2)}1;2;3\n`;
  for (const last of [true, false]) {
    const tape = readAll(content, { delimiter: ';', escapeChar: '\\' }, { last });
    assert.deepEqual(
      [tape.faults[0], tape.recordEnds[0], tape.recordLines[1]],
      [RECORD_QUOTE_UNCLOSED, 4, 1],
    );
    assert.equal(tape.records, 2 + MAX_RECORD_BYTES / 2);
  }
  const open = readAll('1;2;3\n4;"5\n1;2;3\n', { delimiter: ';', escapeChar: '\\' }, { last: false });
  assert.deepEqual([open.records, open.consumed, open.lines], [1, 6, 1]);
});

test('bytes that mean nothing are a fault of their record, and NUL is', () => {
  const utf16 = encoded('a,b,c\nd,\ud800,f\ng,\0,i\n\udc00\n', 'utf-16le');
  const faults = (bytes: Uint8Array<ArrayBuffer>, encoding: string) =>
    seen(readAll(bytes, { encoding })).map(({ fault }) => fault);
  assert.deepEqual(faults(utf16, 'utf-16le'), [0, RECORD_ENCODING, RECORD_NUL, RECORD_ENCODING]);
  assert.deepEqual(faults(utf16.slice(0, -1), 'utf-16le').at(-1), RECORD_ENCODING);
  const greek = Uint8Array.from([0xe1, 10, 0xaa, 10, 0xe2, 10]);
  assert.deepEqual(faults(greek, 'windows-1253'), [0, RECORD_ENCODING, 0]);
});

/** 啊 in GBK, a lead byte that takes no line end with it, and ｱ in Shift_JIS. */
test('encodings of several bytes: the same lines and places, and a broken character costs its record', () => {
  const gbk = Uint8Array.from([0xb0, 0xa1, 44, 49, 10, 0x81, 10, 0xb0, 0xa1, 44, 50, 10]);
  for (let cut = 0; cut <= gbk.length; cut++) {
    const first = readAll(gbk.slice(0, cut), { encoding: 'gbk' }, { last: false });
    const rest = readAll(gbk.slice(first.consumed), { encoding: 'gbk' });
    const both = [...seen(first), ...seen(rest, first.consumed, first.lines)];
    assert.deepEqual(
      both.map(({ fields, start, end, line, fault }) => [fields[0], start, end, line, fault]),
      [
        ['啊', 0, 4, 0, 0],
        ['\ufffd', 5, 6, 1, RECORD_ENCODING],
        ['啊', 7, 11, 2, 0],
      ],
      `cut at ${cut}`,
    );
  }
  const kana = readAll(Uint8Array.from([0xb1, 124, 0x83, 0x41, 124]), {
    encoding: 'shift_jis',
    lineTerminator: '|',
  });
  assert.deepEqual(
    seen(kana).map(({ fields, start, end }) => [fields[0], start, end]),
    [
      ['ｱ', 0, 1],
      ['ア', 2, 4],
    ],
  );
});

test('comment rows are counted from the first row, and must lie in the first part', () => {
  const dialect: Partial<Dialect> = { commentRows: [2, 4], commentChar: '#' };
  const content = '1,2,3\n#\n\nunits\n4,5,6\nmore\n7,8,9\n';
  const first = (last: boolean) => readAll(content, dialect, { rows: 0, last });
  assert.deepEqual(
    fieldsOf(first(true)).map(([each]) => each),
    ['1', '4', '7'],
  );
  assert.equal(readAll(content, dialect).records, 5);
  const late = { commentRows: [9] };
  assert.throws(() => readAll(content, late, { rows: 0, last: false }), {
    code: 'dialect-invalid',
    message: /row 9; the first part of the content ends with row 6/,
  });
  assert.equal(readAll(content, late, { rows: 0 }).records, 6);
});

test('a footer that the last part does not hold is an error; a content that is all footer has no records', () => {
  assert.throws(() => readAll('a,b,c\n', { skipFooterRows: 2 }), {
    code: 'dialect-invalid',
    message: /has 1 records/,
  });
  assert.equal(readAll('a,b,c\n', { skipFooterRows: 2 }, { rows: 0 }).records, 0);
  assert.equal(readAll('a,b,c\n', { skipFooterRows: 2 }, { last: false }).records, 1);
});
