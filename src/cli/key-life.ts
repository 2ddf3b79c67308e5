import type { KeyInfo } from '../ledger/keys.ts';

/** Where an API key stands in its life. */
export type KeyLife = 'good' | 'expires soon' | 'expired' | 'revoked';

/** A key that ends sooner than this is told of. */
const ROTATE_DAYS = 14;
const DAY_MS = 86_400_000;

/** `now` is milliseconds since 1970. */
export function lifeOf(
  { revokedAt, expiresAt }: Pick<KeyInfo, 'revokedAt' | 'expiresAt'>,
  now = Date.now(),
): KeyLife {
  if (revokedAt !== null) return 'revoked';
  const left = Date.parse(expiresAt) - now;
  if (left <= 0) return 'expired';
  return left < ROTATE_DAYS * DAY_MS ? 'expires soon' : 'good';
}

export function isLive(life: KeyLife): boolean {
  return life === 'good' || life === 'expires soon';
}
