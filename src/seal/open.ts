/** Opens requests and answers: what a server receives and what a client is answered. */
import { randomBytes } from 'node:crypto';
import { RowferryError } from '../errors.ts';
import { asAnswerError, type ReceivedResponse, refuseUnsealed } from './answer.ts';
import { NodeRecordCipher, openBody } from './ece.ts';
import { type Chunks, openRecords } from './ece-streams.ts';
import { type Exchange, requestIkm, responseIkm } from './exchange.ts';
import { bodyInvalid, RECORD_LIMITS, type RecordLimits } from './framing.ts';
import {
  faultOf,
  parseSignature,
  parseSignatureInput,
  type SignatureParameters,
  signatureBase,
} from './head.ts';
import type { DerivedKeys } from './keys.ts';
import type { NonceStore } from './nonces.ts';
import { type ReceivedHead, sealInvalid } from './received-head.ts';
import { verifyBase } from './signature.ts';

const CLOCK_SECONDS = 300;
const RETRY_SECONDS = 30;
/** For unknown key ids: the same work is done, and the answer tells nothing. */
const NOBODY: DerivedKeys = { mac: randomBytes(32), seal: randomBytes(32) };

/** A head whose MAC is right. Not yet known to be fresh. */
export interface VerifiedHead extends Exchange, SignatureParameters {
  /** Whether a sealed body comes with it. */
  readonly hasBody: boolean;
}

/**
 * Checks the signature of a head, before a byte of its body is read. `lookup` gives null for keys that are unknown,
 * expired or revoked. Throws `seal-invalid`, one text whatever is wrong; that answer cannot be sealed.
 */
export async function verifyHead(
  { head, signatureInput, signature }: ReceivedHead,
  lookup: (keyId: string) => Promise<DerivedKeys | null>,
): Promise<VerifiedHead> {
  const parameters = faultOf(head) === null ? parseSignatureInput(head, signatureInput) : null;
  const mac = parseSignature(signature);
  if (parameters === null || mac === null) throw sealInvalid();
  const keys = await lookup(parameters.keyId);
  const base = signatureBase(head, signatureInput.slice(signatureInput.indexOf('=') + 1));
  const baseHash = verifyBase(base, keys ?? NOBODY, mac);
  if (keys === null || baseHash === null) throw sealInvalid();
  return { ...parameters, sealKey: keys.seal, baseHash, hasBody: head.contentEncoding !== null };
}

/**
 * Throws `seal-stale` for a head signed more than 300 s ago or ahead, `seal-replayed` for a nonce that was seen, and
 * `overloaded` when the store is full. These answers are sealed. `now`: milliseconds since 1970.
 */
export function checkFresh(
  { created, keyId, nonce }: VerifiedHead,
  nonces: NonceStore,
  now = Date.now(),
): void {
  if (Math.abs(Math.floor(now / 1000) - created) > CLOCK_SECONDS)
    throw new RowferryError('seal-stale', 'the request was not signed within the last five minutes', {
      hint: 'set the clock of this machine, then sign the request anew',
    });
  const found = nonces.remember(keyId, nonce);
  if (found === 'seen')
    throw new RowferryError('seal-replayed', 'this request came before', {
      hint: 'sign each request anew, retries too, with the same Idempotency-Key',
    });
  if (found === 'full')
    throw new RowferryError('overloaded', 'more requests are under way than can be told apart', {
      retryAfterSeconds: RETRY_SECONDS,
    });
}

/**
 * The body of a request; null when its head announced none. With the content encoding `gzip, aes128gcm` it is still
 * compressed. Throws `seal-body-invalid`, one text whatever is wrong.
 */
export function openRequestBody(
  head: VerifiedHead,
  body: Uint8Array,
  limits: RecordLimits = RECORD_LIMITS,
  into?: Uint8Array<ArrayBuffer>,
): Buffer | null {
  if (head.hasBody) return openBody(body, requestIkm(head), head.keyId, limits, into);
  if (body.length > 0) throw bodyInvalid();
  return null;
}

/** A request's body of any size. Throws `seal-body-invalid`; nothing of it may be acted on before the end. */
export function openRequestStream(head: VerifiedHead, source: Chunks): AsyncGenerator<Uint8Array> {
  return openStream(source, requestIkm(head), head.keyId);
}

/**
 * The body of an answer. Throws `answer-invalid` for one that is not sealed as the answer to this very request with
 * this status and content type: an unsealed one too.
 */
export function openResponseBody(exchange: Exchange, response: ReceivedResponse, body: Uint8Array): Buffer {
  refuseUnsealed(response);
  try {
    return openBody(body, responseIkm(exchange, response.status, response.contentType), exchange.keyId);
  } catch (error) {
    throw asAnswerError(error);
  }
}

/** An answer's body of any size. Throws `answer-invalid`; nothing of it may be acted on before the end. */
export async function* openResponseStream(
  exchange: Exchange,
  response: ReceivedResponse,
  source: Chunks,
): AsyncGenerator<Uint8Array> {
  refuseUnsealed(response);
  try {
    yield* openStream(source, responseIkm(exchange, response.status, response.contentType), exchange.keyId);
  } catch (error) {
    throw asAnswerError(error);
  }
}

function openStream(source: Chunks, ikm: Uint8Array, keyId: string): AsyncGenerator<Uint8Array> {
  return openRecords(source, { cipherOf: (salt) => new NodeRecordCipher(ikm, salt), keyId });
}
