import { NOT_READ } from '../model/tape.ts';

const PLUS = 43;
const MINUS = 45;
const ZEROS = 0x30303030;
const WORD = 4;
const TWO_WORDS = 8;
const MOST_DIGITS = TWO_WORDS + 1;

/**
 * The whole number in bytes[start, end): optional sign and up to nine digits, which fit an Int32 whatever they are.
 * NOT_READ for everything else, and in the first bytes of the view.
 *
 * The digits are taken as the two words before `end`, whose bytes before the first digit are made zeros: no loop,
 * whose number of turns the processor would have to guess.
 */
export function shortInteger(view: DataView, start: number, end: number): number {
  if (end < TWO_WORDS || end === start) return NOT_READ;
  const sign = view.getUint8(start);
  const digits = end - start - (sign === MINUS || sign === PLUS ? 1 : 0);
  if (digits > MOST_DIGITS || digits === 0) return NOT_READ;
  const low = digitsOf(view.getInt32(end - WORD, true), digits);
  let value = numberOf(low);
  let wrong = notDigits(low);
  if (digits > WORD) {
    const high = digitsOf(view.getInt32(end - TWO_WORDS, true), digits - WORD);
    wrong |= notDigits(high);
    value = (Math.imul(numberOf(high), 10_000) + value) | 0;
    if (digits > TWO_WORDS) {
      const first = view.getUint8(end - MOST_DIGITS) - 48;
      if (first < 0 || first > 9) return NOT_READ;
      value = (Math.imul(first, 100_000_000) + value) | 0;
    }
  }
  if (wrong !== 0) return NOT_READ;
  return sign === MINUS ? -value | 0 : value;
}

/** The last `count` bytes of a word, or all four, with digits as their values; 0 in place of the others. */
function digitsOf(word: number, count: number): number {
  return count >= WORD ? word ^ ZEROS : (word ^ ZEROS) & (-1 << ((WORD - count) * 8));
}

/** The number that four digits make, the first of them in the lowest byte. */
function numberOf(word: number): number {
  const pairs = (Math.imul(word, 10) + (word >>> 8)) | 0;
  return (Math.imul(pairs & 0xff, 100) + ((pairs >>> 16) & 0xff)) | 0;
}

/** 0 when each byte of the word is at most 9. */
export function notDigits(word: number): number {
  return (word | (word + 0x76767676)) & 0x80808080;
}
