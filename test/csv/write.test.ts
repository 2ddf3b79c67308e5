import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvRecord, formulaSafe } from '../../src/csv/write.ts';

test('only fields that need it are quoted', () => {
  assert.equal(csvRecord(['a', 'b,c', 'd"e', 'f\ng', '', null, 7]), 'a,"b,c","d""e","f\ng","",,7\r\n');
});

test('another reader of CSV finds the same fields', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 2, maxLength: 6 }), (fields) => {
      assert.deepEqual(parse(csvRecord(fields)), [fields]);
    }),
  );
});

for (const cell of ['=cmd|x', '@SUM(A1)', '+1+1', '-1+1', '＝1', '＋a', '－a', '＠a', '\tx', '\rx', '  =1']) {
  test(`${JSON.stringify(cell)} is escaped`, () => assert.equal(formulaSafe(cell), `'${cell}`));
}

for (const cell of ['-5', '+5', '-5.25', '-1e9', '-.5', '2021-07-27', 'a=b', '', "'=1"]) {
  test(`${JSON.stringify(cell)} stays as it is`, () => assert.equal(formulaSafe(cell), cell));
}

test('a long cell that is nearly a number is told in linear time', () => {
  const digits = '1'.repeat(500_000);
  assert.equal(formulaSafe(`-${digits}x`), `'-${digits}x`);
});
