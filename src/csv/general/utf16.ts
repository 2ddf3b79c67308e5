import { placesByUnits, REPLACEMENT, type Transcoded, type Untranscoded } from './transcoded.ts';

const UNIT = 2;
/** Bytes of UTF-8 for one code unit. */
const MOST = 3;
const FIRST_HALF = 0xd8;
const SECOND_HALF = 0xdc;

/**
 * UTF-16 in either order. Half a pair at the end of bytes is invalid even where more follows: the record that it stands
 * in is open then, and read again.
 */
export function transcodeUtf16(job: Untranscoded): Transcoded {
  const { raw, from, last } = job;
  const start = raw.length;
  const whole = raw.length - ((raw.length - from) % UNIT);
  const bytes = new Uint8Array(start + ((whole - from) / UNIT) * MOST + MOST);
  bytes.set(raw);
  const high = job.encoding === 'utf-16le' ? 1 : 0;
  const invalid: number[] = [];
  let at = start;
  for (let i = from; i < whole; i += UNIT) {
    const top = bytes[i + high] ?? 0;
    const unit = (top << 8) | (bytes[i + 1 - high] ?? 0);
    if (unit < 0x80) bytes[at++] = unit;
    else if ((top & 0xf8) !== FIRST_HALF) at = writeUtf8(bytes, at, unit);
    else {
      const next = i + UNIT < whole ? (bytes[i + UNIT + high] ?? 0) : -1;
      const isFirst = (top & 0xfc) === FIRST_HALF;
      if (isFirst && (next & 0xfc) === SECOND_HALF) {
        const second = ((next & 3) << 8) | (bytes[i + UNIT + 1 - high] ?? 0);
        at = writeUtf8(bytes, at, 0x10000 + ((unit & 0x3ff) << 10) + second);
        i += UNIT;
      } else at = writeInvalid(bytes, at, invalid);
    }
  }
  if (last && whole < raw.length) at = writeInvalid(bytes, at, invalid);
  const extent = { bytes, start, end: at };
  return { ...extent, invalid, original: placesByUnits(extent, job, { bytes: UNIT, pairs: true }) };
}

/** A character that is not ASCII; the byte after it. */
function writeUtf8(bytes: Uint8Array, at: number, c: number): number {
  let next = at;
  if (c >= 0x10000) {
    bytes[next++] = 0xf0 | (c >> 18);
    bytes[next++] = 0x80 | ((c >> 12) & 0x3f);
  } else if (c >= 0x800) bytes[next++] = 0xe0 | (c >> 12);
  if (c >= 0x800) bytes[next++] = 0x80 | ((c >> 6) & 0x3f);
  else bytes[next++] = 0xc0 | (c >> 6);
  bytes[next++] = 0x80 | (c & 0x3f);
  return next;
}

function writeInvalid(bytes: Uint8Array, at: number, invalid: number[]): number {
  invalid.push(at);
  bytes.set(REPLACEMENT, at);
  return at + REPLACEMENT.length;
}
