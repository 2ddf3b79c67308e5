import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';

/**
 * The payload of age-encryption.org/v1: a nonce of 16 bytes, then chunks of 64 KiB, each under ChaCha20-Poly1305 with
 * its counter and whether it is the last as the nonce (C2SP, age.md: Payload). A chunk can be sealed at any time, but
 * only once.
 */

export const CHUNK_BYTES = 1 << 16;
export const TAG_BYTES = 16;
export const SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES;
export const PAYLOAD_NONCE_BYTES = 16;

const CIPHER = 'chacha20-poly1305';
const OPTIONS = { authTagLength: TAG_BYTES };
const CHUNK_NONCE_BYTES = 12;
/** The counter takes 11 bytes; those before its last 6 stay zero, since no file has 2^48 chunks. */
const COUNTER_AT = 5;

export class ChunkCipher {
  readonly #key: Buffer;

  /** `nonce`: what stands before the chunks. */
  constructor(fileKey: Uint8Array, nonce: Uint8Array) {
    this.#key = Buffer.from(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
  }

  /** Writes the sealed chunk, 16 bytes longer than `plain`, to `out` from `at` on. */
  seal(plain: Uint8Array, index: number, isLast: boolean, out: Buffer, at: number): void {
    const cipher = createCipheriv(CIPHER, this.#key, chunkNonce(index, isLast), OPTIONS);
    const sealed = cipher.update(plain);
    cipher.final();
    sealed.copy(out, at);
    cipher.getAuthTag().copy(out, at + plain.length);
  }

  /** Null when the chunk is not what was sealed. */
  open(sealed: Uint8Array, index: number, isLast: boolean): Buffer | null {
    const plain = sealed.length - TAG_BYTES;
    if (plain < 0) return null;
    const decipher = createDecipheriv(CIPHER, this.#key, chunkNonce(index, isLast), OPTIONS);
    decipher.setAuthTag(sealed.subarray(plain));
    const opened = decipher.update(sealed.subarray(0, plain));
    try {
      decipher.final();
      return opened;
    } catch {
      return null;
    }
  }
}

function chunkNonce(index: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(CHUNK_NONCE_BYTES);
  nonce.writeUIntBE(index, COUNTER_AT, 6);
  nonce[CHUNK_NONCE_BYTES - 1] = isLast ? 1 : 0;
  return nonce;
}
