import { HIGH_BITS, placesByUnits, REPLACEMENT, type Transcoded, type Untranscoded } from './transcoded.ts';

const HIGH = 0x80;
/** UTF-8 has at most so many bytes for a byte of these encodings. */
const MOST = 3;
/** Bytes that are looked at together. */
const WORD = 4;
const EACH_BYTE = 0x01010101;

/** The bytes from 0x80 on in UTF-8, three places each; `lengths`: how many count, 0 for those that mean nothing. */
interface Code {
  readonly texts: Uint8Array;
  readonly lengths: Uint8Array;
}

const codes = new Map<string, Code>();

/** Whether each byte of the encoding is a character. */
export function isSingleByte(encoding: string): boolean {
  return /^(?:windows-|iso-8859-|koi8-|ibm866|macintosh|x-mac-|x-user-defined)/.test(encoding);
}

export function transcodeSingleByte(job: Untranscoded): Transcoded {
  const { raw, from } = job;
  const { texts, lengths } = codeOf(job.encoding);
  const bytes = new Uint8Array(raw.length + sizeOf(raw, from));
  bytes.set(raw);
  const words = new DataView(bytes.buffer);
  const invalid: number[] = [];
  let at = raw.length;
  for (let i = from; i < raw.length; i++) {
    // Four at once; what stands there is still the original, and the text is at least as long.
    while (i + WORD <= raw.length) {
      const word = words.getInt32(i, true);
      if ((word & HIGH_BITS) !== 0) break;
      words.setInt32(at, word, true);
      at += WORD;
      i += WORD;
    }
    const c = raw[i];
    if (c === undefined) break;
    if (c < HIGH) {
      bytes[at++] = c;
      continue;
    }
    const length = lengths[c - HIGH] ?? 0;
    if (length === 0) invalid.push(at);
    const text = (c - HIGH) * MOST;
    for (let n = 0; n < (length || MOST); n++) bytes[at++] = texts[text + n] ?? 0;
  }
  const extent = { bytes, start: raw.length, end: at };
  return { ...extent, invalid, original: placesByUnits(extent, job, { bytes: 1, pairs: false }) };
}

/** Bytes of the text at most. */
function sizeOf(raw: Uint8Array, from: number): number {
  const words = new DataView(raw.buffer, raw.byteOffset, raw.length);
  let size = raw.length - from;
  let i = from;
  for (; i + WORD <= raw.length; i += WORD) {
    const marks = (words.getInt32(i, true) & HIGH_BITS) >>> 7;
    if (marks !== 0) size += (MOST - 1) * (Math.imul(marks, EACH_BYTE) >>> 24);
  }
  for (; i < raw.length; i++) if ((raw[i] ?? 0) >= HIGH) size += MOST - 1;
  return size;
}

function codeOf(encoding: string): Code {
  const known = codes.get(encoding);
  if (known !== undefined) return known;
  const code = { texts: new Uint8Array(HIGH * MOST), lengths: new Uint8Array(HIGH) };
  const decoder = new TextDecoder(encoding);
  for (let i = 0; i < HIGH; i++) {
    const text = decoder.decode(Uint8Array.of(i + HIGH));
    const utf8 = text === '\uFFFD' ? REPLACEMENT : new TextEncoder().encode(text);
    code.texts.set(utf8, i * MOST);
    code.lengths[i] = text === '\uFFFD' ? 0 : utf8.length;
  }
  codes.set(encoding, code);
  return code;
}
