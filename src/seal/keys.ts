import { createCipheriv, createDecipheriv, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';
import { randomBase62 } from '../lib/base62.ts';
import { KEYS_INFO } from './schedule.ts';
import { formatToken, type Token } from './token.ts';

const KEY_ID_DIGITS = 12;
const SECRET_DIGITS = 43;

const IV_BYTES = 12;
const TAG_BYTES = 16;
const WRAP_VERSION = 1;

/** What the server keeps of a key; 32 bytes each. The secret itself is not kept and never travels sealed. */
export interface DerivedKeys {
  readonly mac: Buffer;
  readonly seal: Buffer;
}

/** A new token, about 71 bits of name and 256 bits of secret. */
export function makeToken(): Token & { readonly token: string } {
  const keyId = randomBase62(KEY_ID_DIGITS);
  const secret = randomBase62(SECRET_DIGITS);
  return { keyId, secret, token: formatToken({ keyId, secret }) };
}

/** OKM = HKDF-SHA256(ikm = secret, salt = keyid, info = "rowferry-seal-1 keys", 64 bytes). */
export function deriveKeys({ keyId, secret }: Token): DerivedKeys {
  const okm = Buffer.from(hkdfSync('sha256', secret, keyId, KEYS_INFO, 64));
  return { mac: okm.subarray(0, 32), seal: okm.subarray(32, 64) };
}

/** In constant time. */
export function equalKeys(left: DerivedKeys, right: DerivedKeys): boolean {
  const mac = timingSafeEqual(left.mac, right.mac);
  const seal = timingSafeEqual(left.seal, right.seal);
  return mac && seal;
}

/** version ‖ IV ‖ AES-256-GCM(K_mac ‖ K_seal) ‖ tag, with AAD = keyid: a blob fits no other key's row. */
export function wrapKeys(keys: DerivedKeys, keyId: string, keyEncryptionKey: Buffer): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', keyEncryptionKey, iv);
  cipher.setAAD(Buffer.from(keyId, 'ascii'));
  const sealed = Buffer.concat([cipher.update(keys.mac), cipher.update(keys.seal), cipher.final()]);
  return Buffer.concat([Buffer.of(WRAP_VERSION), iv, sealed, cipher.getAuthTag()]);
}

/** Null when the blob was made under another key-encryption key or for another key, or was changed. */
export function unwrapKeys(blob: Uint8Array, keyId: string, keyEncryptionKey: Buffer): DerivedKeys | null {
  if (blob.length !== 1 + IV_BYTES + 64 + TAG_BYTES || blob[0] !== WRAP_VERSION) return null;
  const sealedEnd = blob.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', keyEncryptionKey, blob.subarray(1, 1 + IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(keyId, 'ascii'));
  decipher.setAuthTag(blob.subarray(sealedEnd));
  try {
    const plain = Buffer.concat([decipher.update(blob.subarray(1 + IV_BYTES, sealedEnd)), decipher.final()]);
    return { mac: plain.subarray(0, 32), seal: plain.subarray(32, 64) };
  } catch {
    return null;
  }
}

/** The key that signs backup manifests: derived, so that no key is used for two things. */
export function deriveManifestKey(keyEncryptionKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', keyEncryptionKey, '', 'rowferry backup manifest 1', 32));
}

/** The key that chains the entries of the audit log. */
export function deriveAuditKey(keyEncryptionKey: Buffer): Buffer {
  return Buffer.from(hkdfSync('sha256', keyEncryptionKey, '', 'rowferry-audit-1', 32));
}
