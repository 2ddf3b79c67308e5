/** The form of an API key. Browsers use this file too: nothing here comes from Node. */
import { toBase62 } from '../lib/base62.ts';
import { crc32 } from '../lib/crc32.ts';

/** wire.md, Keys: `rfk_<keyid: 12 base62>_<secret: 43 base62><crc32: 6 base62>`. */
const TOKEN = /^rfk_([0-9A-Za-z]{12})_([0-9A-Za-z]{43})([0-9A-Za-z]{6})$/;
const CRC_DIGITS = 6;

export interface Token {
  readonly keyId: string;
  readonly secret: string;
}

/** The checksum (CRC-32 of all before it) lets scanners and people tell a token from a typing error. */
export function formatToken({ keyId, secret }: Token): string {
  const body = `rfk_${keyId}_${secret}`;
  return body + toBase62(crc32(body), CRC_DIGITS);
}

/** Null when the text is no token or its checksum is wrong. */
export function parseToken(text: string): Token | null {
  const [, keyId, secret] = TOKEN.exec(text) ?? [];
  if (keyId === undefined || secret === undefined) return null;
  return formatToken({ keyId, secret }) === text ? { keyId, secret } : null;
}
