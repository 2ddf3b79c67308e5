/**
 * The client's side of the seal over WebCrypto, for browsers; the same bytes as seal.ts and open.ts over node:crypto.
 * `crypto.subtle` is there on HTTPS and on localhost only. Nothing here comes from Node.
 */
import { concat } from '../lib/bytes.ts';
import { asAnswerError, type ReceivedResponse, refuseUnsealed } from './answer.ts';
import { type Chunks, type CipherOf, openRecords, type RecordCipher, sealRecords } from './ece-streams.ts';
import { bodyInvalid, NONCE_BYTES, nonceOf, RECORD_SIZE, SALT_BYTES } from './framing.ts';
import {
  faultOf,
  formatSignature,
  formatSignatureInput,
  type Head,
  signatureBase,
  signatureParams,
} from './head.ts';
import { CONTENT_KEY_INFO, KEYS_INFO, NONCE_INFO, requestInfo, responseInfo } from './schedule.ts';

type Bytes = Uint8Array<ArrayBuffer>;
type WebKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** An API key in the browser: neither the secret nor the derived keys can be read out of it. */
export interface WebSigner {
  readonly keyId: string;
  readonly macKey: WebKey;
  readonly sealKey: WebKey;
}

export interface WebExchange {
  readonly keyId: string;
  readonly sealKey: WebKey;
  readonly baseHash: Uint8Array;
}

export interface WebSignOptions {
  /** Seconds since 1970; default: now. */
  readonly created?: number;
  readonly nonce?: string;
}

const encoder = new TextEncoder();
const NO_SALT = new Uint8Array(0);

export async function webSigner({ keyId, secret }: { keyId: string; secret: string }): Promise<WebSigner> {
  const ikm = await hkdfKey(encoder.encode(secret));
  const okm = await expand(ikm, encoder.encode(keyId), encoder.encode(KEYS_INFO), 64);
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const macKey = await crypto.subtle.importKey('raw', okm.slice(0, 32), hmac, false, ['sign']);
  return { keyId, macKey, sealKey: await hkdfKey(okm.slice(32)) };
}

/** As signHead of seal.ts. */
export async function webSignHead(
  head: Head,
  { keyId, macKey, sealKey }: WebSigner,
  { created = Math.floor(Date.now() / 1000), nonce = makeNonce() }: WebSignOptions = {},
): Promise<{ fields: { 'signature-input': string; signature: string }; exchange: WebExchange }> {
  const fault = faultOf(head);
  if (fault !== null) throw new TypeError(`the request cannot be signed: ${fault}`);
  const params = signatureParams(head, { created, keyId, nonce });
  const base = encoder.encode(signatureBase(head, params));
  const mac = toBase64(new Uint8Array(await crypto.subtle.sign('HMAC', macKey, base)));
  return {
    fields: { 'signature-input': formatSignatureInput(params), signature: formatSignature(mac) },
    exchange: { keyId, sealKey, baseHash: new Uint8Array(await crypto.subtle.digest('SHA-256', base)) },
  };
}

/** A request's body of any size. `recordSize`: default 65,536. */
export async function* webSealBody(
  { sealKey, keyId, baseHash }: WebExchange,
  source: Chunks,
  { recordSize = RECORD_SIZE, salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES)) } = {},
): AsyncGenerator<Uint8Array> {
  const cipherOf = webCipherOf(await expand(sealKey, NO_SALT, requestInfo(baseHash), 32));
  yield* sealRecords(source, { cipherOf, keyId, salt, recordSize });
}

/** As openResponseStream of open.ts: throws `answer-invalid`; nothing may be acted on before the end. */
export async function* webOpenResponse(
  { sealKey, keyId, baseHash }: WebExchange,
  response: ReceivedResponse,
  source: Chunks,
): AsyncGenerator<Uint8Array> {
  refuseUnsealed(response);
  const info = responseInfo(baseHash, response.status, response.contentType);
  const cipherOf = webCipherOf(await expand(sealKey, NO_SALT, info, 32));
  try {
    yield* openRecords(source, { cipherOf, keyId });
  } catch (error) {
    throw asAnswerError(error);
  }
}

function webCipherOf(ikm: Bytes): CipherOf {
  return async (salt) => {
    const key = await hkdfKey(ikm);
    const bytes = new Uint8Array(salt);
    const content = await expand(key, bytes, encoder.encode(CONTENT_KEY_INFO), 16);
    const nonce = await expand(key, bytes, encoder.encode(NONCE_INFO), NONCE_BYTES);
    const aes = await crypto.subtle.importKey('raw', content, 'AES-GCM', false, ['encrypt', 'decrypt']);
    return new WebRecordCipher(aes, nonce);
  };
}

/** The two content keys of one body at work. WebCrypto puts the tag after the ciphertext, as RFC 8188 does. */
class WebRecordCipher implements RecordCipher {
  readonly #key: WebKey;
  readonly #nonce: Bytes;

  constructor(key: WebKey, nonce: Bytes) {
    this.#key = key;
    this.#nonce = nonce;
  }

  async seal(content: Uint8Array, tail: Uint8Array, sequence: number): Promise<Uint8Array> {
    const iv = nonceOf(this.#nonce, sequence);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, this.#key, concat([content, tail]));
    return new Uint8Array(sealed);
  }

  async open(record: Uint8Array, sequence: number): Promise<Uint8Array> {
    const iv = nonceOf(this.#nonce, sequence);
    try {
      const opened = await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, this.#key, new Uint8Array(record));
      return new Uint8Array(opened);
    } catch {
      throw bodyInvalid();
    }
  }
}

function hkdfKey(ikm: Bytes): Promise<WebKey> {
  return crypto.subtle.importKey('raw', ikm, 'HKDF', false, ['deriveBits']);
}

async function expand(key: WebKey, salt: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const bits = await crypto.subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt, info }, key, length * 8);
  return new Uint8Array(bits);
}

function makeNonce(): string {
  const base64 = toBase64(crypto.getRandomValues(new Uint8Array(16)));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function toBase64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}
