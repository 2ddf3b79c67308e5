import { daysOf, isDate } from '../../lib/civil-date.ts';
import type { RowSink } from '../../model/row-sink.ts';

/** Values as MySQL writes them, made what the columns of a backup hold. */

/** Pushes the text of a value as the value that it is; false, and nothing pushed, when the form has no place for it. */
export type PushText = (bytes: Buffer, start: number, end: number, sink: RowSink) => boolean;

const ZERO = 48;
const MINUS = 45;
const COLON = 58;
const POINT = 46;

const TWO_32 = 2 ** 32;
/** Numbers of so many digits and a sign are exact in a double. */
const EXACT_LENGTH = 15;

export const pushInt: PushText = (bytes, start, end, sink) => {
  sink.int(integer(bytes, start, end));
  return true;
};

export const pushLong: PushText = (bytes, start, end, sink) => {
  if (end - start <= EXACT_LENGTH) {
    const value = integer(bytes, start, end);
    sink.long(Math.floor(value / TWO_32), value | 0);
  } else {
    const value = BigInt(bytes.toString('latin1', start, end));
    sink.long(Number(value >> 32n), Number(BigInt.asIntN(32, value)));
  }
  return true;
};

export const pushFloat: PushText = (bytes, start, end, sink) => {
  sink.float(Number(bytes.toString('latin1', start, end)));
  return true;
};

export const pushDouble: PushText = (bytes, start, end, sink) => {
  sink.double(Number(bytes.toString('latin1', start, end)));
  return true;
};

export const pushString: PushText = (bytes, start, end, sink) => {
  sink.text(bytes, start, end);
  return true;
};

export const pushBytes: PushText = (bytes, start, end, sink) => {
  sink.bytes(bytes, start, end);
  return true;
};

/** `2021-07-27` */
export const pushDate: PushText = (bytes, start, end, sink) => {
  const days = end - start === 10 ? readDays(bytes, start) : null;
  if (days === null) return false;
  sink.int(days);
  return true;
};

/** `2021-07-27 16:02:08.25` */
export const pushTimestamp: PushText = (bytes, start, end, sink) => {
  const days = readDays(bytes, start);
  if (days === null) return false;
  const hours = twoDigits(bytes, start + 11);
  const seconds = (hours * 60 + twoDigits(bytes, start + 14)) * 60 + twoDigits(bytes, start + 17);
  pushMicros(days * 86_400 + seconds, readFraction(bytes, start + 19, end), sink);
  return true;
};

/** `16:02:08.25`; TIME also holds spans of more than a day and negative ones. */
export const pushTime: PushText = (bytes, start, end, sink) => {
  const hours = twoDigits(bytes, start);
  if (bytes[start] === MINUS || bytes[start + 2] !== COLON || hours > 23) return false;
  const seconds = (hours * 60 + twoDigits(bytes, start + 3)) * 60 + twoDigits(bytes, start + 6);
  pushMicros(seconds, readFraction(bytes, start + 8, end), sink);
  return true;
};

/** As two's complement in `size` bytes; the number of digits after the point is the column's. */
export function pushDecimal(size: number): PushText {
  const scratch = Buffer.alloc(size);
  return (bytes, start, end, sink) => {
    if (end - start <= EXACT_LENGTH) writeSmall(scratch, integer(bytes, start, end));
    else writeLarge(scratch, BigInt(bytes.toString('latin1', start, end).replace('.', '')));
    sink.fixed(scratch, 0, size);
    return true;
  };
}

/** Digits with a minus or without; a point among them is read past. */
function integer(bytes: Buffer, start: number, end: number): number {
  const negative = bytes[start] === MINUS;
  let value = 0;
  for (let at = negative ? start + 1 : start; at < end; at++) {
    const byte = bytes[at] ?? 0;
    if (byte !== POINT) value = value * 10 + byte - ZERO;
  }
  return negative ? -value : value;
}

function writeSmall(to: Buffer, value: number): void {
  let rest = value;
  for (let at = to.length - 1; at >= 0; at--) {
    to[at] = rest;
    rest = Math.floor(rest / 256);
  }
}

function writeLarge(to: Buffer, value: bigint): void {
  let rest = value;
  for (let at = to.length - 1; at >= 0; at--) {
    to[at] = Number(rest & 255n);
    rest >>= 8n;
  }
}

const twoDigits = (bytes: Buffer, at: number): number =>
  ((bytes[at] ?? 0) - ZERO) * 10 + (bytes[at + 1] ?? 0) - ZERO;

/** Null where the calendar has no such date: 0000-00-00, 2021-02-31 and others that some modes let in. */
function readDays(bytes: Buffer, start: number): number | null {
  const year = twoDigits(bytes, start) * 100 + twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const day = twoDigits(bytes, start + 8);
  return year >= 1 && isDate(year, month, day) ? daysOf(year, month, day) : null;
}

/** `.25` → 250000; nothing → 0. */
function readFraction(bytes: Buffer, start: number, end: number): number {
  let micros = 0;
  for (let digit = 1; digit <= 6; digit++) {
    const at = start + digit;
    micros = micros * 10 + (at < end ? (bytes[at] ?? 0) - ZERO : 0);
  }
  return micros;
}

/** 10^6 is 15625 × 64: neither half of the product passes 2^53, whatever the year. */
function pushMicros(seconds: number, micros: number, sink: RowSink): void {
  const by64 = seconds * 15_625;
  const high = Math.floor(by64 / 2 ** 26);
  const low = (by64 - high * 2 ** 26) * 64 + micros;
  if (low < TWO_32) sink.long(high, low | 0);
  else sink.long(high + 1, (low - TWO_32) | 0);
}
