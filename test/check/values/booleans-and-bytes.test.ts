import assert from 'node:assert/strict';
import { test } from 'node:test';
import { column } from '../judge.ts';
import { columnRead, read, readFields } from './read.ts';

const boolean = column('b', 'boolean');

test('declared spellings replace the usual ones, to the letter', () => {
  const dialect = { trueValues: ['ja', 'x', '✓'], falseValues: ['nein', ''] };
  const found = ['ja', 'x', '✓', 'nein', ''].map((value) => read(value, boolean, dialect));
  assert.deepEqual(found, ['true', 'true', 'true', 'false', 'false']);
  for (const value of ['Ja', 'JA', 'ja ', 'true', 't', '1', 'false', '0', 'yes']) {
    assert.equal(read(value, boolean, dialect), 'type.boolean', value);
  }
});

test('a value without declared spellings keeps the usual ones, but for those that are taken', () => {
  const dialect = { trueValues: ['0', 'oui'] };
  const found = ['0', 'oui', 'f', 'FALSE', '1', 'true'].map((value) => read(value, boolean, dialect));
  assert.deepEqual(found, ['true', 'true', 'f', 'FALSE', 'type.boolean', 'type.boolean']);
  assert.equal(read('false', boolean, { falseValues: ['non'] }), 'type.boolean');
  assert.equal(read('T', boolean, { falseValues: ['non'] }), 'T');
});

test('the spellings of a column go before those of the dialect', () => {
  const own = columnRead('boolean', { trueValues: ['N'] });
  const dialect = { trueValues: ['J'], falseValues: ['N', 'no'] };
  assert.deepEqual(
    ['N', 'J', 'no'].map((value) => read(value, own, dialect)),
    ['true', 'type.boolean', 'false'],
  );
  const turned = columnRead('boolean', { falseValues: ['J'] });
  assert.deepEqual(
    ['N', 'J', 'no'].map((value) => read(value, turned, { trueValues: ['J', 'N'], falseValues: ['no'] })),
    ['true', 'false', 'type.boolean'],
  );
});

test('the reason lists the spellings', () => {
  const [error] = readFields(['maybe'], boolean, { trueValues: ['ja', 'j'] });
  assert.equal(
    error !== null && typeof error === 'object' ? error?.message : error,
    'b is "maybe"; expected "ja" or "j" for true, false, f or 0 for false',
  );
});

test('Base64 for bytes', () => {
  const bytes = columnRead('binary', { format: 'base64' });
  const found = ['AP8=', '', 'Zm9v', 'Zm8='].map((value) => read(value, bytes));
  assert.deepEqual(found, ['\\x00ff', '\\x', '\\x666f6f', '\\x666f']);
  for (const value of ['AP8', 'AP9=', 'A P8=', 'AP8==', 'AP_-', '\\x00ff', 'Zm9v\n', 'é']) {
    assert.equal(read(value, bytes), 'type.binary', value);
  }
  assert.equal(read('AP8=', columnRead('binary', { format: 'base64' }, { maxBytes: 1 })), 'length');
  assert.equal(read('\\x00ff', columnRead('binary', { format: 'default' })), '\\x00ff');
});

test('texts that stand for no value, in quotes or not', () => {
  const text = columnRead('text', { missingValues: ['NA', '-', 'n"a'] });
  const fields = ['NA', '"NA"', '-', '"n""a"', 'na', 'NAN', '""', ''];
  assert.deepEqual(readFields(fields, text), [null, null, null, null, 'na', 'NAN', '', null]);
  const empty = columnRead('text', { missingValues: ['', 'NA'] });
  assert.deepEqual(readFields(['""', '', 'NA', 'x'], empty), [null, null, null, 'x']);
});

test('a missing value in a column that must have one is told as it came', () => {
  const needed = columnRead('integer', { missingValues: ['-'] }, { nullable: false });
  assert.deepEqual(readFields(['-', '5'], needed), [
    {
      code: 'missing',
      column: 'c',
      value: '-',
      message: 'c is "-", which stands for no value; it must have a value',
    },
    '5',
  ]);
});

test('missing values go before the form of the values', () => {
  const number = columnRead('decimal', { missingValues: ['-'], decimalChar: ',' });
  assert.deepEqual(readFields(['-', '"1,5"', '-'], number), [null, '1.5', null]);
});
