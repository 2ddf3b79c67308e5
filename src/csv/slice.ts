const LF = 10;
const CR = 13;

/**
 * Where a file can be cut: the byte after the last record end outside quotes, or 0 if there is none. A CR that ends
 * the bytes is no cut, since an LF may follow. Quotes are counted, so a stray quote can mislead it: the server's
 * answered offset is the truth, this is the guess that is nearly always right.
 */
export function lastRecordEnd(bytes: Uint8Array, dialect: { readonly quoteChar: string | null }): number {
  const quote = dialect.quoteChar?.charCodeAt(0) ?? -1;
  if (quote < 0 || !bytes.includes(quote)) return lastLineEnd(bytes);
  let quoted = false;
  let cut = 0;
  for (let i = 0; i < bytes.length; i++) {
    const c = bytes[i];
    if (c === quote) quoted = !quoted;
    else if (!quoted && (c === LF || (c === CR && i + 1 < bytes.length && bytes[i + 1] !== LF))) cut = i + 1;
  }
  return cut;
}

function lastLineEnd(bytes: Uint8Array): number {
  const lf = bytes.lastIndexOf(LF);
  const cr = bytes.subarray(0, -1).lastIndexOf(CR);
  return Math.max(lf, cr) + 1;
}
