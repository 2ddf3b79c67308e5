/**
 * The framing of RFC 8188 (`aes128gcm`): header, records, delimiters, nonces. Browsers use this file too: nothing
 * here comes from Node.
 */
import { RowferryError } from '../errors.ts';

export const SALT_BYTES = 16;
export const TAG_BYTES = 16;
export const NONCE_BYTES = 12;
/** Delimiter and tag: what a record holds besides its content. */
export const RECORD_OVERHEAD = 1 + TAG_BYTES;
/** salt ‖ u32be(record size) ‖ u8(length of the key id); the key id follows. */
export const FIXED_HEADER_BYTES = SALT_BYTES + 4 + 1;

/** The record size that is sent, and the one of large bodies such as parts and backups. */
export const RECORD_SIZE = 65_536;
export const LARGE_RECORD_SIZE = 1_048_576;

export const MORE = 1;
export const LAST = 2;

export interface RecordLimits {
  readonly least: number;
  readonly most: number;
}

/** What a receiver takes. Smaller records cost more than they carry, larger ones memory before they are trusted. */
export const RECORD_LIMITS: RecordLimits = { least: 1024, most: 1_048_576 };

/** One text for whatever is wrong with a sealed body. */
export function bodyInvalid(): RowferryError {
  return new RowferryError('seal-body-invalid', 'the sealed body cannot be opened', {
    hint: 'seal the body for this very request and send it whole',
  });
}

/**
 * Bytes of content in a full record. Throws TypeError for a size that is not sent: one that no receiver takes, or no
 * power of two.
 */
export function capacityOf(recordSize: number, limits: RecordLimits = RECORD_LIMITS): number {
  if (isRecordSize(recordSize, limits) && isPowerOfTwo(recordSize)) return recordSize - RECORD_OVERHEAD;
  const expected = `a power of two from ${limits.least} to ${limits.most}`;
  throw new TypeError(`the record size is ${recordSize}; expected ${expected}`);
}

/**
 * RFC 8188 authenticates the record size only by where one record ends and the next begins. In a body of one record
 * nothing vouches for it; there it is a power of two, or the record's length, so that no flipped bit passes.
 */
export function isPlausible(recordSize: number, onlyRecord: number): boolean {
  return isPowerOfTwo(recordSize) || recordSize === onlyRecord;
}

function isPowerOfTwo(size: number): boolean {
  return (size & (size - 1)) === 0;
}

function isRecordSize(size: number, { least, most }: RecordLimits): boolean {
  return Number.isInteger(size) && size >= Math.max(least, RECORD_OVERHEAD + 1) && size <= most;
}

/** Records of a content of `length` bytes: an empty one takes one record, and none is added to a full last one. */
export function recordsOf(length: number, recordSize: number): number {
  return Math.max(1, Math.ceil(length / (recordSize - RECORD_OVERHEAD)));
}

/** Bytes of the sealed body, header included. */
export function sealedLength(length: number, recordSize: number, keyId: string): number {
  return FIXED_HEADER_BYTES + keyId.length + length + recordsOf(length, recordSize) * RECORD_OVERHEAD;
}

/** `keyId` is ASCII of at most 255 characters. */
export function formatHeader(salt: Uint8Array, recordSize: number, keyId: string): Uint8Array<ArrayBuffer> {
  if (salt.length !== SALT_BYTES) throw new TypeError(`the salt has ${salt.length} bytes; expected 16`);
  const header = new Uint8Array(FIXED_HEADER_BYTES + keyId.length);
  header.set(salt);
  new DataView(header.buffer).setUint32(SALT_BYTES, recordSize);
  header[FIXED_HEADER_BYTES - 1] = keyId.length;
  header.set(new TextEncoder().encode(keyId), FIXED_HEADER_BYTES);
  return header;
}

/**
 * Salt and record size of a header: exactly its bytes, or a body that begins with them. Throws `seal-body-invalid`
 * for another key id, a record size out of limits, or too few bytes.
 */
export function parseHeader(
  bytes: Uint8Array,
  keyId: string,
  limits: RecordLimits,
): { readonly salt: Uint8Array; readonly recordSize: number } {
  if (bytes.length < FIXED_HEADER_BYTES + keyId.length) throw bodyInvalid();
  const recordSize = new DataView(bytes.buffer, bytes.byteOffset).getUint32(SALT_BYTES);
  const salt = bytes.subarray(0, SALT_BYTES);
  const expected = formatHeader(salt, recordSize, keyId);
  if (!isRecordSize(recordSize, limits) || expected.some((byte, at) => byte !== bytes[at]))
    throw bodyInvalid();
  return { salt, recordSize };
}

/** RFC 8188, 2.3: the base XOR the record's number in 96 bits, big-endian. */
export function nonceOf(base: Uint8Array, sequence: number): Uint8Array<ArrayBuffer> {
  const nonce = new Uint8Array(base);
  const view = new DataView(nonce.buffer);
  const high = Math.floor(sequence / 2 ** 32);
  view.setUint32(4, (view.getUint32(4) ^ high) >>> 0);
  view.setUint32(8, (view.getUint32(8) ^ sequence) >>> 0);
  return nonce;
}

/** Where the content of an opened record ends: at its delimiter, the last byte that is not padding. -1: there is none. */
export function contentEnd(record: Uint8Array): number {
  let end = record.length - 1;
  while (end >= 0 && record[end] === 0) end -= 1;
  return end;
}
