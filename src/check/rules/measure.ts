import { canonicalDecimal, compareDecimals } from '../../lib/compare-decimals.ts';
import { plainNumber } from '../../lib/plain-number.ts';
import type { ColumnKind } from '../../model/table.ts';

/**
 * Values of a kind as they are compared: in order with a bound, and for equality with the members of a list. Only of
 * texts that the judge of the kind has passed.
 */

/** Below 0: the value is less than the bound. */
export type Comparison = (value: string) => number;

/** Null for kinds that have no order. */
export function comparisonWith(bound: string, kind: ColumnKind): Comparison | null {
  switch (kind) {
    case 'integer':
    case 'decimal':
    case 'float': {
      const limit = decimalText(bound);
      return (value) => compareDecimals(decimalText(value), limit);
    }
    case 'date':
      return (value) => order(value, bound);
    case 'time': {
      const limit = nanosecondsOfTime(bound);
      return (value) => nanosecondsOfTime(value) - limit;
    }
    case 'datetime': {
      const limit = nanosecondsOfInstant(bound);
      return (value) => order(nanosecondsOfInstant(value), limit);
    }
    default:
      return null;
  }
}

/** The same key for values that are the same. */
export function keyOf(kind: ColumnKind): (value: string) => string | number | bigint | boolean {
  switch (kind) {
    case 'integer':
    case 'decimal':
    case 'float':
      return (value) => canonicalDecimal(decimalText(value));
    case 'boolean':
      return (value) => /^(?:true|t|1)$/i.test(value);
    case 'time':
      return nanosecondsOfTime;
    case 'datetime':
      return nanosecondsOfInstant;
    case 'uuid':
      return (value) => value.toLowerCase();
    default:
      return (value) => value;
  }
}

const order = <T extends string | bigint>(a: T, b: T): number => (a === b ? 0 : a < b ? -1 : 1);

const decimalText = (text: string): string => plainNumber(text.replace(/^([+-]?)\./, '$10.'));

const TIME = /^(-?)(\d+):(\d\d)(?::(\d\d)(?:\.(\d+))?)?/;

/** Of spans of time too: 839 hours have fewer nanoseconds than a number keeps. A zone is not looked at. */
function nanosecondsOfTime(text: string): number {
  const [, sign = '', hours = '0', minutes = '0', seconds = '0', fraction = ''] = TIME.exec(text) ?? [];
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return (sign === '-' ? -1 : 1) * (whole * 1e9 + nanoseconds(fraction));
}

const INSTANT = /^(.{10}).(\d\d:\d\d)(?::(\d\d)(?:\.(\d+))?)?(.*)$/;

/** Since 1970; without an offset in UTC. */
function nanosecondsOfInstant(text: string): bigint {
  const [, date = '', time = '', seconds = '00', fraction = '', zone = ''] = INSTANT.exec(text) ?? [];
  const offset = zone.replace(/^([+-]\d\d):?(\d\d)?$/, (_, hours, minutes = '00') => `${hours}:${minutes}`);
  const instant = Date.parse(`${date}T${time}:${seconds}${offset.toUpperCase() || 'Z'}`);
  return BigInt(instant) * 1_000_000n + BigInt(nanoseconds(fraction));
}

const nanoseconds = (fraction: string): number => Number(fraction.slice(0, 9).padEnd(9, '0'));
