import { FIELD_NULL, NOT_READ, type Tape } from '../model/tape.ts';

const ZERO = 48;
const MINUS = 45;
const PLUS = 43;
/** As many always fit a double. */
const MOST_DIGITS = 15;

/** The whole number in a field; null for NULL, NaN for one that is none or too long. */
export function tapeNumber({ integers, flags, bytes, starts, ends }: Tape, slot: number): number | null {
  const read = integers[slot] ?? NOT_READ;
  const isNull = ((flags[slot] ?? 0) & FIELD_NULL) !== 0;
  if (isNull) return null;
  if (read !== NOT_READ) return read;
  const end = ends[slot] ?? 0;
  let at = starts[slot] ?? 0;
  const sign = bytes[at];
  if (sign === MINUS || sign === PLUS) at++;
  if (at >= end || end - at > MOST_DIGITS) return Number.NaN;
  let value = 0;
  for (; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return sign === MINUS && value > 0 ? -value : value;
}
