import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeFacts, typeName } from '../../../src/database/postgres/types.ts';
import { column } from '../../check/judge.ts';

/** Modifiers as pg_attribute.atttypmod has them. */
const characters = (n: number): number => n + 4;
const numeric = (precision: number, scale: number): number => ((precision << 16) | (scale & 0x7ff)) + 4;

test('whole numbers know their range', () => {
  for (const [type, bits] of [
    ['int2', 16n],
    ['int4', 32n],
    ['int8', 64n],
  ] as const) {
    const { kind, minimum, maximum } = typeFacts(type, -1);
    assert.deepEqual([kind, minimum, maximum], ['integer', -(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n]);
  }
  assert.equal(typeFacts('oid', -1).maximum, 2n ** 32n - 1n);
});

test('decimals: precision and scale, a scale below 0 or beyond the precision, none at all', () => {
  for (const [precision, scale] of [
    [10, 2],
    [1000, 1000],
    [3, -2],
    [2, 4],
    [5, -1000],
    [1, 0],
  ] as const) {
    const facts = typeFacts('numeric', numeric(precision, scale));
    assert.deepEqual([facts.kind, facts.precision, facts.scale], ['decimal', precision, scale]);
  }
  const { precision, scale } = typeFacts('numeric', -1);
  assert.deepEqual([precision, scale], [131_072 + 16_383, 16_383]);
});

test('texts know their length, moments their zone and the digits of their fraction', () => {
  assert.equal(typeFacts('varchar', characters(20)).maxLength, 20);
  assert.equal(typeFacts('bpchar', characters(1)).maxLength, 1);
  assert.equal(typeFacts('varchar', -1).maxLength, undefined);
  assert.equal(typeFacts('name', -1).maxBytes, 63);
  const moment = (type: string, modifier: number) => {
    const { kind, withZone, fractionDigits } = typeFacts(type, modifier);
    return [kind, withZone, fractionDigits];
  };
  assert.deepEqual(moment('timestamptz', -1), ['datetime', true, 6]);
  assert.deepEqual(moment('timestamp', 0), ['datetime', false, 0]);
  assert.deepEqual(moment('time', 3), ['time', false, 3]);
  assert.deepEqual(moment('timetz', 6), ['time', true, 6]);
});

test('what is not known goes as text', () => {
  assert.deepEqual(typeFacts('tsvector', -1), { kind: 'text', baseType: 'tsvector' });
  assert.deepEqual(typeFacts('"geo"."point 2d"', 7), { kind: 'text', baseType: '"geo"."point 2d"' });
});

test('types are named so that SQL takes them for no other', () => {
  const nameOf = (baseType: string) => typeName(column('v', 'text', { baseType }));
  assert.deepEqual(['char', 'bit', '"public"."citext"'].map(nameOf), [
    '"char"',
    '"bit"',
    '"public"."citext"',
  ]);
});
