/** How /openapi.json says who may call: an API key as Bearer token, or a sealed request. */

/** One of the two is enough (OpenAPI 3.1, Security Requirement Object). The seal stands first, since with it no secret travels. */
export const SECURITY = [{ seal: [] }, { bearer: [] }];

export const SECURITY_SCHEMES = {
  seal: {
    type: 'apiKey',
    in: 'header',
    name: 'Signature',
    description: [
      'A request signed and encrypted with the API key, whose secret does not travel: "Seal 1", in',
      '`docs/protocol.md` with a test vector and a Python client. `rowferry/client` and every command send it;',
      'for curl there are `rowferry seal` and `rowferry unseal`. Good over plain HTTP too. The head is signed',
      '(RFC 9421, hmac-sha256; headers `Signature-Input` and `Signature`), a body is encrypted (RFC 8188;',
      '`Content-Encoding: aes128gcm`), and so is every answer, problem documents too.',
    ].join('\n'),
  },
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'rfk_…',
    description:
      'The API key itself. Taken over TLS and from the same machine; over plain HTTP from elsewhere it is refused ' +
      '(403 `insecure-transport`), and so is one that was made for sealed requests only (403 `seal-required`).',
  },
} as const;

/** The header fields of sealed requests, described once. */
export const SEAL_PARAMETERS = {
  SignatureInput: {
    in: 'header',
    name: 'Signature-Input',
    description:
      'Of a sealed request: what is signed, when, and with which key. Components, parameters and their order are ' +
      'fixed; what the request does not have is left out.',
    schema: { type: 'string' },
    example:
      'seal=("@method" "@path" "@query" "content-type" "content-encoding" "idempotency-key");created=1750000000;' +
      'keyid="7Hq2mB9xT4cD";nonce="AAECAwQFBgcICQoLDA0ODw";alg="hmac-sha256";tag="rowferry-seal-1"',
  },
  Signature: {
    in: 'header',
    name: 'Signature',
    description: 'Of a sealed request: the HMAC-SHA256 of its signature base (RFC 9421), in base64',
    schema: { type: 'string', pattern: '^seal=:[A-Za-z0-9+/]{43}=:$' },
    example: 'seal=:aIkVAXZkdLKfit3/FcsZqpCf2/vDjjVEyZtPqMqt45U=:',
  },
  ContentEncoding: {
    in: 'header',
    name: 'Content-Encoding',
    description:
      'Of a sealed request: its body is encrypted, or compressed with gzip and then encrypted. Of another: compressed',
    schema: { type: 'string', pattern: '^((gzip, )?aes128gcm|gzip|zstd)$' },
    example: 'aes128gcm',
  },
} as const;

/** The header field by which an answer shows that it is sealed. */
export const SEALED_ANSWER = {
  ContentEncoding: {
    description:
      '`aes128gcm` in every answer to a sealed request: opened, its content is what stands here, of the ' +
      '`Content-Type` that is sent. An answer to a sealed request that is not sealed proves nothing.',
    schema: { type: 'string', pattern: '^aes128gcm$' },
  },
} as const;

const refer = (kind: 'parameters' | 'headers', name: string) => ({ $ref: `#/components/${kind}/${name}` });

export function sealParameters(hasBody: boolean): Array<{ $ref: string }> {
  const names = ['SignatureInput', 'Signature', ...(hasBody ? ['ContentEncoding'] : [])];
  return names.map((name) => refer('parameters', name));
}

export function sealedAnswerHeaders(): Record<string, { $ref: string }> {
  return { 'Content-Encoding': refer('headers', 'ContentEncoding') };
}
