/**
 * The signed head of a request: the fixed form of RFC 9421 that "Seal 1" uses, its signature base and its parser.
 * Browsers use this file too: nothing here comes from Node.
 */

/** What of a request is signed. Every text as it stands on the wire. */
export interface Head {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** With its question mark; '' without one. */
  readonly query: string;
  /** Null, like contentEncoding, without a body. */
  readonly contentType: string | null;
  readonly contentEncoding: string | null;
  /** The field's value, quotation marks included; null without the field. */
  readonly idempotencyKey: string | null;
}

export interface SignatureParameters {
  /** Seconds since 1970. */
  readonly created: number;
  readonly keyId: string;
  readonly nonce: string;
}

/** The codings of a sealed body. `gzip` is the caller's: first compress then seal, first open then decompress. */
const CODINGS: readonly string[] = ['aes128gcm', 'gzip, aes128gcm'];

const TAG = 'rowferry-seal-1';
const KEY_ID = /^[0-9A-Za-z]{12}$/;
const NONCE = /^[0-9A-Za-z_-]{16,64}$/;
const PARAMETERS =
  /^;created=(0|[1-9][0-9]{0,14});keyid="([0-9A-Za-z]{12})";nonce="([0-9A-Za-z_-]{16,64})";alg="hmac-sha256";tag="rowferry-seal-1"$/;
/** 32 bytes in the one base64 that RFC 4648 gives them: the unused bits of the last digit are zero. */
const SIGNATURE = /^seal=:([0-9A-Za-z+/]{42}[AEIMQUYcgkosw048]=):$/;
const LABEL = 'seal=';

/** No control characters and nothing beyond ASCII, so that no value can look like a line of the base. */
const VALUE = /^[!-~](?:[ -~]*[!-~])?$/;
const SHAPES = {
  method: /^[A-Z]+$/,
  path: /^\/[!-~]*$/,
  query: /^(?:\?[!-~]*)?$/,
} as const;

/** Why a head cannot be signed; null when it can. */
export function faultOf(head: Head): string | null {
  const shape = (['method', 'path', 'query'] as const).find((part) => !SHAPES[part].test(head[part]));
  if (shape !== undefined) return `the ${shape} is ${JSON.stringify(head[shape])}`;
  if (head.path.includes('?')) return 'the path holds a query';
  const value = (['contentType', 'idempotencyKey'] as const).find((part) => !isValue(head[part]));
  if (value !== undefined) return `the ${value} is ${JSON.stringify(head[value])}`;
  if ((head.contentType === null) !== (head.contentEncoding === null))
    return 'a body has both a content type and a content encoding';
  if (head.contentEncoding !== null && !CODINGS.includes(head.contentEncoding))
    return `the content encoding is ${JSON.stringify(head.contentEncoding)}; expected ${CODINGS.join(' or ')}`;
  return null;
}

function isValue(text: string | null): boolean {
  return text === null || VALUE.test(text);
}

/** The components of the head and their values, in the order in which they are signed. */
function components(head: Head): ReadonlyArray<readonly [name: string, value: string]> {
  const { contentType, contentEncoding, idempotencyKey } = head;
  return [
    ['@method', head.method],
    ['@path', head.path],
    // RFC 9421, 2.2.7: an absent query is signed as a lone question mark.
    ['@query', head.query === '' ? '?' : head.query],
    ...(contentType === null ? [] : [['content-type', contentType] as const]),
    ...(contentEncoding === null ? [] : [['content-encoding', contentEncoding] as const]),
    ...(idempotencyKey === null ? [] : [['idempotency-key', idempotencyKey] as const]),
  ];
}

/** The inner list with its parameters: `("@method" …);created=…`. Throws TypeError for a key id or nonce of another form. */
export function signatureParams(head: Head, { created, keyId, nonce }: SignatureParameters): string {
  if (!KEY_ID.test(keyId)) throw new TypeError('a key id has 12 letters and digits');
  if (!NONCE.test(nonce)) throw new TypeError('a nonce has 16 to 64 of A-Z a-z 0-9 _ -');
  if (!Number.isSafeInteger(created) || created < 0) throw new TypeError('created is in whole seconds');
  const parameters = `;created=${created};keyid="${keyId}";nonce="${nonce}";alg="hmac-sha256";tag="${TAG}"`;
  return componentList(head) + parameters;
}

function componentList(head: Head): string {
  return `(${components(head)
    .map(([name]) => `"${name}"`)
    .join(' ')})`;
}

/** RFC 9421, 2.5. `params` is what signatureParams gave for the same head. ASCII, no line end after the last line. */
export function signatureBase(head: Head, params: string): string {
  const lines = components(head).map(([name, value]) => `"${name}": ${value}\n`);
  return `${lines.join('')}"@signature-params": ${params}`;
}

/** The value of Signature-Input. */
export function formatSignatureInput(params: string): string {
  return LABEL + params;
}

/** The value of Signature. `mac`: base64 of 32 bytes. */
export function formatSignature(mac: string): string {
  return `${LABEL}:${mac}:`;
}

/** Null for anything but the one form: these components for this head, these parameters, this order, no spaces. */
export function parseSignatureInput(head: Head, field: string): SignatureParameters | null {
  const list = LABEL + componentList(head);
  if (!field.startsWith(list)) return null;
  const [, created, keyId, nonce] = PARAMETERS.exec(field.slice(list.length)) ?? [];
  if (created === undefined || keyId === undefined || nonce === undefined) return null;
  return { created: Number(created), keyId, nonce };
}

/** The MAC in base64; null for anything but the one form. */
export function parseSignature(field: string): string | null {
  return SIGNATURE.exec(field)?.[1] ?? null;
}
