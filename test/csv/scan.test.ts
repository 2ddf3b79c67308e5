import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyTapeBuffers } from '../../src/csv/tape-writer.ts';
import {
  FIELD_DOUBLED,
  MAX_FIELDS,
  MAX_RECORD_BYTES,
  RECORD_QUOTE_STRAY,
  RECORD_QUOTE_UNCLOSED,
  RECORD_TOO_LONG,
} from '../../src/model/tape.ts';
import { bytesOf, fieldsOf, isQuoted, scanText, seen } from './records.ts';

const ONE_ROW = [['aaa', 'bbb', 'ccc']];
const TWO_ROWS = [
  ['aaa', 'bbb', 'ccc'],
  ['zzz', 'yyy', 'xxx'],
];

/** The examples of RFC 4180, section 2, with the number of the rule. */
const RFC_4180: readonly (readonly [string, string, (string | null)[][]])[] = [
  ['1: CRLF ends each record', 'aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n', TWO_ROWS],
  ['2: the last record may have no end', 'aaa,bbb,ccc\r\nzzz,yyy,xxx', TWO_ROWS],
  ['4: spaces are part of a field', ' aaa , bbb, \r\n', [[' aaa ', ' bbb', ' ']]],
  ['5: fields may be quoted', '"aaa","bbb","ccc"\r\nzzz,yyy,xxx', TWO_ROWS],
  ['6: a record end in quotes is data', '"aaa","b\r\nbb","ccc"\r\n', [['aaa', 'b\r\nbb', 'ccc']]],
  ['7: a doubled quote is a quote', '"aaa","b""bb","ccc"', [['aaa', 'b"bb', 'ccc']]],
];

for (const [name, text, expected] of RFC_4180) {
  test(`RFC 4180, rule ${name}`, () => assert.deepEqual(fieldsOf(scanText(text)), expected));
}

for (const [name, end] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r'],
] as const) {
  test(`${name} ends a record; line, first and last byte are told`, () => {
    const tape = scanText(`aaa,bbb,ccc${end}zzz,yyy,xxx${end}`);
    assert.deepEqual(fieldsOf(tape), TWO_ROWS);
    const places = seen(tape).map(({ line, start, end: stop }) => [line, start, stop]);
    assert.deepEqual(places, [
      [0, 0, 11],
      [1, 11 + end.length, 22 + end.length],
    ]);
    assert.deepEqual([tape.consumed, tape.lines], [22 + 2 * end.length, 2]);
  });
}

test('record ends may be mixed, and a last record without one counts no line', () => {
  const tape = scanText('a,b,c\rd,e,f\r\ng,h,i\nj,k,l');
  assert.deepEqual(
    seen(tape).map(({ line, start }) => [line, start]),
    [
      [0, 0],
      [1, 6],
      [2, 13],
      [3, 19],
    ],
  );
  assert.deepEqual([tape.lines, tape.consumed], [3, 24]);
});

test('an empty field is NULL, a quoted empty one is the empty string', () => {
  const tape = scanText(',"",a\n,,\n');
  assert.deepEqual(fieldsOf(tape), [
    [null, '', 'a'],
    [null, null, null],
  ]);
  assert.equal(isQuoted(tape, 1), true);
});

test('blank lines are no records, but lines', () => {
  const tape = scanText('\n\r\n\raaa,bbb,ccc\n\n\nzzz,yyy,xxx\n\n');
  assert.deepEqual(fieldsOf(tape), TWO_ROWS);
  assert.deepEqual(
    seen(tape).map(({ line }) => line),
    [3, 6],
  );
  assert.deepEqual([tape.lines, tape.consumed], [8, tape.bytes.length]);
});

test('with one column a blank line is a record of one NULL', () => {
  const tape = scanText('a\n\n"b"\r\n\r\n', { width: 1 });
  assert.deepEqual(fieldsOf(tape), [['a'], [null], ['b'], [null]]);
  assert.deepEqual(
    seen(tape).map(({ line, start, end }) => [line, start, end]),
    [
      [0, 0, 1],
      [1, 2, 2],
      [2, 3, 6],
      [3, 8, 8],
    ],
  );
});

test('many blank lines after few long ones grow the tape without losing a field', () => {
  const long = 'x'.repeat(70_000);
  const tape = scanText(`${long}\n${'\n'.repeat(5000)}${'abc\n'.repeat(5000)}`, { width: 1 });
  assert.equal(tape.records, 10_001);
  const fields = fieldsOf(tape).map(([field]) => field);
  assert.equal(fields.slice(1, 5001).filter((field) => field === null).length, 5000);
  assert.equal(fields.slice(5001).filter((field) => field === 'abc').length, 5000);
});

test('the scan starts where it is told: after a byte order mark', () => {
  const tape = scanText('\uFEFFaaa,bbb,ccc\n', { from: 3 });
  assert.deepEqual(fieldsOf(tape), ONE_ROW);
  assert.equal(seen(tape)[0]?.start, 3);
  assert.deepEqual(
    [scanText('\uFEFF', { from: 3 }).records, scanText('\uFEFF', { from: 3 }).consumed],
    [0, 3],
  );
});

test('nothing in, nothing out', () => {
  const tape = scanText('');
  assert.deepEqual([tape.records, tape.consumed, tape.lines], [0, 0, 0]);
});

test('lines inside quotes are counted once, whatever ends them', () => {
  const tape = scanText('a,"1\n2\r\n3\r4\r",c\nzzz,yyy,xxx\n');
  assert.deepEqual(
    seen(tape).map(({ line }) => line),
    [0, 5],
  );
  assert.equal(tape.lines, 6);
});

test('doubled quotes are flagged, so that only such fields are unescaped', () => {
  const tape = scanText('"a""b","""","plain"\n');
  assert.deepEqual(fieldsOf(tape), [['a"b', '"', 'plain']]);
  assert.deepEqual(
    [...tape.flags.subarray(0, 3)].map((flag) => (flag & FIELD_DOUBLED) !== 0),
    [true, true, false],
  );
});

test('a quote inside a field or after its closing quote is stray; the records around it are whole', () => {
  for (const stray of ['a,b"b,c', 'a,"b"b,c', 'a,"b" ,c', 'a"",b,c', '"a"b"c",b,c']) {
    const tape = scanText(`aaa,bbb,ccc\n${stray}\nzzz,yyy,xxx\n`);
    assert.deepEqual(
      seen(tape).map(({ fault, count }) => [fault, count]),
      [
        [0, 3],
        [RECORD_QUOTE_STRAY, 3],
        [0, 3],
      ],
      stray,
    );
  }
});

test('a quote that is never closed costs its own line only', () => {
  for (const text of ['a,"b,c', '"a', 'a,b,"', 'a,"x""']) {
    const tape = scanText(`aaa,bbb,ccc\n${text}\nzzz,yyy,xxx\n`);
    assert.deepEqual(
      seen(tape).map(({ fault, line, start, end }) => [fault, line, start, end]),
      [
        [0, 0, 0, 11],
        [RECORD_QUOTE_UNCLOSED, 1, 12, 12 + text.length],
        [0, 2, 13 + text.length, 24 + text.length],
      ],
      text,
    );
    assert.equal(tape.lines, 3);
  }
});

test('the fields of a record with an unclosed quote are NULL, not what stood in the arrays before', () => {
  const buffers = emptyTapeBuffers();
  scanText('one,two,three\none,two,three\n', { buffers });
  assert.deepEqual(fieldsOf(scanText('a,"b\nc",d,"e\nf,g,h\n', { buffers }))[0], [null, null, null]);
});

test('an unclosed quote waits for more bytes while it can still be closed', () => {
  const open = scanText('aaa,bbb,ccc\na,"b\nzzz,yyy,xxx\n', { last: false });
  assert.deepEqual([open.records, open.consumed, open.lines], [1, 12, 1]);
});

test('a quote that is not closed within 1 MiB is not closed, wherever the bytes are cut', () => {
  const text = `a,"b\n${'zzz,yyy,xxx\n'.repeat(90_000)}a,b",c\n`;
  for (const last of [true, false]) {
    const tape = scanText(text, { last });
    assert.equal(tape.records, 90_002);
    assert.deepEqual(
      [tape.faults[0], tape.faults[1], tape.faults[90_001]],
      [RECORD_QUOTE_UNCLOSED, 0, RECORD_QUOTE_STRAY],
    );
  }
});

test('an open quote on a line that has no end yet is not cut in two', () => {
  const tape = scanText(`a,"${'b'.repeat(MAX_RECORD_BYTES + 10)}`, { last: false });
  assert.deepEqual([tape.records, tape.consumed], [0, 0]);
});

test('ragged records keep their count; what is missing is NULL', () => {
  const tape = scanText('a\na,b\na,b,c\na,b,c,d\na,b,c,d,\n');
  assert.deepEqual(
    seen(tape).map(({ fields, count }) => [count, ...fields]),
    [
      [1, 'a', null, null],
      [2, 'a', 'b', null],
      [3, 'a', 'b', 'c'],
      [4, 'a', 'b', 'c'],
      [5, 'a', 'b', 'c'],
    ],
  );
});

test('the count of fields stops above 1,000', () => {
  const counts = [999, 1000, 1001, 5000].map((n) => seen(scanText('x,'.repeat(n - 1)))[0]?.count);
  assert.deepEqual(counts, [999, 1000, MAX_FIELDS + 1, MAX_FIELDS + 1]);
});

test('a record of 1 MiB is good, one byte more is too long, quoted or not', () => {
  const plain = (length: number) => `${'x'.repeat(length - 4)},b,c`;
  const faults = [plain(MAX_RECORD_BYTES), plain(MAX_RECORD_BYTES + 1)].map((text) =>
    seen(scanText(`${text}\na,b,c\n`)).map(({ fault }) => fault),
  );
  assert.deepEqual(faults, [
    [0, 0],
    [RECORD_TOO_LONG, 0],
  ]);
  const quoted = seen(scanText(`"${'x'.repeat(2 * MAX_RECORD_BYTES)}",b,c\na,b,c\n`));
  assert.deepEqual(
    quoted.map(({ fault }) => (fault & RECORD_TOO_LONG) !== 0),
    [true, false],
  );
});

test('a CR at the end of bytes that go on is no record end yet: an LF may follow', () => {
  const tape = scanText('aaa,bbb,ccc\r', { last: false });
  assert.deepEqual([tape.records, tape.consumed], [0, 0]);
  const blank = scanText('a,b,c\n\r', { last: false });
  assert.deepEqual([blank.records, blank.consumed, blank.lines], [1, 6, 1]);
});

test('it stops after the records asked for, and says where', () => {
  const tape = scanText('a,b,c\n"d\n",e,f\ng,h,i\n', { maxRecords: 2 });
  assert.deepEqual([tape.records, tape.consumed, tape.lines], [2, 15, 3]);
});

test('without a quote character quotes are data', () => {
  const tape = scanText('"a,b",c\n', { quote: -1 });
  assert.deepEqual(fieldsOf(tape), [['"a', 'b"', 'c']]);
  assert.equal(seen(tape)[0]?.fault, 0);
});

test('other delimiters and quotes', () => {
  const tape = scanText("'a|''1'|b,\"|c\n", { delimiter: 124, quote: 39 });
  assert.deepEqual(fieldsOf(tape), [["a|'1", 'b,"', 'c']]);
  assert.deepEqual(fieldsOf(scanText('a\t\tc\n', { delimiter: 9 })), [['a', null, 'c']]);
});

test('arrays are used again for a batch that is smaller, wider or larger', () => {
  const buffers = emptyTapeBuffers();
  const scanned = (text: string, width: number) => fieldsOf(scanText(text, { buffers, width }));
  assert.deepEqual(scanned('a,b,c\n'.repeat(3000), 3).length, 3000);
  assert.deepEqual(scanned('a,b\n', 2), [['a', 'b']]);
  assert.deepEqual(scanned('a,b,c,d,e,f\n', 6), [['a', 'b', 'c', 'd', 'e', 'f']]);
  assert.equal(scanned('a\n'.repeat(50_000), 1).filter(([field]) => field === 'a').length, 50_000);
});

test('bytes that are no UTF-8 stand where they stood', () => {
  const bytes = Uint8Array.from([0xff, 44, 0xc3, 44, 0, 10, ...bytesOf('a,b,c\n')]);
  const tape = scanText(bytes);
  assert.deepEqual([tape.records, tape.starts[1], tape.ends[1], tape.recordEnds[0]], [2, 2, 3, 5]);
});
