import assert from 'node:assert/strict';
import { test } from 'node:test';
import { convertValues } from '../../../src/check/values/convert.ts';
import { DEFAULT_DIALECT } from '../../../src/model/dialect.ts';
import { fieldText, writtenText } from '../../../src/model/field-text.ts';
import { FIELD_NULL, FIELD_QUOTED, FIELD_UNREAD } from '../../../src/model/tape.ts';
import { column, planOf } from '../judge.ts';
import { columnRead, readFields, tapeOf } from './read.ts';

const GERMAN = { ...DEFAULT_DIALECT, decimalChar: ',', groupChar: '.' };
const COLUMNS = [column('t', 'text'), column('d', 'decimal'), column('b', 'boolean')];

test('where nothing is written otherwise the tape is the same', () => {
  const tape = tapeOf('x,1.5,t\n', 3);
  assert.equal(convertValues(tape, planOf(COLUMNS), DEFAULT_DIALECT), tape);
  assert.equal(convertValues(tape, planOf([column('t', 'text')]), GERMAN), tape);
  const local = planOf([column('d', 'datetime'), column('t', 'time'), column('i', 'integer')]);
  assert.equal(
    convertValues(tape, local, { ...DEFAULT_DIALECT, timeZone: 'Asia/Tokyo', decimalChar: ',' }),
    tape,
  );
});

test('values are written behind the bytes, which stay as they came', () => {
  const content = '"1.234,5","1.234,5",ja\n2.5,2.5,\n,"7",n\n';
  const scanned = tapeOf(content, 3);
  const before = scanned.recordStarts.slice(0, 3);
  const tape = convertValues(scanned, planOf(COLUMNS), { ...GERMAN, trueValues: ['ja'], falseValues: ['n'] });
  assert.equal(tape.bytes.byteOffset, 0);
  assert.equal(new TextDecoder().decode(tape.bytes.subarray(0, content.length)), content);
  assert.deepEqual(tape.recordStarts.slice(0, 3), before);
  assert.equal(tape.consumed, content.length);
  const texts = Array.from({ length: 9 }, (_, slot) => fieldText(tape, slot));
  assert.deepEqual(texts, ['1.234,5', '1234.5', 'true', '2.5', '2.5', '', '', '7', 'false']);
  assert.deepEqual(
    [...tape.flags.subarray(0, 9)],
    [
      FIELD_QUOTED,
      FIELD_QUOTED,
      FIELD_QUOTED,
      0,
      FIELD_UNREAD,
      FIELD_NULL,
      FIELD_NULL,
      FIELD_QUOTED,
      FIELD_QUOTED,
    ],
  );
  assert.deepEqual(
    [0, 1, 2].map((record) => [0, 1, 2].map((field) => writtenText(tape, record, field))),
    [
      ['1.234,5', '1.234,5', 'ja'],
      ['2.5', '2.5', null],
      [null, '7', 'n'],
    ],
  );
});

test('the field of a column is converted, and no other', () => {
  const plan = { ...planOf([COLUMNS[1] ?? column('d', 'decimal')]), fields: [2] };
  const read = convertValues(tapeOf('"1,5","1,5","1,5"\n', 3), plan, GERMAN);
  assert.deepEqual(
    [0, 1, 2].map((slot) => fieldText(read, slot)),
    ['1,5', '1,5', '1.5'],
  );
});

test('a rewritten field has no doubled quotes, and an empty one stays NULL', () => {
  const dialect = { trueValues: ['n"a'], falseValues: [''] };
  const scanned = tapeOf('"n""a",x\n,x\n"",x\n', 2);
  const plan = planOf([column('b', 'boolean'), column('t', 'text')]);
  const tape = convertValues(scanned, plan, { ...DEFAULT_DIALECT, ...dialect });
  assert.deepEqual([tape.flags[0], tape.flags[2], tape.flags[4]], [FIELD_QUOTED, FIELD_NULL, FIELD_QUOTED]);
  assert.deepEqual(readFields(['"n""a"', '', '""'], column('b', 'boolean'), dialect), [
    'true',
    null,
    'false',
  ]);
});

test('the area grows with the values', () => {
  const values = Array.from({ length: 20_000 }, (_, i) => `"${i % 1000},${String(i).padStart(5, '0')}"`);
  const expected = values.map((value) => value.slice(1, -1).replace(',', '.'));
  assert.deepEqual(readFields(values, column('d', 'decimal'), { decimalChar: ',' }), expected);
  const bytes = values.map(() => 'AP8=');
  assert.deepEqual(
    new Set(readFields(bytes, columnRead('binary', { format: 'base64' }))),
    new Set(['\\x00ff']),
  );
});
