import { releaseOwn } from '../lib/release.ts';
import { deriveKeys } from '../seal/keys.ts';
import { openResponseStream } from '../seal/open.ts';
import { sealRequestBody, sealRequestStream, signHead } from '../seal/seal.ts';
import type { Token } from '../seal/token.ts';
import { recordSizeOf, type SealedMessage, type Sealer, sealedStream } from './sealer.ts';
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
      const open: SealedMessage['open'] = (response, source) =>
        openResponseStream(exchange, response, source);
      if (body === undefined) return { fields, body, open };
      if (!(body instanceof Uint8Array)) return { fields, body: stream(body), open };
      const sealed = bytes(body);
      return { fields, body: sealed, open, onSent: () => releaseOwn(sealed) };
    },
  };
}
