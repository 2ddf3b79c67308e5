import type { SqlValue } from '../database.ts';

/** Text of the server → SqlValue: numbers, truth as 1 and 0, bytes; all else stays as it is written. */

const BOOL = 16;
const BYTEA = 17;
const INT8 = 20;
/** int2, int4, oid, float4, float8. */
const NUMBERS: ReadonlySet<number> = new Set([21, 23, 26, 700, 701]);

export function parserOf(oid: number): (text: string) => SqlValue {
  if (NUMBERS.has(oid)) return Number;
  if (oid === INT8) return integer;
  if (oid === BOOL) return truth;
  return oid === BYTEA ? bytes : asItIs;
}

function integer(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

const truth = (text: string): number => (text === 't' ? 1 : 0);
const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text.slice(2), 'hex'));
const asItIs = (text: string): string => text;
