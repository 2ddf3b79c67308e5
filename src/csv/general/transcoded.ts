/** A content in UTF-8 beside the bytes it came in. */
export interface Transcoded {
  /** The original, and its text after it. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where the text begins and ends. */
  readonly start: number;
  readonly end: number;
  /** Places in the text, ascending, of the replacement characters for bytes that mean nothing. */
  readonly invalid: readonly number[];
  /** The place in the original of a place in the text; to be asked in ascending order. */
  readonly original: (place: number) => number;
}

/** What is to be read, and from which byte on; places count from the first byte of `raw`. */
export interface Untranscoded {
  readonly raw: Uint8Array<ArrayBuffer>;
  readonly from: number;
  /** Nothing follows: a character that is cut at the end is invalid, not open. */
  readonly last: boolean;
  /** Canonical name of a WHATWG encoding. */
  readonly encoding: string;
}

/** U+FFFD in UTF-8. */
export const REPLACEMENT = [0xef, 0xbf, 0xbd] as const;

const WORD = 4;
/** Those that ASCII does not have. */
export const HIGH_BITS = 0x80808080 | 0;

/** Places where every character of the text is as many code units long as UTF-16 makes it, or one. */
export function placesByUnits(
  { bytes, start }: Pick<Transcoded, 'bytes' | 'start'>,
  { raw, from }: Untranscoded,
  unit: { readonly bytes: number; readonly pairs: boolean },
): (place: number) => number {
  const words = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = start;
  let units = 0;
  return (place) => {
    for (; at + WORD <= place; at += WORD, units += WORD) {
      if ((words.getInt32(at, true) & HIGH_BITS) !== 0) break;
    }
    for (; at < place; at++) {
      const c = bytes[at] ?? 0;
      // Not a byte that continues a character.
      if ((c & 0xc0) !== 0x80) units += unit.pairs && c >= 0xf0 ? 2 : 1;
    }
    // Half a code unit at the end became a whole character.
    return Math.min(from + units * unit.bytes, raw.length);
  };
}
