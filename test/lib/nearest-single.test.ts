import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nearestSingle } from '../../src/lib/nearest-single.ts';

/** Between 1 and the next single. */
const HALF_WAY = '1.000000059604644775390625';

test('what a double decides is as Math.fround has it', () => {
  for (const text of [
    '0',
    '-0',
    '1',
    '0.1',
    '-2.5e10',
    '16777217',
    '3.4028235e38',
    '1.4e-45',
    '.5',
    '5.',
    '1e300',
    '1e-60',
  ]) {
    assert.equal(nearestSingle(text), Math.fround(Number(text)), text);
  }
});

test('a decimal beside the middle of two singles goes to the nearer one; in the middle to the even one', () => {
  const next = 1 + 2 ** -23;
  assert.equal(Number(`${HALF_WAY}0000000000001`), Number(HALF_WAY));
  assert.equal(nearestSingle(HALF_WAY), 1);
  assert.equal(nearestSingle(`${HALF_WAY}0000000000001`), next);
  assert.equal(nearestSingle(`-${HALF_WAY}0000000000001`), -next);
  assert.equal(nearestSingle('1.0000000596046447753906249999999999'), 1);
  assert.equal(nearestSingle('1.00000017881393432617187499999999999'), next);
  assert.equal(nearestSingle('1.000000178813934326171875'), 1 + 2 ** -22);
});

test('at both ends of the range', () => {
  const largest = 2 ** 128 - 2 ** 104;
  assert.equal(nearestSingle('3.4028235677973366e38'), largest);
  assert.equal(nearestSingle('-340282356779733661637539395458142568447'), -largest);
  assert.equal(nearestSingle('340282356779733661637539395458142568448'), Number.POSITIVE_INFINITY);
  assert.equal(nearestSingle('7.006492321624085354618e-46'), 0);
  assert.equal(nearestSingle('7.006492321624085354619e-46'), 2 ** -149);
});
