import type { Column } from '../model/table.ts';
import type { BytesJudge } from './column-check.ts';

const latin1 = (bytes: Uint8Array, start: number, end: number): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');

const TRUE = 0x65757274;
const FALSE = 0x736c6166;
const LOWER = 0x20202020;

/** true, false, t, f, 1, 0 in any case. Four letters are compared as one word. */
export const booleanJudge: BytesJudge = (bytes, start, end) => {
  const first = bytes[start] ?? 0;
  switch (end - start) {
    case 1:
      return first === 48 || first === 49 || (first | 32) === 116 || (first | 32) === 102
        ? null
        : 'type.boolean';
    case 4:
      return fourLetters(bytes, start) === TRUE ? null : 'type.boolean';
    case 5:
      return fourLetters(bytes, start) === FALSE && ((bytes[end - 1] ?? 0) | 32) === 101
        ? null
        : 'type.boolean';
    default:
      return 'type.boolean';
  }
};

/** As a little-endian word in lower case. */
function fourLetters(bytes: Uint8Array, at: number): number {
  const [a, b, c, d] = [bytes[at] ?? 0, bytes[at + 1] ?? 0, bytes[at + 2] ?? 0, bytes[at + 3] ?? 0];
  return a | (b << 8) | (c << 16) | (d << 24) | LOWER;
}

const UUID_LENGTH = 36;
const HYPHEN = 45;

/** RFC 9562 text form: 8-4-4-4-12 hexadecimal digits. */
export const uuidJudge: BytesJudge = (bytes, start, end) => {
  if (end - start !== UUID_LENGTH) return 'type.uuid';
  for (let i = 0; i < UUID_LENGTH; i++) {
    const isHyphen = i === 8 || i === 13 || i === 18 || i === 23;
    const c = bytes[start + i] ?? 0;
    if (isHyphen ? c !== HYPHEN : !isHexDigit(c)) return 'type.uuid';
  }
  return null;
};

function isHexDigit(c: number): boolean {
  return (c >= 48 && c <= 57) || ((c | 32) >= 97 && (c | 32) <= 102);
}

const BINARY = /^(?:\\x|0x)?(?:[0-9a-f]{2})*$/i;

/** Pairs of hexadecimal digits, with \x or 0x before them or not; as many bytes as the column takes. */
export function binaryJudge({ maxBytes = Number.POSITIVE_INFINITY, padded }: Column): BytesJudge {
  return (bytes, start, end) => {
    const text = latin1(bytes, start, end);
    if (!BINARY.test(text)) return 'type.binary';
    const count = (text.length - (/^.x/i.test(text) ? 2 : 0)) / 2;
    return count > maxBytes || (padded && count < maxBytes) ? 'length' : null;
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** RFC 8259. */
export const jsonJudge: BytesJudge = (bytes, start, end) => {
  try {
    JSON.parse(decoder.decode(bytes.subarray(start, end)));
    return null;
  } catch {
    return 'type.json';
  }
};
