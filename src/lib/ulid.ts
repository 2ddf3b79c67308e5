import { randomBytes } from 'node:crypto';

/** https://github.com/ulid/spec: 26 characters of Crockford base 32; 48 bits of time, 80 random bits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const PATTERN = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;

let lastTime = -1;
let lastRandom = 0n;

/**
 * Sorts by the time it was made (`now`: milliseconds since 1970). Those of one process keep their order within
 * a millisecond, and when the clock is set back too: the random part is counted up then.
 */
export function ulid(now: number = Date.now()): string {
  if (now > lastTime) {
    lastTime = now;
    // One bit fewer than there are: counting up can then never run over.
    lastRandom = BigInt(`0x${randomBytes(10).toString('hex')}`) >> 1n;
  } else {
    lastRandom += 1n;
  }
  return encode(BigInt(lastTime), 10) + encode(lastRandom, 16);
}

export function isUlid(text: string): boolean {
  return PATTERN.test(text);
}

function encode(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest >>= 5n) text = ALPHABET[Number(rest & 31n)] + text;
  return text;
}
