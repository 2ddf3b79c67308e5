import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  DECIMAL_DIGITS,
  decimalSize,
  fixedToNumeric,
  NumericMisfit,
  numericRoom,
  numericToFixed,
} from '../../../src/database/postgres/numeric-fixed.ts';

test('a decimal takes as few bytes as Avro asks for', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 9, 10, 18, 19, 20, DECIMAL_DIGITS].map(decimalSize),
    [1, 1, 2, 2, 4, 5, 8, 9, 9, 16],
  );
});

/** The groups of a numeric, by hand: digits aligned at the point, zeros at both ends left out. */
function numericOf(units: bigint, scale: number): Buffer {
  const digits = (units < 0n ? -units : units).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const fraction = digits.slice(digits.length - scale);
  const left = whole.padStart(Math.ceil(whole.length / 4) * 4, '0');
  const groups = (left + fraction.padEnd(Math.ceil(scale / 4) * 4, '0')).match(/.{4}/g)?.map(Number) ?? [];
  let weight = left.length / 4 - 1;
  while (groups.at(-1) === 0) groups.pop();
  for (; groups[0] === 0; weight--) groups.shift();
  const bytes = Buffer.alloc(8 + 2 * groups.length);
  bytes.writeUInt16BE(groups.length, 0);
  bytes.writeInt16BE(groups.length === 0 ? 0 : weight, 2);
  bytes.writeUInt16BE(units < 0n ? 0x4000 : 0, 4);
  bytes.writeUInt16BE(scale, 6);
  for (const [index, group] of groups.entries()) bytes.writeInt16BE(group, 8 + 2 * index);
  return bytes;
}

function fixedOf(units: bigint, size: number): Buffer {
  const hex = BigInt.asUintN(size * 8, units)
    .toString(16)
    .padStart(size * 2, '0');
  return Buffer.from(hex, 'hex');
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

test('every number of every precision and scale goes to the fixed form and back', () => {
  const numbers = fc
    .tuple(fc.integer({ min: 1, max: DECIMAL_DIGITS }), fc.nat())
    .chain(([precision, any]) => {
      const most = 10n ** BigInt(precision) - 1n;
      const units = fc.oneof(fc.bigInt({ min: -most, max: most }), fc.constantFrom(0n, 1n, -1n, most, -most));
      return fc.tuple(fc.constant(precision), fc.constant(any % (precision + 1)), units);
    });
  fc.assert(
    fc.property(numbers, ([precision, scale, units]) => {
      const form = { precision, scale, size: decimalSize(precision) };
      const numeric = numericOf(units, scale);
      const fixed = Buffer.alloc(form.size);
      numericToFixed(viewOf(numeric), 0, form, fixed);
      assert.deepEqual(fixed, fixedOf(units, form.size));
      const back = Buffer.alloc(numericRoom(precision));
      const length = fixedToNumeric(fixed, 0, form, viewOf(back), 0);
      assert.deepEqual(back.subarray(0, length), numeric);
    }),
    { numRuns: 3000 },
  );
});

test('NaN, infinity and digits beyond the scale are no decimals', () => {
  const form = { precision: 5, scale: 2, size: 3 };
  for (const hex of ['00000000c0000000', '00000000d0000000', '0001fffe000000080001']) {
    const numeric = Buffer.from(hex, 'hex');
    assert.throws(() => numericToFixed(viewOf(numeric), 0, form, Buffer.alloc(3)), NumericMisfit);
  }
});
