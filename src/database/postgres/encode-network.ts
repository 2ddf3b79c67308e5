import type { ColumnEncoder, TapeColumn } from './column-encoder.ts';
import { hexByte, hexDigit, isHexDigit } from './encode-fixed.ts';
import { formEncoder } from './encode-form.ts';

/**
 * Addresses. inet and cidr: family, bits of the prefix, whether it is a cidr, bytes of the address, address (network_recv in the
 * sources of PostgreSQL). Read are four decimal octets and RFC 4291, section 2.2, with a prefix or without; not the
 * short forms of version 4 (10.1/16), nor zeros in front of an octet, which elsewhere mean octal digits.
 */

const ZERO = 48;
const POINT = 46;
const COLON = 58;
const SLASH = 47;
const MINUS = 45;
/** PGSQL_AF_INET and PGSQL_AF_INET6. */
const VERSION_4 = 2;
const VERSION_6 = 3;
const HEAD_BYTES = 4;
const BYTES_4 = 4;
const BYTES_6 = 16;
const GROUPS = 8;
const MAC_BYTES = 6;
const MAC_LENGTH = 17;

export const inetEncoder = (column: TapeColumn): ColumnEncoder =>
  formEncoder(column, HEAD_BYTES + BYTES_6, readInet);
/** No bit may stand behind the prefix. */
export const cidrEncoder = (column: TapeColumn): ColumnEncoder =>
  formEncoder(column, HEAD_BYTES + BYTES_6, readCidr);
export const macaddrEncoder = (column: TapeColumn): ColumnEncoder =>
  formEncoder(column, MAC_BYTES, readMacaddr);

function readInet(bytes: Uint8Array, start: number, end: number, to: DataView, at: number): number {
  const address = at + HEAD_BYTES;
  let size = BYTES_4;
  let stop = readOctets(bytes, start, end, to, address);
  if (stop < 0) {
    size = BYTES_6;
    stop = readGroups(bytes, start, end, to, address);
  }
  const bits = stop < 0 ? -1 : prefixBits(bytes, stop, end, size * 8);
  if (bits < 0) return 0;
  to.setUint8(at, size === BYTES_4 ? VERSION_4 : VERSION_6);
  to.setUint8(at + 1, bits);
  to.setUint8(at + 2, 0);
  to.setUint8(at + 3, size);
  return HEAD_BYTES + size;
}

function readCidr(bytes: Uint8Array, start: number, end: number, to: DataView, at: number): number {
  const length = readInet(bytes, start, end, to, at);
  if (length === 0) return 0;
  const bits = to.getUint8(at + 1);
  for (let bit = bits; bit < (length - HEAD_BYTES) * 8; bit = (bit | 7) + 1) {
    if ((to.getUint8(at + HEAD_BYTES + (bit >> 3)) & (0xff >> (bit & 7))) !== 0) return 0;
  }
  to.setUint8(at + 2, 1);
  return length;
}

/** The byte after d.d.d.d, or -1. */
function readOctets(bytes: Uint8Array, start: number, end: number, to: DataView, at: number): number {
  let i = start;
  for (let octet = 0; octet < BYTES_4; octet++) {
    if (octet > 0 && (i >= end || bytes[i++] !== POINT)) return -1;
    const stop = digitsEnd(bytes, i, end);
    const value = decimal(bytes, i, stop);
    if (value < 0 || value > 255) return -1;
    to.setUint8(at + octet, value);
    i = stop;
  }
  return i;
}

function digitsEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && (bytes[i] ?? 0) >= ZERO && (bytes[i] ?? 0) <= ZERO + 9) i++;
  return i;
}

/** Of one to three digits without zeros in front; else -1. */
function decimal(bytes: Uint8Array, start: number, stop: number): number {
  const length = stop - start;
  if (length < 1 || length > 3 || (length > 1 && bytes[start] === ZERO)) return -1;
  let value = 0;
  for (let i = start; i < stop; i++) value = value * 10 + (bytes[i] ?? 0) - ZERO;
  return value;
}

/** Of the /n that ends an address, or all `most`; -1 where something else stands there. */
function prefixBits(bytes: Uint8Array, start: number, end: number, most: number): number {
  if (start === end) return most;
  if (bytes[start] !== SLASH || digitsEnd(bytes, start + 1, end) !== end) return -1;
  const bits = decimal(bytes, start + 1, end);
  return bits > most ? -1 : bits;
}

/** The byte after groups of hexadecimal digits, with :: once in the place of some that are 0; or -1. */
function readGroups(bytes: Uint8Array, start: number, end: number, to: DataView, at: number): number {
  let stop = start;
  let gap = -1;
  let point = end;
  for (; stop < end && bytes[stop] !== SLASH; stop++) {
    if (bytes[stop] === POINT) point = Math.min(point, stop);
    else if (gap < 0 && bytes[stop] === COLON && stop > start && bytes[stop - 1] === COLON) gap = stop - 1;
  }
  if (gap < 0) return readRun(bytes, start, stop, to, at, GROUPS) === GROUPS ? stop : -1;
  const left = readRun(bytes, start, gap, to, at, GROUPS - 1);
  // Octets stand at the end only.
  if (left < 0 || point < gap) return -1;
  const right = readRun(bytes, gap + 2, stop, to, at + left * 2, GROUPS - 1 - left);
  if (right < 0) return -1;
  moveToEnd(to, at, left, right);
  return stop;
}

/** Groups with colons between, the last two perhaps as octets: how many; -1 for anything else, or more than `most`. */
function readRun(
  bytes: Uint8Array,
  start: number,
  end: number,
  to: DataView,
  at: number,
  most: number,
): number {
  if (start === end) return 0;
  for (let i = start, group = 0; group < most; i++, group++) {
    const stop = hexEnd(bytes, i, end);
    if (stop < end && bytes[stop] === POINT) {
      const fits = group + 2 <= most && readOctets(bytes, i, end, to, at + group * 2) === end;
      return fits ? group + 2 : -1;
    }
    if (stop === i || stop - i > 4) return -1;
    to.setUint16(at + group * 2, hexValue(bytes, i, stop));
    if (stop === end) return group + 1;
    if (bytes[stop] !== COLON) return -1;
    i = stop;
  }
  return -1;
}

function hexEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && isHexDigit(bytes[i] ?? 0)) i++;
  return i;
}

function hexValue(bytes: Uint8Array, start: number, stop: number): number {
  let value = 0;
  for (let i = start; i < stop; i++) value = (value << 4) | hexDigit(bytes[i] ?? 0);
  return value;
}

/** Of `left + right` groups the last `right` to the end of the address, and zeros before them. */
function moveToEnd(to: DataView, at: number, left: number, right: number): void {
  for (let group = GROUPS - 1; group >= left; group--) {
    const from = group - GROUPS + left + right;
    to.setUint16(at + group * 2, from >= left ? to.getUint16(at + from * 2) : 0);
  }
}

/** Six pairs of hexadecimal digits, with colons between all of them or hyphens. */
function readMacaddr(bytes: Uint8Array, start: number, end: number, to: DataView, at: number): number {
  const separator = bytes[start + 2];
  if (end - start !== MAC_LENGTH || (separator !== COLON && separator !== MINUS)) return 0;
  for (let pair = 0, i = start; pair < MAC_BYTES; pair++, i += 3) {
    if (!isHexDigit(bytes[i] ?? 0) || !isHexDigit(bytes[i + 1] ?? 0)) return 0;
    if (i + 2 < end && bytes[i + 2] !== separator) return 0;
    to.setUint8(at + pair, hexByte(bytes, i));
  }
  return MAC_BYTES;
}
