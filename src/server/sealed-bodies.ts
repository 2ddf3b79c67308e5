import { createHash } from 'node:crypto';
import type { Chunks } from '../seal/ece-streams.ts';
import { bodyInvalid, RECORD_LIMITS, sealedLength } from '../seal/framing.ts';
import { openRequestBody, openRequestStream, type VerifiedHead } from '../seal/open.ts';
import { type Body, tooLarge } from './body.ts';

/** Bytes that a content of `limit` bytes takes at most when it is sealed: in records of the least size. */
export function mostSealed({ keyId }: VerifiedHead, limit: number): number {
  return sealedLength(limit, RECORD_LIMITS.least, keyId);
}

/** Opens a body that came whole; `sealed` is empty afterwards. Throws `seal-body-invalid` or `body-too-large`. */
export function openWhole(
  head: VerifiedHead,
  sealed: Uint8Array<ArrayBuffer>,
  { limit, hashed }: { readonly limit: number; readonly hashed: boolean },
): Body {
  // In place: a second buffer for each part under way is 12 MB of the server's peak memory.
  const opened = openRequestBody(head, sealed, RECORD_LIMITS, sealed);
  if (opened === null) throw bodyInvalid();
  if (opened.length > limit) throw tooLarge(limit);
  const bytes = viewOf(opened);
  return { bytes, sha256: hashed ? createHash('sha256').update(bytes).digest('hex') : null };
}

/** The content of a body of any size, record by record: not to be acted on before its end. */
export function openWhileReading(head: VerifiedHead | null, source: Chunks): Chunks {
  return head === null ? source : openRequestStream(head, source);
}

/** Not cut to its length: that would be a copy, since ArrayBuffer.prototype.transfer moves memory of one size only. */
function viewOf({ buffer, byteOffset, length }: Buffer): Uint8Array<ArrayBuffer> {
  if (buffer instanceof ArrayBuffer) return new Uint8Array(buffer, byteOffset, length);
  throw new TypeError('the body was opened into shared memory');
}
