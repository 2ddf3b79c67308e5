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

const WORD = 4;
const EACH_BYTE = 0x01010101;
const LOW_BITS = 0x7f7f7f7f;
const HIGH_BITS = 0x80808080 | 0;

/** Of a field with doubled quotes, these undone. */
export function undoubledLength(tape: Tape, view: DataView, slot: number): number {
  const { doubledQuotes, starts, ends } = tape;
  if (doubledQuotes === undefined) return countedLength(tape, view, slot);
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  const first = doubledQuotes.firstFrom(start);
  return end - start - (doubledQuotes.nextFrom(first, end) - first);
}

/** Each quote in a word has the high bit of its byte in `marks`. */
function countedLength({ bytes, starts, ends }: Tape, view: DataView, slot: number): number {
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  const quote = bytes[start - 1] ?? 0;
  const pattern = Math.imul(quote, EACH_BYTE);
  let quotes = 0;
  let i = start;
  for (; i <= end - WORD; i += WORD) {
    const other = view.getInt32(i, true) ^ pattern;
    const marks = ~(((other & LOW_BITS) + LOW_BITS) | other | LOW_BITS);
    quotes += Math.imul(marks >>> 7, EACH_BYTE) >>> 24;
  }
  for (; i < end; i++) if (bytes[i] === quote) quotes++;
  return end - start - quotes / 2;
}

/** The byte after what was written. `from` shows the bytes of the tape. */
export function writeUndoubled(tape: Tape, from: DataView, slot: number, to: DataView, at: number): number {
  const { doubledQuotes, starts, ends } = tape;
  if (doubledQuotes === undefined) return writeSingle(tape, from, slot, to, at);
  const { places } = doubledQuotes;
  const end = ends[slot] ?? 0;
  let next = at;
  let piece = starts[slot] ?? 0;
  const first = doubledQuotes.firstFrom(piece);
  const beyond = doubledQuotes.nextFrom(first, end);
  for (let n = first; n < beyond; n++) {
    const second = places[n] ?? 0;
    copyWords(from, piece, second, to, next);
    next += second - piece;
    piece = second + 1;
  }
  copyWords(from, piece, end, to, next);
  return next + end - piece;
}

/** Words without a quote go as they are. */
function writeSingle(
  { bytes, starts, ends }: Tape,
  from: DataView,
  slot: number,
  to: DataView,
  at: number,
): number {
  const start = starts[slot] ?? 0;
  const end = ends[slot] ?? 0;
  const quote = bytes[start - 1] ?? 0;
  const pattern = Math.imul(quote, EACH_BYTE);
  let next = at;
  let i = start;
  while (i < end) {
    if (i <= end - WORD) {
      const word = from.getInt32(i, true);
      const other = word ^ pattern;
      if (((other - EACH_BYTE) & ~other & HIGH_BITS) === 0) {
        to.setInt32(next, word, true);
        i += WORD;
        next += WORD;
        continue;
      }
    }
    const c = from.getUint8(i);
    to.setUint8(next++, c);
    i += c === quote ? 2 : 1;
  }
  return next;
}
