import { NOT_READ } from '../model/tape.ts';

const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const ZEROS = 0x30303030;
const WORD = 4;
const TWO_WORDS = 8;
const MOST_DIGITS = TWO_WORDS + 1;

/**
 * The whole number in bytes[start, end): optional sign and up to nine digits, which fit an Int32 whatever they are.
 * NOT_READ for everything else, and in the first bytes of the view.
 */
export function shortInteger(view: DataView, start: number, end: number): number {
  const value = shortNatural(view, end, end - start);
  if (value >= 0 || start >= end) return value;
  const sign = view.getUint8(start);
  if (sign !== MINUS && sign !== PLUS) return NOT_READ;
  const size = shortNatural(view, end, end - start - 1);
  return sign === MINUS && size >= 0 ? -size | 0 : size;
}

/**
 * The number that `count` digits before `end` make. They are taken as the two words before `end`, whose bytes before
 * the first digit are made zeros: no loop, whose number of turns the processor would have to guess.
 */
function shortNatural(view: DataView, end: number, count: number): number {
  if (end < MOST_DIGITS || count > MOST_DIGITS || count < 1) return NOT_READ;
  const low = view.getInt32(end - WORD, true) ^ ZEROS;
  if (count <= WORD) {
    const digits = low & (-1 << ((WORD - count) * 8));
    return notDigits(digits) === 0 ? numberOf(digits) : NOT_READ;
  }
  const high = (view.getInt32(end - TWO_WORDS, true) ^ ZEROS) & (-1 << (Math.max(TWO_WORDS - count, 0) * 8));
  const first = count === MOST_DIGITS ? view.getUint8(end - MOST_DIGITS) - ZERO : 0;
  if ((notDigits(low) | notDigits(high)) !== 0 || first < 0 || first > 9) return NOT_READ;
  return (Math.imul(first, 100_000_000) + Math.imul(numberOf(high), 10_000) + numberOf(low)) | 0;
}

/** The number that four digits make, the first of them in the lowest byte. */
function numberOf(word: number): number {
  const pairs = Math.imul(word, 10) + (word >>> 8);
  return (Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff)) | 0;
}

/** 0 when each byte of the word is at most 9. */
export function notDigits(word: number): number {
  return (word | (word + 0x76767676)) & 0x80808080;
}
