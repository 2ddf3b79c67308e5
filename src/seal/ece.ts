/** RFC 8188 (`aes128gcm`) over node:crypto: whole bodies in one go, and ciphers for streams. */
import {
  type Cipheriv,
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type Decipheriv,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';
import { releaseOwn } from '../lib/release.ts';
import type { RecordCipher } from './ece-streams.ts';
import {
  bodyInvalid,
  capacityOf,
  contentEnd,
  FIXED_HEADER_BYTES,
  formatHeader,
  isPlausible,
  LAST,
  MORE,
  NONCE_BYTES,
  nonceOf,
  parseHeader,
  RECORD_LIMITS,
  RECORD_OVERHEAD,
  RECORD_SIZE,
  type RecordLimits,
  recordsOf,
  SALT_BYTES,
  sealedLength,
  TAG_BYTES,
} from './framing.ts';
import { CONTENT_KEY_INFO, NONCE_INFO } from './schedule.ts';

const ALGORITHM = 'aes-128-gcm';
const CONTENT_KEY_BYTES = 16;
/**
 * node:crypto gives new memory for whatever it is given. Pieces of this size come from memory that was just used and
 * are still in the processor's cache when they are copied; a record of 1 MiB would be fresh pages each time.
 */
const PIECE_BYTES = 65_536;
const MORE_TAIL = Uint8Array.of(MORE);
const LAST_TAIL = Uint8Array.of(LAST);

export interface SealBodyOptions {
  /** A power of two from 1,024 to 1,048,576; default: 65,536, for streams the largest. */
  readonly recordSize?: number;
  /** 16 bytes. Only for test vectors: a salt used twice with one IKM gives both contents away. */
  readonly salt?: Uint8Array;
  /** Only for test vectors. */
  readonly limits?: RecordLimits;
}

/** Header and records of a content that is whole. `ikm`: 32 bytes, of this request or answer alone. */
export function sealBody(
  content: Uint8Array,
  ikm: Uint8Array,
  keyId: string,
  { recordSize = RECORD_SIZE, salt = makeSalt(), limits = RECORD_LIMITS }: SealBodyOptions = {},
): Buffer {
  const capacity = capacityOf(recordSize, limits);
  const cipher = new NodeRecordCipher(ikm, salt);
  // Not from the pool that Buffers share: the whole is handed to other threads.
  const sealed = Buffer.allocUnsafeSlow(sealedLength(content.length, recordSize, keyId));
  sealed.set(formatHeader(salt, recordSize, keyId));
  let at = FIXED_HEADER_BYTES + keyId.length;
  const last = recordsOf(content.length, recordSize) - 1;
  for (let sequence = 0; sequence <= last; sequence += 1) {
    const slice = content.subarray(sequence * capacity, (sequence + 1) * capacity);
    at = cipher.sealInto(sealed, at, slice, sequence === last ? LAST_TAIL : MORE_TAIL, sequence);
  }
  return sealed;
}

/**
 * The content of a body that is whole, in `into` (which may be the sealed bytes) or memory of its own. Throws
 * `seal-body-invalid`, whatever is wrong with it.
 */
export function openBody(
  sealed: Uint8Array,
  ikm: Uint8Array,
  keyId: string,
  limits: RecordLimits = RECORD_LIMITS,
  into?: Uint8Array<ArrayBuffer>,
): Buffer {
  const { salt, recordSize } = parseHeader(sealed, keyId, limits);
  const cipher = new NodeRecordCipher(ikm, salt);
  const records = sealed.subarray(FIXED_HEADER_BYTES + keyId.length);
  // A record's content ends before the record does, so the sealed bytes themselves can take the content.
  const content =
    into === undefined ? Buffer.allocUnsafeSlow(records.length) : Buffer.from(into.buffer, into.byteOffset);
  let length = 0;
  let last = false;
  for (let sequence = 0, at = 0; !last; sequence += 1, at += recordSize) {
    const record = records.subarray(at, at + recordSize);
    const opened = cipher.openInto(content, length, record, sequence);
    const end = contentEnd(opened);
    last = at + recordSize >= records.length;
    if (opened[end] !== (last ? LAST : MORE)) throw bodyInvalid();
    if (last && sequence === 0 && !isPlausible(recordSize, record.length)) throw bodyInvalid();
    length += end;
  }
  return content.subarray(0, length);
}

export function makeSalt(): Buffer {
  return randomBytes(SALT_BYTES);
}

/** The two content keys of RFC 8188, 2.2 and 2.3, at work. */
export class NodeRecordCipher implements RecordCipher {
  readonly #key: KeyObject;
  readonly #nonce: Uint8Array;

  constructor(ikm: Uint8Array, salt: Uint8Array) {
    const key = hkdfSync('sha256', ikm, salt, CONTENT_KEY_INFO, CONTENT_KEY_BYTES);
    // A KeyObject is prepared once; bytes are prepared anew for each record.
    this.#key = createSecretKey(Buffer.from(key));
    this.#nonce = new Uint8Array(hkdfSync('sha256', ikm, salt, NONCE_INFO, NONCE_BYTES));
  }

  seal(content: Uint8Array, tail: Uint8Array, sequence: number): Uint8Array {
    const record = Buffer.allocUnsafeSlow(content.length + tail.length + TAG_BYTES);
    this.sealInto(record, 0, content, tail, sequence);
    return record;
  }

  /** Writes the record at `at`. Returns where it ends. */
  sealInto(target: Uint8Array, at: number, content: Uint8Array, tail: Uint8Array, sequence: number): number {
    const cipher = createCipheriv(ALGORITHM, this.#key, nonceOf(this.#nonce, sequence));
    copyThrough(cipher, content, target, at);
    target.set(cipher.update(tail), at + content.length);
    cipher.final();
    const end = at + content.length + tail.length;
    target.set(cipher.getAuthTag(), end);
    return end + TAG_BYTES;
  }

  open(record: Uint8Array, sequence: number): Uint8Array {
    return this.openInto(Buffer.allocUnsafeSlow(record.length), 0, record, sequence);
  }

  /**
   * Writes content ‖ tail at `at`, before which it is not in the way of a record that lies in the same memory. Nothing
   * of it is to be used when this throws `seal-body-invalid`: it was decrypted before its tag was checked.
   */
  openInto(target: Uint8Array, at: number, record: Uint8Array, sequence: number): Uint8Array {
    if (record.length < RECORD_OVERHEAD) throw bodyInvalid();
    const length = record.length - TAG_BYTES;
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonceOf(this.#nonce, sequence), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(record.subarray(length));
    copyThrough(decipher, record.subarray(0, length), target, at);
    try {
      decipher.final();
    } catch {
      throw bodyInvalid();
    }
    return target.subarray(at, at + length);
  }
}

function copyThrough(
  cipher: Cipheriv | Decipheriv,
  content: Uint8Array,
  target: Uint8Array,
  at: number,
): void {
  for (let from = 0; from < content.length; from += PIECE_BYTES) {
    const piece = cipher.update(content.subarray(from, from + PIECE_BYTES));
    target.set(piece, at + from);
    releaseOwn(piece);
  }
}
