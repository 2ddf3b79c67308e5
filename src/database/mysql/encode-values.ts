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

/** Lengths of `YYYY-MM-DD` and `YYYY-MM-DDThh:mm`. */
const DATE = 10;
const MINUTE = 16;

export function writeBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  let at = to;
  for (let i = start; i < end; i++) out[at++] = bytes[i] ?? 0;
  return at;
}

/** Without a plus sign, without zeros in front and at the end: a zero too many would be a digit that is lost. */
export function writeDecimal(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  let at = to;
  let from = start;
  if (bytes[from] === MINUS) out[at++] = MINUS;
  if (bytes[from] === MINUS || bytes[from] === PLUS) from++;
  while (from < end - 1 && bytes[from] === ZERO && isDigit(bytes[from + 1])) from++;
  const point = bytes.subarray(from, end).indexOf(POINT);
  let stop = end;
  if (point >= 0) {
    while (bytes[stop - 1] === ZERO) stop--;
    if (stop - 1 === from + point) stop--;
  }
  if (from === stop || bytes[from] === POINT) out[at++] = ZERO;
  return writeBytes(bytes, from, stop, out, at);
}

/** The server reads so many digits right; of longer numbers it may miss the nearest double by one. */
const FLOAT_LENGTH = 17;

/** The shortest text of the nearest double where the field has more digits than one has. */
export function writeFloat(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  if (end - start <= FLOAT_LENGTH) return writeBytes(bytes, start, end, out, to);
  const text = encoder.encode(String(Number(decoder.decode(bytes.subarray(start, end)))));
  return writeBytes(text, 0, text.length, out, to);
}

/** Without \x or 0x in front. */
export function writeHex(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  const second = (bytes[start + 1] ?? 0) | 0x20;
  const prefix = end - start >= 2 && second === 0x78 ? 2 : 0;
  return writeBytes(bytes, start + prefix, end, out, at);
}

/** `hh:mm` gets its seconds. */
export function writeTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Uint8Array,
  to: number,
): number {
  const at = writeBytes(bytes, start, endOfDigits(bytes, start, end), out, to);
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
  let at = writeBytes(minute, from, from + DATE, out, to);
  out[at++] = SPACE;
  at = writeBytes(minute, from + DATE + 1, from + MINUTE, out, at);
  if (zone === seconds) return writeSeconds(out, at);
  return writeBytes(bytes, seconds, endOfDigits(bytes, seconds, zone), out, at);
}

/** Without the zeros that end a fraction of a second: there may be more of them than the server reads digits. */
function endOfDigits(bytes: Uint8Array, start: number, end: number): number {
  if (!bytes.subarray(start, end).includes(POINT)) return end;
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
