import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column, errorsOf, judged } from './judge.ts';

const codes = (values: readonly string[], kind: 'boolean' | 'uuid' | 'binary' | 'json') =>
  values.map((value) => judged(value, column('v', kind)));
const none = (values: readonly unknown[]): null[] => values.map(() => null);

test('booleans', () => {
  const good = ['true', 'FALSE', 'True', 't', 'F', '1', '0'];
  assert.deepEqual(codes(good, 'boolean'), none(good));
  const bad = ['', 'yes', 'no', '2', '01', 'tr', ' true', 'true\n', 'truefalse'];
  assert.deepEqual(
    codes(bad, 'boolean'),
    bad.map(() => 'type.boolean'),
  );
});

test('UUIDs', () => {
  const good = ['123e4567-e89b-12d3-a456-426614174000', '00000000-0000-0000-0000-00000000000F'];
  assert.deepEqual(codes(good, 'uuid'), none(good));
  const bad = [
    '',
    '123e4567e89b12d3a456426614174000',
    '{123e4567-e89b-12d3-a456-426614174000}',
    '123e4567-e89b-12d3-a456-42661417400',
    '123e4567-e89b-12d3-a456-42661417400g',
    '123e4567-e89b-12d3-a4564-26614174000',
  ];
  assert.deepEqual(
    codes(bad, 'uuid'),
    bad.map(() => 'type.uuid'),
  );
});

test('bytes in hexadecimal', () => {
  const good = ['', '00ff', 'ABcd', '\\x00', '0xff', '0x', '\\X0A'];
  assert.deepEqual(codes(good, 'binary'), none(good));
  const bad = ['0', '0f0', 'gg', '\\x0', '\\xg0', 'x00', '00 ff'];
  assert.deepEqual(
    codes(bad, 'binary'),
    bad.map(() => 'type.binary'),
  );
});

test('JSON, with its quotes doubled as CSV wants it', () => {
  const good = ['{"a": [1, "x"]}', 'null', '"text"', '-1.5e3', ' [ ] '];
  assert.deepEqual(codes(good, 'json'), none(good));
  const bad = ['', '{a: 1}', "{'a': 1}", '[1,]', 'NaN', '01', '"open'];
  assert.deepEqual(
    codes(bad, 'json'),
    bad.map(() => 'type.json'),
  );
});

test('length counts characters, not bytes or UTF-16 units', () => {
  const three = column('v', 'text', { maxLength: 3, sqlType: 'VARCHAR(3)' });
  const good = ['', 'abc', 'äöü', '日本語', '😀😀😀', 'a"b'];
  assert.deepEqual(
    good.map((value) => judged(value, three)),
    none(good),
  );
  const bad = ['abcd', 'äöüß', '😀😀😀😀', 'a""b', 'e\u0301e\u0301'];
  assert.deepEqual(
    bad.map((value) => judged(value, three)),
    bad.map(() => 'length'),
  );
});

test('the message counts the characters as long as it shows them all', () => {
  const message = (value: string, maxLength: number) =>
    errorsOf(`${value}\n`, [column('v', 'text', { maxLength, sqlType: `VARCHAR(${maxLength})` })])[0]
      ?.errors[0]?.message;
  assert.equal(message('abcd', 3), 'v has 4 characters; at most 3 fit VARCHAR(3)');
  assert.equal(message('😀'.repeat(99), 3), 'v has 99 characters; at most 3 fit VARCHAR(3)');
  assert.equal(message('😀'.repeat(160), 150), 'v has too many characters; at most 150 fit VARCHAR(150)');
  assert.equal(message('a'.repeat(500), 150), 'v has too many characters; at most 150 fit VARCHAR(150)');
});

test('one of the values of an enum', () => {
  const enumeration = column('v', 'text', { enum: ['new', 'old "x"', ''] });
  assert.deepEqual(
    ['new', 'old "x"', '', 'New', 'new '].map((value) => judged(value, enumeration)),
    [null, null, null, 'enum', 'enum'],
  );
  const [error] = errorsOf('red\n', [enumeration])[0]?.errors ?? [];
  assert.equal(error?.message, 'v is "red"; expected one of "new", "old \\"x\\"", ""');
});
