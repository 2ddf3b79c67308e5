import { RowferryError } from '../errors.ts';
import type { Head } from './head.ts';

/** What a server has of a request before its body, from node:http or elsewhere. */
export interface RawRequest {
  readonly method: string;
  /** The request target: path and query, raw. */
  readonly target: string;
  /** Names and values in turn, as node:http gives them. */
  readonly rawHeaders: readonly string[];
}

export interface ReceivedHead {
  readonly head: Head;
  readonly signatureInput: string;
  readonly signature: string;
}

/** Two of these could be read as one by one program and as the other by the next. */
const ONCE: ReadonlySet<string> = new Set([
  'authorization',
  'content-encoding',
  'content-length',
  'content-type',
  'idempotency-key',
  'signature',
  'signature-input',
]);

/**
 * The signed parts of a request; null for one without a signature. Throws `bad-request` for a header that came twice,
 * signed or not, and `seal-invalid` for half a signature and for a body that no header announces as sealed.
 */
export function receiveHead({ method, target, rawHeaders }: RawRequest): ReceivedHead | null {
  const headers = readHeaders(rawHeaders);
  const [signatureInput, signature] = [headers.get('signature-input'), headers.get('signature')];
  if (signatureInput === undefined && signature === undefined) return null;
  const head: Head = {
    method,
    ...splitTarget(target),
    contentType: headers.get('content-type') ?? null,
    contentEncoding: headers.get('content-encoding') ?? null,
    idempotencyKey: headers.get('idempotency-key') ?? null,
  };
  const unsealedBody = head.contentEncoding === null && announcesBody(headers);
  if (signatureInput === undefined || signature === undefined || unsealedBody) throw sealInvalid();
  return { head, signatureInput, signature };
}

/** A target as it stands on the wire, cut at its first question mark. */
export function splitTarget(target: string): Pick<Head, 'path' | 'query'> {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark) };
}

/** One text for every head whose seal is not right. */
export function sealInvalid(): RowferryError {
  return new RowferryError('seal-invalid', 'the seal of this request is not valid', {
    hint: 'sign the request as it is sent, with a key that is live: docs/protocol.md',
  });
}

function readHeaders(raw: readonly string[]): Map<string, string> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = (raw[at] ?? '').toLowerCase();
    if (ONCE.has(name) && headers.has(name)) throw doubled(name);
    headers.set(name, raw[at + 1] ?? '');
  }
  return headers;
}

function doubled(name: string): RowferryError {
  return new RowferryError('bad-request', `the header ${name} came twice`, {
    hint: 'send it once',
    errors: [{ pointer: `/headers/${name}`, code: 'doubled' }],
  });
}

function announcesBody(headers: ReadonlyMap<string, string>): boolean {
  return headers.has('transfer-encoding') || !/^0*$/.test(headers.get('content-length') ?? '');
}
