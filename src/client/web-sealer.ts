import { gather } from '../lib/bytes.ts';
import type { Token } from '../seal/token.ts';
import { webOpenResponse, webSealBody, webSigner, webSignHead } from '../seal/web.ts';
import { recordSizeOf, type Sealer, sealedStream } from './sealer.ts';
import type { StreamBody } from './transport.ts';

/** Over WebCrypto: the same bytes, for callers that bring their own fetch. */
export function webSealer(token: Token): Sealer {
  const { keyId } = token;
  const signing = webSigner(token);
  return {
    async seal(head, body) {
      const { fields, exchange } = await webSignHead(head, await signing);
      const bytes = async (content: Uint8Array) =>
        gather(webSealBody(exchange, [content], { recordSize: recordSizeOf(content) }));
      const stream = (content: StreamBody) =>
        sealedStream(content, keyId, (recordSize) => webSealBody(exchange, content.open(), { recordSize }));
      return {
        fields,
        body: body === undefined ? undefined : body instanceof Uint8Array ? await bytes(body) : stream(body),
        open: (response, source) => webOpenResponse(exchange, response, source),
      };
    },
  };
}
