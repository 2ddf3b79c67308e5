const LF = 10;
const CR = 13;

/** Bytes that are looked at together. */
const WORD = 4;
const EACH_BYTE = 0x01010101;
const LOW_BITS = 0x7f7f7f7f;

/**
 * Where a file can be cut: the byte after the last record end outside quotes, or 0 if there is none. A CR that ends
 * the bytes is no cut, since an LF may follow. Quotes are counted, so a stray quote can mislead it: the server's
 * answered offset is the truth, this is the guess that is nearly always right.
 */
export function lastRecordEnd(bytes: Uint8Array, dialect: { readonly quoteChar: string | null }): number {
  const quote = dialect.quoteChar?.charCodeAt(0) ?? -1;
  if (quote < 0 || !bytes.includes(quote)) return lastLineEnd(bytes);
  let quoted = isOdd(bytes, quote);
  for (let i = bytes.length - 1; i >= 0; i--) {
    const c = bytes[i];
    if (c === quote) quoted = !quoted;
    else if (!quoted && (c === LF || (c === CR && i + 1 < bytes.length && bytes[i + 1] !== LF))) return i + 1;
  }
  return 0;
}

/**
 * Whether a byte stands in bytes an odd number of times. Of four bytes, each that is the one sought sets the high bit
 * of its own in `marks`, exactly (Warren, Hacker's Delight, 6-1); what is odd outlives the exclusive or of all of them.
 */
function isOdd(bytes: Uint8Array, sought: number): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pattern = Math.imul(sought, EACH_BYTE);
  const whole = bytes.length - (bytes.length % WORD);
  let marks = 0;
  for (let i = 0; i < whole; i += WORD) {
    const other = view.getInt32(i, true) ^ pattern;
    marks ^= ~(((other & LOW_BITS) + LOW_BITS) | other | LOW_BITS);
  }
  let odd = ((marks >>> 31) ^ (marks >>> 23) ^ (marks >>> 15) ^ (marks >>> 7)) & 1;
  for (let i = whole; i < bytes.length; i++) if (bytes[i] === sought) odd ^= 1;
  return odd === 1;
}

/** The same for bytes, or other units, without quotes. */
export function lastLineEnd(bytes: Uint8Array | Uint16Array): number {
  const afterLf = bytes.lastIndexOf(LF) + 1;
  // Only behind the last LF: through all bytes of a file without a CR the search takes longer than all the rest.
  return afterLf + bytes.subarray(afterLf, bytes.length - 1).lastIndexOf(CR) + 1;
}
