import type { Dialect } from '../../model/dialect.ts';

/** A dialect as bytes of UTF-8, with what a reader of bytes may stop at. */
export interface Marks {
  readonly delimiter: Uint8Array;
  /** Null: LF, CRLF and CR, also mixed. */
  readonly terminator: Uint8Array | null;
  /** -1: none. */
  readonly quote: number;
  readonly escaping: number;
  readonly doubled: boolean;
  readonly comment: Uint8Array | null;
  readonly nullText: Uint8Array | null;
  readonly skipSpaces: boolean;
  readonly skipBlank: boolean;
  /** By byte, 1: looked at in a field without quotes, and in one with quotes. */
  readonly stops: Uint8Array;
  readonly stopsInQuotes: Uint8Array;
  /** By byte, 1: loses its meaning after the escape. */
  readonly escapable: Uint8Array;
}

export const LF = 10;
export const CR = 13;
export const SPACE = 32;
const NONE = -1;
const BYTES = 256;

const encoder = new TextEncoder();

export function marksOf(dialect: Dialect): Marks {
  const { quoteChar, escapeChar, lineTerminator, commentChar, nullSequence, skipInitialSpace } = dialect;
  const delimiter = encoder.encode(dialect.delimiter);
  const terminator = bytesOf(lineTerminator);
  const quote = quoteChar?.charCodeAt(0) ?? NONE;
  const escaping = escapeChar?.charCodeAt(0) ?? NONE;
  const firsts = [delimiter[0] ?? NONE, terminator?.[0] ?? NONE];
  return {
    delimiter,
    terminator,
    quote,
    escaping,
    doubled: dialect.doubleQuote,
    comment: bytesOf(commentChar),
    nullText: bytesOf(nullSequence),
    skipSpaces: skipInitialSpace,
    skipBlank: dialect.skipBlankRows,
    stops: bytesAmong([...firsts, quote, escaping, LF, CR]),
    stopsInQuotes: bytesAmong([quote, escaping, LF, CR]),
    escapable: bytesAmong([...firsts, quote, escaping, LF, CR, skipInitialSpace ? SPACE : NONE]),
  };
}

const bytesOf = (text: string | null): Uint8Array | null => (text ? encoder.encode(text) : null);

function bytesAmong(bytes: readonly number[]): Uint8Array {
  const among = new Uint8Array(BYTES);
  for (const byte of bytes) if (byte !== NONE) among[byte] = 1;
  return among;
}

/** Whether a mark stands at a place that its first byte is known to stand at, whole before the end. */
export function stands(mark: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (at + mark.length > end) return false;
  for (let i = 1; i < mark.length; i++) if (bytes[at + i] !== mark[i]) return false;
  return true;
}
