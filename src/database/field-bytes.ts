import type { Tape } from '../model/tape.ts';

/** Fields of a tape as the encoders of all engines write them. */

/** 1, t, T of the accepted spellings. */
export function isTrue(first: number): boolean {
  return first === 49 || first === 116 || first === 84;
}

/** The byte after what was written. */
export function copyField(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  let at = to;
  // Short fields are the rule: a loop beats the call of TypedArray.set below some forty bytes.
  if (end - start > 40) {
    out.set(bytes.subarray(start, end), at);
    return at + end - start;
  }
  for (let i = start; i < end; i++) out[at++] = bytes[i] ?? 0;
  return at;
}

/**
 * As `copyField`, but eight bytes at a time: the last ones once more with some of those before them, so that nothing
 * beside the field is read or written.
 */
export function copyWords(from: DataView, start: number, end: number, to: DataView, at: number): void {
  const shift = at - start;
  if (end - start >= 8) {
    for (let i = start; i < end - 8; i += 8) to.setBigInt64(i + shift, from.getBigInt64(i, true), true);
    to.setBigInt64(end - 8 + shift, from.getBigInt64(end - 8, true), true);
  } else if (end - start >= 4) {
    to.setInt32(at, from.getInt32(start, true), true);
    to.setInt32(end - 4 + shift, from.getInt32(end - 4, true), true);
  } else for (let i = start; i < end; i++) to.setUint8(i + shift, from.getUint8(i));
}

/** Of a field with doubled quotes, these undone. */
export function undoubledLength(tape: Tape, slot: number): number {
  const { bytes, starts, ends } = tape;
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  const quote = bytes[start - 1];
  let quotes = 0;
  for (let i = start; i < end; i++) if (bytes[i] === quote) quotes++;
  return end - start - quotes / 2;
}

/** The byte after what was written. */
export function writeUndoubled(tape: Tape, slot: number, out: Uint8Array, to: number): number {
  const { bytes, starts, ends } = tape;
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  const quote = bytes[start - 1];
  let at = to;
  for (let i = start; i < end; i++) {
    const c = bytes[i] ?? 0;
    out[at++] = c;
    if (c === quote) i++;
  }
  return at;
}
