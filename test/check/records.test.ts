import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MAX_RECORD_BYTES } from '../../src/model/tape.ts';
import { column, errorsOf, toBytes } from './judge.ts';

const COLUMNS = [
  column('id', 'integer', { nullable: false }),
  column('name', 'text', { nullable: false, maxLength: 5, sqlType: 'VARCHAR(5)' }),
  column('born', 'date'),
];

const codesOf = (content: string | Uint8Array<ArrayBuffer>) =>
  errorsOf(content, COLUMNS).map(({ index, errors }) => [index, ...errors.map((error) => error.code)]);

test('every error of a record is found, in the order of the columns', () => {
  const [record] = errorsOf('1,Ann,2020-01-01\nx,too long,1/2/2020\n', COLUMNS);
  assert.equal(record?.index, 1);
  assert.deepEqual(
    record.errors.map(({ code, column: name, value }) => [code, name, value]),
    [
      ['type.integer', 'id', 'x'],
      ['length', 'name', 'too long'],
      ['type.date', 'born', '1/2/2020'],
    ],
  );
});

test('an empty field is missing where a value must be, a quoted empty one is a value', () => {
  const errors = errorsOf(',,\n"","",""\n1,"",\n', COLUMNS);
  assert.deepEqual(
    errors.map(({ index, errors: list }) => [index, ...list.map(({ code, value }) => `${code} ${value}`)]),
    [
      [0, 'missing null', 'missing null'],
      [1, 'type.integer ', 'type.date '],
    ],
  );
  assert.equal(errors[0]?.errors[0]?.message, 'id is empty; it must have a value');
});

test('too few and too many fields; the fields of such a record are not judged', () => {
  assert.deepEqual(codesOf('x\n1,a\n1,a,2020-01-01,4\nx,,,\n1,a,\n'), [
    [0, 'columns.few'],
    [1, 'columns.few'],
    [2, 'columns.many'],
    [3, 'columns.many'],
  ]);
  const messages = errorsOf(`1\n${'1,'.repeat(2000)}\n`, COLUMNS).map(({ errors }) => errors[0]?.message);
  assert.deepEqual(messages, [
    'the record has 1 field; expected 3',
    'the record has more than 1000 fields; expected 3',
  ]);
});

test('quotes that are stray or never closed', () => {
  const errors = errorsOf('1,a"b,\n1,"a\n', COLUMNS);
  assert.deepEqual(
    errors.map(({ errors: list }) => list.map(({ code, column: name }) => [code, name])),
    [[['quote.stray', null]], [['quote.unclosed', null]]],
  );
  assert.match(errors[0]?.errors[0]?.message ?? '', /double the quotes in it/);
  assert.match(errors[1]?.errors[0]?.message ?? '', /never closed/);
});

test('bytes that are no UTF-8 are told record by record; nothing is replaced', () => {
  const bad = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe2, 0x82]];
  const parts = bad.flatMap((bytes) => [...toBytes('1,a'), ...bytes, 44, 10]);
  assert.deepEqual(codesOf(Uint8Array.from([...toBytes('1,ä,\n'), ...parts, ...toBytes('2,😀,\n')])), [
    ...bad.map((_, i) => [i + 1, 'encoding']),
  ]);
});

test('a NUL byte, also in quotes and beside other faults', () => {
  assert.deepEqual(codesOf('1,a\0,\n1,a,\n1,"\0",\n'), [
    [0, 'nul'],
    [2, 'nul'],
  ]);
  assert.deepEqual(codesOf(Uint8Array.from([49, 44, 0, 0xff, 44, 10])), [[0, 'encoding', 'nul']]);
});

test('a record of more than 1 MiB', () => {
  const errors = errorsOf(`1,${'x'.repeat(MAX_RECORD_BYTES)},\n1,a,\n`, COLUMNS);
  assert.deepEqual(
    errors.map(({ index, errors: list }) => [index, list.map(({ code }) => code)]),
    [[0, ['record.too_long']]],
  );
});

test('doubled quotes are undone before a value is judged', () => {
  assert.deepEqual(codesOf('"1","a""b""c",\n"""1""",a,\n1,"a""b""c""",\n'), [
    [1, 'type.integer'],
    [2, 'length'],
  ]);
});

test('a shown value has at most 200 characters and is never cut within one', () => {
  const [error] = errorsOf(`${'x'.repeat(198)}😀😀😀,a,\n`, COLUMNS)[0]?.errors ?? [];
  assert.equal(error?.value, `${'x'.repeat(198)}…`);
});

test('a clean batch has no findings', () => {
  assert.deepEqual(errorsOf('1,a,\n2,b,2020-02-29\n', COLUMNS), []);
  assert.deepEqual(errorsOf('', COLUMNS), []);
});
