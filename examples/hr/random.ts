/** Numbers in [0, 1), the same on every machine for the same seed: mulberry32, public domain, Tommy Ettinger. */
export type Random = () => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number from 0 to `below` - 1. */
export function randomInteger(random: Random, below: number): number {
  return Math.floor(random() * below);
}

/** Throws a TypeError for an empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const item = list[randomInteger(random, list.length)];
  if (item === undefined) throw new TypeError('pick: the list is empty');
  return item;
}
