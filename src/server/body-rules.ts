import type { IncomingMessage } from 'node:http';
import { RowferryError } from '../errors.ts';
import { compressionOf } from './content-coding.ts';

/** bytes: handed on as they are. json: parsed and validated here. stream: left for the handler to read. */
export type BodyKind = 'bytes' | 'json' | 'stream';

/** What bodies a route takes, by media type. */
export interface BodyRule {
  readonly types: Readonly<Record<string, BodyKind>>;
  readonly required: boolean;
  /** SHA-256 of the body stands in `request.bodySha256` (the fingerprint of an Idempotency-Key). */
  readonly hashed: boolean;
}

export const JSON_BODY: BodyRule = { types: { 'application/json': 'json' }, required: true, hashed: true };
export const OPTIONAL_JSON_BODY: BodyRule = { ...JSON_BODY, required: false };

export const ROWS_BODY: BodyRule = {
  types: { 'application/json': 'bytes', 'application/x-ndjson': 'bytes', 'text/csv': 'bytes' },
  required: true,
  hashed: true,
};
export const OPTIONAL_ROWS_BODY: BodyRule = { ...ROWS_BODY, required: false };

export function hasBody(request: IncomingMessage): boolean {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  return encoding !== undefined || (length !== undefined && length !== '0');
}

/** Media type in lower case without its parameters; empty when there is none. */
export function mediaType(request: IncomingMessage): string {
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1);
  return type.trim().toLowerCase();
}

/** Before a byte of the body is read. Throws `media-type-unsupported` or `body-invalid`. */
export function checkBodyHead(request: IncomingMessage, rule: BodyRule | undefined, sealed: boolean): void {
  if (!hasBody(request)) {
    if (rule?.required) throw missingBody(rule);
    return;
  }
  if (rule === undefined) {
    throw new RowferryError('body-invalid', 'this route takes no body', {
      hint: 'send the request without one',
    });
  }
  checkMediaType(request, rule);
  compressionOf(request, sealed);
}

function missingBody(rule: BodyRule): RowferryError {
  return new RowferryError('body-invalid', 'the request has no body', {
    hint: `send one as ${Object.keys(rule.types).join(' or ')}`,
  });
}

function checkMediaType(request: IncomingMessage, rule: BodyRule): void {
  const type = mediaType(request);
  if (!Object.hasOwn(rule.types, type)) {
    const found = type === '' ? 'the body has no content type' : `the content type is ${type}`;
    throw new RowferryError('media-type-unsupported', found, {
      hint: `send Content-Type: ${Object.keys(rule.types).join(' or ')}`,
    });
  }
  const charset = /;\s*charset="?([^\s";]+)/i.exec(request.headers['content-type'] ?? '')?.[1];
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset)) {
    throw new RowferryError('media-type-unsupported', `the charset is ${charset}; expected utf-8`, {
      hint: 'send the body in UTF-8',
    });
  }
}
