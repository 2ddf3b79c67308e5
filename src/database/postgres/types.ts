import type { Column } from '../../model/table.ts';
import { quoteName } from './names.ts';

/** What a type of PostgreSQL asks for. */
export type TypeFacts = Pick<
  Column,
  | 'kind'
  | 'baseType'
  | 'maxLength'
  | 'maxBytes'
  | 'precision'
  | 'scale'
  | 'minimum'
  | 'maximum'
  | 'withZone'
  | 'fractionDigits'
  | 'bits'
  | 'alters'
>;

type Facts = Omit<TypeFacts, 'baseType'>;

const whole = (bits: bigint): Facts => ({
  kind: 'integer',
  minimum: -(2n ** (bits - 1n)),
  maximum: 2n ** (bits - 1n) - 1n,
});

/** Digits before and after the point of a numeric without a precision (postgresql.org/docs, 8.1.2). */
const NUMERIC_WHOLE = 131_072;
const NUMERIC_SCALE = 16_383;
const UNLIMITED: Facts = {
  kind: 'decimal',
  precision: NUMERIC_WHOLE + NUMERIC_SCALE,
  scale: NUMERIC_SCALE,
};

/** Microseconds. */
const FRACTION_DIGITS = 6;

/** By pg_type.typname; what is not listed goes as text for the database to judge. */
const TYPES: Readonly<Record<string, Facts>> = {
  int2: whole(16n),
  int4: whole(32n),
  int8: whole(64n),
  oid: { kind: 'integer', minimum: 0n, maximum: 2n ** 32n - 1n },
  float4: { kind: 'float', bits: 32 },
  float8: { kind: 'float' },
  numeric: UNLIMITED,
  // With lc_monetary C, as every session sets it: cents, and no more than fit a bigint.
  money: { kind: 'decimal', precision: 18, scale: 2 },
  bool: { kind: 'boolean' },
  date: { kind: 'date' },
  time: { kind: 'time', withZone: false, fractionDigits: FRACTION_DIGITS },
  timetz: { kind: 'time', withZone: true, fractionDigits: FRACTION_DIGITS },
  timestamp: { kind: 'datetime', withZone: false, fractionDigits: FRACTION_DIGITS },
  timestamptz: { kind: 'datetime', withZone: true, fractionDigits: FRACTION_DIGITS },
  uuid: { kind: 'uuid' },
  json: { kind: 'json' },
  jsonb: { kind: 'json' },
  bytea: { kind: 'binary' },
  name: { kind: 'text', maxBytes: 63 },
  char: { kind: 'text', maxBytes: 1 },
};

/**
 * `baseType`: domains undone, pg_type.typname in pg_catalog, `"schema"."name"` elsewhere; `modifier` that of the column or
 * its domain, -1 without one.
 */
export function typeFacts(baseType: string, modifier: number): TypeFacts {
  const facts = TYPES[baseType] ?? { kind: 'text' };
  return { baseType, ...facts, ...limits(baseType, modifier) };
}

/** What the modifier of a column says (varcharin, numerictypmodin, anytime_typmodin in the sources of PostgreSQL). */
function limits(baseType: string, modifier: number): Partial<Facts> {
  if (modifier < 0) return {};
  switch (baseType) {
    case 'varchar':
    case 'bpchar':
      return { maxLength: modifier - 4 };
    case 'numeric': {
      // Eleven bits with a sign: a scale may be negative.
      const scale = (((modifier - 4) & 0x7ff) ^ 1024) - 1024;
      return { precision: ((modifier - 4) >> 16) & 0xffff, scale };
    }
    case 'time':
    case 'timetz':
    case 'timestamp':
    case 'timestamptz':
      return { fractionDigits: modifier };
    default:
      return ALTERING.test(baseType) ? { alters: true } : {};
  }
}

/** Intervals lose digits and fields, elements of arrays digits and spaces; other types refuse what does not fit. */
const ALTERING = /^(?:interval$|_)/;

/** As SQL names it; quoted, as `char` and `bit` mean a length of 1 otherwise. */
export function typeName(column: Column | undefined): string {
  const baseType = column?.baseType ?? 'text';
  return baseType.startsWith('"') ? baseType : quoteName(baseType);
}
