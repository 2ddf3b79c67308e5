import { CR, LF } from './marks.ts';
import { REPLACEMENT, type Transcoded, type Untranscoded } from './transcoded.ts';

/**
 * The encodings of East Asia, whose characters are one to four bytes long. No byte of theirs but LF and CR themselves
 * is an LF or a CR, so the lines of the original and of the text go side by side.
 */
export function transcodeMultiByte(job: Untranscoded): Transcoded {
  const { raw } = job;
  const text = decodeWhole(job);
  const bytes = new Uint8Array(raw.length + text.utf8.length);
  bytes.set(raw);
  bytes.set(text.utf8, raw.length);
  const start = raw.length;
  const invalid = text.invalid.map((place) => place + start);
  const original = placesByLines({ bytes, start, end: bytes.length }, job);
  return { bytes, start, end: bytes.length, invalid, original };
}

interface Decoded {
  readonly utf8: Uint8Array;
  readonly invalid: readonly number[];
}

function decodeWhole(job: Untranscoded): Decoded {
  const { raw, from, last, encoding } = job;
  try {
    const text = new TextDecoder(encoding, { fatal: true }).decode(raw.subarray(from), { stream: !last });
    return { utf8: new TextEncoder().encode(text), invalid: [] };
  } catch {
    return decodeLines(job);
  }
}

/** Line by line, so that bytes that mean nothing take no line end with them. */
function decodeLines({ raw, from, last, encoding }: Untranscoded): Decoded {
  const fatal = new TextDecoder(encoding, { fatal: true });
  const lenient = new TextDecoder(encoding);
  const texts: Uint8Array[] = [];
  const invalid: number[] = [];
  let size = 0;
  for (let at = from; at < raw.length; ) {
    const end = lineEnd(raw, at, raw.length);
    const line = raw.subarray(at, end);
    const text = decodeLine(fatal, lenient, line, last || end < raw.length);
    if (!text.valid) addReplacements(invalid, text.utf8, size);
    texts.push(text.utf8, raw.subarray(end, end + 1));
    size += text.utf8.length + Math.min(1, raw.length - end);
    at = end + 1;
  }
  return { utf8: Buffer.concat(texts), invalid };
}

function addReplacements(places: number[], utf8: Uint8Array, at: number): void {
  const bytes = Buffer.from(utf8.buffer, utf8.byteOffset, utf8.length);
  const sought = Uint8Array.from(REPLACEMENT);
  for (let i = bytes.indexOf(sought); i >= 0; i = bytes.indexOf(sought, i + 1)) places.push(at + i);
}

function decodeLine(fatal: TextDecoder, lenient: TextDecoder, line: Uint8Array, whole: boolean) {
  const encoder = new TextEncoder();
  try {
    const text = fatal.decode(line, { stream: !whole });
    return { utf8: encoder.encode(text), valid: true };
  } catch {
    return { utf8: encoder.encode(lenient.decode(line)), valid: false };
  }
}

function lineEnd(bytes: Uint8Array, from: number, end: number): number {
  let i = from;
  while (i < end && bytes[i] !== LF && bytes[i] !== CR) i++;
  return i;
}

/** Goes from line to line in both; a place within a line is found character by character. */
function placesByLines(
  { bytes, start, end }: Pick<Transcoded, 'bytes' | 'start' | 'end'>,
  { raw, from, encoding }: Untranscoded,
): (place: number) => number {
  let line = start;
  let rawLine = from;
  let stop = lineEnd(bytes, line, end);
  let rawStop = lineEnd(raw, rawLine, raw.length);
  return (place) => {
    while (place > stop && stop < end) {
      line = stop + 1;
      rawLine = rawStop + 1;
      stop = lineEnd(bytes, line, end);
      rawStop = lineEnd(raw, rawLine, raw.length);
    }
    if (place === stop && stop < end) return rawStop;
    return rawLine + bytesBefore(raw.subarray(rawLine, rawStop), place - line, encoding);
  };
}

/** How many bytes of a line make the first `size` bytes of its text. */
function bytesBefore(line: Uint8Array, size: number, encoding: string): number {
  if (size === 0) return 0;
  const decoder = new TextDecoder(encoding);
  let read = 0;
  let bytes = 0;
  while (bytes < line.length && read < size) {
    read += Buffer.byteLength(decoder.decode(line.subarray(bytes, bytes + 1), { stream: true }));
    bytes++;
  }
  return bytes;
}
