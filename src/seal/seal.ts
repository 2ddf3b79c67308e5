/** Seals requests and answers: what a client sends and what a server answers. */
import { randomBytes } from 'node:crypto';
import type { ResponseHead } from './answer.ts';
import { makeSalt, NodeRecordCipher, type SealBodyOptions, sealBody } from './ece.ts';
import { type Chunks, type SealFrame, sealLive, sealRecords } from './ece-streams.ts';
import { type Exchange, requestIkm, responseIkm } from './exchange.ts';
import { LARGE_RECORD_SIZE, RECORD_LIMITS } from './framing.ts';
import {
  faultOf,
  formatSignature,
  formatSignatureInput,
  type Head,
  signatureBase,
  signatureParams,
} from './head.ts';
import type { DerivedKeys } from './keys.ts';
import { signBase } from './signature.ts';

const NONCE_BYTES = 16;

export interface Signer {
  readonly keyId: string;
  readonly keys: DerivedKeys;
}

export interface SignOptions {
  /** Seconds since 1970; default: now. */
  readonly created?: number;
  /** Default: 16 random bytes in base64url. Each request, retries too, has its own. */
  readonly nonce?: string;
}

export interface SignedHead {
  /** Header fields by their names in lower case. */
  readonly fields: { readonly 'signature-input': string; readonly signature: string };
  readonly exchange: Exchange;
}

export interface SealedRequest extends SignedHead {
  /** Null for a request without a body. */
  readonly body: Buffer | null;
}

/** Signs a head. Its body, if it has one, is sealed with the exchange. Throws TypeError for a head out of form. */
export function signHead(
  head: Head,
  { keyId, keys }: Signer,
  { created = Math.floor(Date.now() / 1000), nonce = makeNonce() }: SignOptions = {},
): SignedHead {
  const fault = faultOf(head);
  if (fault !== null) throw new TypeError(`the request cannot be signed: ${fault}`);
  const params = signatureParams(head, { created, keyId, nonce });
  const { mac, baseHash } = signBase(signatureBase(head, params), keys);
  return {
    fields: { 'signature-input': formatSignatureInput(params), signature: formatSignature(mac) },
    exchange: { keyId, sealKey: keys.seal, baseHash },
  };
}

/**
 * Signs the head and seals the body. With the content encoding `gzip, aes128gcm` the caller hands in a body that is
 * compressed already. Throws TypeError for a body without a content type, and the other way round.
 */
export function sealRequest(
  { body, ...head }: Head & { readonly body: Uint8Array | null },
  signer: Signer,
  options: SignOptions & SealBodyOptions = {},
): SealedRequest {
  if ((body === null) !== (head.contentType === null))
    throw new TypeError('a body needs a content type, and nothing else has one');
  const signed = signHead(head, signer, options);
  return { ...signed, body: body === null ? null : sealRequestBody(signed.exchange, body, options) };
}

/** The body of a request whose head is signed. */
export function sealRequestBody(exchange: Exchange, body: Uint8Array, options: SealBodyOptions = {}): Buffer {
  return sealBody(body, requestIkm(exchange), exchange.keyId, options);
}

/** The body of an answer; also an empty one becomes a record. To be sent with `Content-Encoding: aes128gcm`. */
export function sealResponseBody(
  exchange: Exchange,
  { status, contentType }: ResponseHead,
  body: Uint8Array,
  options: SealBodyOptions = {},
): Buffer {
  return sealBody(body, responseIkm(exchange, status, contentType), exchange.keyId, options);
}

/** A request's body of any size; an async iterable that `pipeline` takes. */
export function sealRequestStream(
  exchange: Exchange,
  source: Chunks,
  options: SealBodyOptions = {},
): Records {
  return sealRecords(source, frameOf(requestIkm(exchange), exchange.keyId, options));
}

/** An answer's body of any size; an async iterable that `pipeline` takes. */
export function sealResponseStream(
  exchange: Exchange,
  { status, contentType }: ResponseHead,
  source: Chunks,
  options: SealBodyOptions = {},
): Records {
  return sealRecords(source, frameOf(responseIkm(exchange, status, contentType), exchange.keyId, options));
}

/** An answer that trickles, such as events: every chunk goes out at once in padded records of 1,024 bytes. */
export function sealResponseLive(
  exchange: Exchange,
  { status, contentType }: ResponseHead,
  source: Chunks,
): Records {
  const ikm = responseIkm(exchange, status, contentType);
  return sealLive(source, frameOf(ikm, exchange.keyId, { recordSize: RECORD_LIMITS.least }));
}

type Records = AsyncGenerator<Uint8Array>;

function frameOf(
  ikm: Uint8Array,
  keyId: string,
  { recordSize = LARGE_RECORD_SIZE, salt = makeSalt(), limits = RECORD_LIMITS }: SealBodyOptions,
): SealFrame {
  return { cipherOf: (bytes) => new NodeRecordCipher(ikm, bytes), keyId, salt, recordSize, limits };
}

function makeNonce(): string {
  return randomBytes(NONCE_BYTES).toString('base64url');
}
