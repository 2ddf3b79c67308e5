import { copyField } from '../field-bytes.ts';
import { FLOAT_LENGTH } from './encode-usual.ts';

/**
 * Values that are written otherwise than they came: MySQL takes no `T` with `Z`, counts zeros after the point as
 * digits that are lost, and reads bytes as hexadecimal digits here. All are checked before.
 */

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;
const COLON = 58;
const SPACE = 32;
const X = 120;
/** Set in the ASCII code of lower-case letters, of digits and of the hyphen. */
const LOWER_CASE = 0x20;

/** Lengths of `YYYY-MM-DD` and `YYYY-MM-DDThh:mm`. */
const DATE = 10;
const MINUTE = 16;
/** Length of `:ss`. */
const SECONDS = 3;

/** Without a plus sign and without zeros in front, so that one number has one text. */
export function writeInteger(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  const minus = bytes[start] === MINUS;
  let from = minus || bytes[start] === PLUS ? start + 1 : start;
  while (from < end - 1 && bytes[from] === ZERO) from++;
  let at = to;
  if (minus && bytes[from] !== ZERO) out[at++] = MINUS;
  return copyField(bytes, from, end, out, at);
}

/** The same; zeros at the end would be digits that are lost, if there are too many. */
export function writeDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  const minus = bytes[start] === MINUS;
  let from = minus || bytes[start] === PLUS ? start + 1 : start;
  while (from < end && bytes[from] === ZERO) from++;
  const stop = endOfDigits(bytes, from, end);
  if (from === stop) {
    out[to] = ZERO;
    return to + 1;
  }
  let at = to;
  if (minus) out[at++] = MINUS;
  if (bytes[from] === POINT) out[at++] = ZERO;
  return copyField(bytes, from, stop, out, at);
}

/** The shortest text of the nearest double where the field has more digits than one has. */
export function writeFloat(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  if (end - start <= FLOAT_LENGTH) return copyField(bytes, start, end, out, to);
  const text = encoder.encode(String(Number(decoder.decode(bytes.subarray(start, end)))));
  return copyField(text, 0, text.length, out, to);
}

/** Lower-case letters, without \x or 0x in front; of UUIDs too. */
export function writeHex(bytes: Uint8Array, start: number, end: number, out: Uint8Array, to: number): number {
  const second = (bytes[start + 1] ?? 0) | LOWER_CASE;
  let at = to;
  for (let i = end - start >= 2 && second === X ? start + 2 : start; i < end; i++) {
    out[at++] = (bytes[i] ?? 0) | LOWER_CASE;
  }
  return at;
}

/** `hh:mm` gets its seconds. */
export function writeTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  const at = copyField(bytes, start, endOfDigits(bytes, start, end), out, to);
  let colons = 0;
  for (let i = start; i < end; i++) if (bytes[i] === COLON) colons++;
  return colons === 1 ? writeSeconds(out, at) : at;
}

function writeSeconds(out: Uint8Array, at: number): number {
  out[at] = COLON;
  out[at + 1] = ZERO;
  out[at + 2] = ZERO;
  return at + 3;
}

/** `YYYY-MM-DD hh:mm:ss[.fraction]`; where an offset is allowed, the instant in UTC. */
export function writeDatetime(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  const seconds = start + MINUTE;
  let zone = seconds;
  while (zone < end && isOfTime(bytes[zone])) zone++;
  const east = minutesEast(bytes, zone, end);
  const minute = east === 0 ? bytes : minuteInUtc(bytes, start, east);
  const from = east === 0 ? start : 0;
  let at = copyField(minute, from, from + DATE, out, to);
  out[at++] = SPACE;
  at = copyField(minute, from + DATE + 1, from + MINUTE, out, at);
  if (zone === seconds) return writeSeconds(out, at);
  const stop = zone === seconds + SECONDS ? zone : endOfDigits(bytes, seconds, zone);
  return copyField(bytes, seconds, stop, out, at);
}

/** Without the zeros that end a fraction: there may be more of them than the server reads digits. */
function endOfDigits(bytes: Uint8Array, start: number, end: number): number {
  let point = start;
  while (point < end && bytes[point] !== POINT) point++;
  if (point === end) return end;
  let stop = end;
  while (bytes[stop - 1] === ZERO) stop--;
  return bytes[stop - 1] === POINT ? stop - 1 : stop;
}

function isOfTime(byte: number | undefined): boolean {
  return isDigit(byte) || byte === COLON || byte === POINT;
}

/** Minutes that a zone is ahead of UTC: nothing, Z, ±hh, ±hhmm or ±hh:mm. */
function minutesEast(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 3) return 0;
  const minutes = two(bytes, at + 1) * 60 + (end - at === 3 ? 0 : two(bytes, end - 2));
  return bytes[at] === MINUS ? -minutes : minutes;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `YYYY-MM-DDThh:mm` in UTC. */
function minuteInUtc(bytes: Uint8Array, start: number, east: number): Uint8Array {
  const date = new Date(0);
  date.setUTCFullYear(
    two(bytes, start) * 100 + two(bytes, start + 2),
    two(bytes, start + 5) - 1,
    two(bytes, start + 8),
  );
  date.setUTCHours(two(bytes, start + DATE + 1), two(bytes, start + DATE + 4) - east);
  return encoder.encode(date.toISOString().slice(0, MINUTE));
}

const two = (bytes: Uint8Array, at: number): number =>
  ((bytes[at] ?? 0) - ZERO) * 10 + ((bytes[at + 1] ?? 0) - ZERO);

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}
