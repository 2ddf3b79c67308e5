/** Which content encodings are taken, sealed and not. */
import type { IncomingMessage } from 'node:http';
import { RowferryError } from '../errors.ts';

/** How a body was compressed before it was sealed or sent. */
export type Compression = 'gzip' | 'zstd';

/** By the value of Content-Encoding; null: not compressed. */
type Codings = ReadonlyMap<string, Compression | null>;

const UNSEALED: Codings = new Map([
  ['identity', null],
  ['gzip', 'gzip'],
  ['zstd', 'zstd'],
]);
/** The value is signed, so it has one spelling. */
const SEALED: Codings = new Map([
  ['aes128gcm', null],
  ['gzip, aes128gcm', 'gzip'],
]);

/** Throws `media-type-unsupported` for a content encoding that is not accepted. */
export function compressionOf(request: IncomingMessage, sealed: boolean): Compression | null {
  const coding = request.headers['content-encoding'] ?? 'identity';
  // RFC 9110, 8.4.1: names of content codings have no case.
  const found = sealed ? SEALED.get(coding) : UNSEALED.get(coding.toLowerCase());
  if (found === undefined) throw unsupported(coding, sealed);
  return found;
}

function unsupported(coding: string, sealed: boolean): RowferryError {
  return new RowferryError('media-type-unsupported', `the content encoding ${coding} is not accepted`, {
    hint: sealed
      ? 'seal the body as it is (Content-Encoding: aes128gcm), or gzip it first (Content-Encoding: gzip, aes128gcm)'
      : 'send the body as it is, without Content-Encoding, or with gzip or zstd',
  });
}
