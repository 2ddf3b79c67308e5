/** The key of a value that was read last: two words, never both 0. */
export const key = { low: 0, high: 0 };

const WORD = 4;
/** Values up to this length are their own key, so that no two of them have the same. Bytes. */
const EXACT_BYTES = 7;
/** Set in the high word of longer ones. */
const HASHED = 0x80000000 | 0;
/** In the place of the length. */
const EMPTY = 8 << 24;

/**
 * Makes the key of bytes[start, end). Of longer values it is a hash of 63 bits: that two of a thousand million have
 * the same happens once in twenty times.
 */
export function readKey(view: DataView, start: number, end: number): void {
  const length = end - start;
  if (length > EXACT_BYTES) {
    hash(view, start, end);
    return;
  }
  let low = 0;
  let high = length === 0 ? EMPTY : length << 24;
  for (let i = 0; i < length; i++) {
    const byte = view.getUint8(start + i);
    if (i < WORD) low |= byte << (i * 8);
    else high |= byte << ((i - WORD) * 8);
  }
  key.low = low;
  key.high = high;
}

/** Two lanes of MurmurHash3 (x86, 32 bits) with constants of their own. */
function hash(view: DataView, start: number, end: number): void {
  let a = 0x2545f491;
  let b = 0x5bd1e995;
  let i = start;
  for (; i + WORD <= end; i += WORD) {
    const word = view.getInt32(i, true);
    a = lane(a, word, 0xcc9e2d51 | 0, 0x1b873593);
    b = lane(b, word, 0x38b34ae5, 0xa1e38b93 | 0);
  }
  let rest = 0;
  for (; i < end; i++) rest = (rest << 8) | view.getUint8(i);
  a = lane(a, rest, 0xcc9e2d51 | 0, 0x1b873593);
  b = lane(b, rest, 0x38b34ae5, 0xa1e38b93 | 0);
  key.low = finish(a ^ (end - start));
  key.high = finish(b ^ (end - start)) | HASHED;
}

function lane(state: number, word: number, first: number, second: number): number {
  let mixed = Math.imul(word, first);
  mixed = (mixed << 15) | (mixed >>> 17);
  const next = state ^ Math.imul(mixed, second);
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(state: number): number {
  let mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}

/** The key of two values together, of which each has a key. */
export function pairKey(low: number, high: number, otherLow: number, otherHigh: number): void {
  const a = lane(
    lane(
      lane(lane(1, low, 0xcc9e2d51 | 0, 0x1b873593), high, 0x2c1b3c6d, 0x297a2d39),
      otherLow,
      0xcc9e2d51 | 0,
      0x1b873593,
    ),
    otherHigh,
    0x2c1b3c6d,
    0x297a2d39,
  );
  const b = lane(
    lane(
      lane(lane(2, otherHigh, 0x38b34ae5, 0xa1e38b93 | 0), otherLow, 0x165667b1, 0x27d4eb2f),
      high,
      0x38b34ae5,
      0xa1e38b93 | 0,
    ),
    low,
    0x165667b1,
    0x27d4eb2f,
  );
  key.low = finish(a);
  key.high = finish(b) | HASHED;
}
