import { Readable } from 'node:stream';
import type { ResponseHead } from '../seal/answer.ts';
import { LARGE_RECORD_SIZE, sealedLength } from '../seal/framing.ts';
import type { VerifiedHead } from '../seal/open.ts';
import { sealResponseBody, sealResponseLive, sealResponseStream } from '../seal/seal.ts';
import type { App, Reply } from './services.ts';

/**
 * Seals every answer to a request whose signature is right, problem documents and streams too. To be added before
 * hooks that need the answer as it is sent.
 */
export function sealAnswers(app: App): void {
  app.addHook('onSend', async ({ seal }, reply, payload: unknown) => {
    if (seal === null) return payload;
    const contentType = String(reply.getHeader('content-type') ?? 'application/octet-stream');
    reply.type(contentType).header('content-encoding', 'aes128gcm').header('cache-control', 'no-store');
    const head = { status: reply.statusCode, contentType };
    if (payload instanceof Readable) return sealStream(seal, head, payload, reply);
    const sealed = sealResponseBody(seal, head, toBytes(payload));
    reply.header('content-length', sealed.length);
    return sealed;
  });
}

/** Fastify has made text or bytes of everything else by now. */
function toBytes(payload: unknown): Uint8Array {
  if (payload instanceof Uint8Array) return payload;
  if (payload === null || payload === undefined) return new Uint8Array();
  if (typeof payload === 'string') return Buffer.from(payload);
  throw new TypeError('the answer is neither text nor bytes nor a stream');
}

function sealStream(seal: VerifiedHead, head: ResponseHead, source: Readable, reply: Reply): Readable {
  const length = reply.getHeader('content-length');
  if (length !== undefined) {
    reply.header('content-length', sealedLength(Number(length), LARGE_RECORD_SIZE, seal.keyId));
  }
  // A generator that waits for the next chunk cannot be closed until it comes; its source can.
  reply.raw.once('close', () => source.destroy());
  const live = head.contentType.startsWith('text/event-stream');
  const records = live ? sealResponseLive(seal, head, source) : sealResponseStream(seal, head, source);
  return Readable.from(records, { objectMode: false });
}
