import type { RejectCode } from '../model/reject.ts';
import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const ZERO = 48;
const PLUS = 43;
const MINUS = 45;
/** A decimal number of this many digits is exact in a double. */
const EXACT_DIGITS = 15;

/** Optional sign and digits; within the column's minimum and maximum. */
export function integerJudge(column: Column): BytesJudge {
  const minimum = column.minimum ?? -(2n ** 63n);
  const maximum = column.maximum ?? 2n ** 63n - 1n;
  const least = Number(minimum);
  const most = Number(maximum);
  return (bytes, start, end) => {
    const sign = bytes[start];
    const from = sign === MINUS || sign === PLUS ? start + 1 : start;
    if (from >= end) return 'type.integer';
    if (end - from > EXACT_DIGITS) return judgeLong(bytes, start, end, minimum, maximum);
    let value = 0;
    for (let i = from; i < end; i++) {
      const digit = (bytes[i] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) return 'type.integer';
      value = value * 10 + digit;
    }
    if (sign === MINUS) value = -value;
    return value < least || value > most ? 'range' : null;
  };
}

function judgeLong(
  bytes: Uint8Array,
  start: number,
  end: number,
  minimum: bigint,
  maximum: bigint,
): RejectCode | null {
  const text = String.fromCharCode(...bytes.subarray(start, Math.min(end, start + 4096)));
  if (!/^[+-]?\d+$/.test(text)) return 'type.integer';
  if (end - start > 4096) return 'range';
  const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return value < minimum || value > maximum ? 'range' : null;
}
