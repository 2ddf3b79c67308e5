import { deriveKeys } from '../seal/keys.ts';
import { openResponseStream } from '../seal/open.ts';
import { sealRequestBody, sealRequestStream, signHead } from '../seal/seal.ts';
import type { Token } from '../seal/token.ts';
import { recordSizeOf, type Sealer, sealedStream } from './sealer.ts';
import type { StreamBody } from './transport.ts';

/** Over node:crypto. */
export function nodeSealer(token: Token): Sealer {
  const { keyId } = token;
  const signer = { keyId, keys: deriveKeys(token) };
  return {
    async seal(head, body) {
      const { fields, exchange } = signHead(head, signer);
      const bytes = (content: Uint8Array) =>
        sealRequestBody(exchange, content, { recordSize: recordSizeOf(content) });
      const stream = (content: StreamBody) =>
        sealedStream(content, keyId, (recordSize) =>
          sealRequestStream(exchange, content.open(), { recordSize }),
        );
      return {
        fields,
        body: body === undefined ? undefined : body instanceof Uint8Array ? bytes(body) : stream(body),
        open: (response, source) => openResponseStream(exchange, response, source),
      };
    },
  };
}
