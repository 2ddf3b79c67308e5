/**
 * The info texts of the key schedule. Browsers use this file too: nothing here comes from Node.
 *
 *     secret → K_mac, K_seal → IKM of the request, IKM of the answer → RFC 8188: content key, nonce base
 */

import { concat } from '../lib/bytes.ts';

const ascii = new TextEncoder();
const SEPARATOR = Uint8Array.of(0);

/** HKDF of the secret, salted with the key id, 64 bytes: K_mac ‖ K_seal. */
export const KEYS_INFO = 'rowferry-seal-1 keys';
/** RFC 8188, 2.2 and 2.3. */
export const CONTENT_KEY_INFO = 'Content-Encoding: aes128gcm\0';
export const NONCE_INFO = 'Content-Encoding: nonce\0';

/** `baseHash`: SHA-256 of the request's signature base. The body fits no other head. */
export function requestInfo(baseHash: Uint8Array): Uint8Array<ArrayBuffer> {
  return concat([ascii.encode('rowferry-seal-1 request'), SEPARATOR, baseHash]);
}

/** The answer fits no other request, no other status and no other content type. */
export function responseInfo(
  baseHash: Uint8Array,
  status: number,
  contentType: string,
): Uint8Array<ArrayBuffer> {
  const code = Uint8Array.of(status >>> 8, status & 0xff);
  const label = ascii.encode('rowferry-seal-1 response');
  return concat([label, SEPARATOR, baseHash, code, ascii.encode(contentType)]);
}
