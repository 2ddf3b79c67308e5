import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainNumber } from '../../src/lib/plain-number.ts';

const WRITTEN_OUT: Readonly<Record<string, string>> = {
  '1e3': '1000',
  '1E+3': '1000',
  '-1.5e3': '-1500',
  '1.2345e2': '123.45',
  '1.e1': '10',
  '1e0': '1',
  '1e-7': '0.0000001',
  '-2.5e-3': '-0.0025',
  '12345e-2': '123.45',
  '123456789012345678901e2': '12345678901234567890100',
};

test('powers of ten are written out', () => {
  assert.deepEqual(
    Object.fromEntries(Object.keys(WRITTEN_OUT).map((text) => [text, plainNumber(text)])),
    WRITTEN_OUT,
  );
});

test('what is none stays, and so does what would be thousands of digits', () => {
  for (const text of ['1', '-0.5', '', 'e5', '1e', 'NaN', 'Infinity', '1e99999', '1 e5', 'x1e5']) {
    assert.equal(plainNumber(text), text);
  }
});

test('the value is the same, and there is no power left', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const plain = plainNumber(value.toExponential());
      assert.match(plain, /^-?\d+(\.\d+)?$/);
      assert.equal(Number(plain) + 0, value + 0);
    }),
  );
});
