import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type IncomingHttpHeaders, request } from 'node:http';
import type { Exchange } from '../../src/seal/exchange.ts';
import { deriveKeys } from '../../src/seal/keys.ts';
import { openResponseBody } from '../../src/seal/open.ts';
import { splitTarget } from '../../src/seal/received-head.ts';
import { type Signer, sealRequest } from '../../src/seal/seal.ts';
import { parseToken } from '../../src/seal/token.ts';
import type { Problem } from '../../src/server/problems.ts';

const UNSAFE = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export interface SealedCall {
  /** Texts and bytes are sent as they are, anything else as JSON. */
  readonly body?: unknown;
  readonly type?: string;
  readonly coding?: string;
  /** The Idempotency-Key; default a new one where one is needed; null: none. */
  readonly key?: string | null;
  /** Seconds from now. */
  readonly skew?: number;
  /** Seconds since 1970, where the clock is not that of this machine. */
  readonly created?: number;
  readonly recordSize?: number;
  /** Not signed. */
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** A request that is sealed and not yet sent: to be sent as it is, changed, or twice. */
export interface Sealed {
  readonly method: string;
  readonly target: string;
  readonly fields: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | null;
  readonly exchange: Exchange;
}

/** An answer as it came. */
export interface Received {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly bytes: Buffer;
}

/** A sealed answer that was opened. */
export interface Opened<T> extends Received {
  readonly text: string;
  /** Parsed; `{}` for what is no JSON document. */
  readonly json: T;
}

export function signerOf(token: string): Signer {
  const parsed = parseToken(token) ?? assert.fail(token);
  return { keyId: parsed.keyId, keys: deriveKeys(parsed) };
}

export function seal(signer: Signer, method: string, target: string, call: SealedCall = {}): Sealed {
  const body = call.body === undefined ? null : toBytes(call.body);
  const key = call.key === undefined ? (UNSAFE.has(method) ? randomUUID() : null) : call.key;
  const head = {
    method,
    ...splitTarget(target),
    contentType: body === null ? null : (call.type ?? 'application/json'),
    contentEncoding: body === null ? null : (call.coding ?? 'aes128gcm'),
    idempotencyKey: key,
  };
  const made = sealRequest({ ...head, body }, signer, {
    created: call.created ?? Math.floor(Date.now() / 1000) + (call.skew ?? 0),
    ...(call.recordSize === undefined ? {} : { recordSize: call.recordSize }),
  });
  const fields = {
    ...made.fields,
    ...(head.contentType === null ? {} : { 'content-type': head.contentType }),
    ...(head.contentEncoding === null ? {} : { 'content-encoding': head.contentEncoding }),
    ...(key === null ? {} : { 'idempotency-key': key }),
    ...call.headers,
  };
  return { method, target, fields, body: made.body, exchange: made.exchange };
}

function toBytes(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** Sends it over a connection of its own. */
export function send(url: string, { method, target, fields, body }: Sealed): Promise<Received> {
  const { promise, resolve, reject } = Promise.withResolvers<Received>();
  const { hostname, port } = new URL(url);
  const length = body === null ? {} : { 'content-length': body.length };
  const options = { method, hostname, port, path: target, headers: { ...fields, ...length }, agent: false };
  const sent = request(options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', reject);
    response.on('end', () => {
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        bytes: Buffer.concat(chunks),
      });
    });
  });
  sent.on('error', reject).end(body ?? undefined);
  return promise;
}

/** Opens an answer as a client does: throws for one that is not sealed for this very request. */
export function open<T>({ exchange }: Pick<Sealed, 'exchange'>, received: Received): Opened<T> {
  const { status, headers, bytes } = received;
  const contentType = headers['content-type'] ?? '';
  const contentEncoding = headers['content-encoding'] ?? null;
  const text = openResponseBody(exchange, { status, contentType, contentEncoding }, bytes).toString('utf8');
  assert.equal(headers['cache-control'], 'no-store');
  const isJson = /json\b/.test(contentType) && !text.includes('}\n{') && text !== '';
  return { ...received, text, json: isJson ? JSON.parse(text) : {} };
}

export async function sendSealed<T>(
  url: string,
  signer: Signer,
  method: string,
  target: string,
  call: SealedCall = {},
): Promise<Opened<T>> {
  const sealed = seal(signer, method, target, call);
  return open<T>(sealed, await send(url, sealed));
}

/** The problem of an answer that is not sealed. */
export function unsealedProblem({ headers, bytes }: Received): Problem {
  assert.equal(headers['content-encoding'], undefined, 'the answer is not sealed');
  return JSON.parse(bytes.toString('utf8'));
}
