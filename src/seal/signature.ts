/** RFC 9421 with hmac-sha256 over node:crypto: signs and verifies heads. */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { DerivedKeys } from './keys.ts';

export interface SignedBase {
  /** Base64. */
  readonly mac: string;
  /** SHA-256 of the base, 32 bytes: what the keys of request and answer hang on. */
  readonly baseHash: Buffer;
}

/** `base`: the signature base, ASCII. */
export function signBase(base: string, keys: DerivedKeys): SignedBase {
  return { mac: macOf(base, keys).toString('base64'), baseHash: hashOf(base) };
}

/** The base's hash when the MAC is that of the base, else null. `mac`: base64 of 32 bytes. In constant time. */
export function verifyBase(base: string, keys: DerivedKeys, mac: string): Buffer | null {
  const equal = timingSafeEqual(macOf(base, keys), Buffer.from(mac, 'base64'));
  const baseHash = hashOf(base);
  return equal ? baseHash : null;
}

function macOf(base: string, keys: DerivedKeys): Buffer {
  return createHmac('sha256', keys.mac).update(base, 'latin1').digest();
}

function hashOf(base: string): Buffer {
  return createHash('sha256').update(base, 'latin1').digest();
}
