import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { hasBody } from './body-rules.ts';
import type { App } from './services.ts';

/** How much of a refused body is read after the answer, and for how long. */
const LINGER_BYTES = 1 << 20;
const LINGER_MS = 500;

/**
 * An answer to a request whose body is still coming ends the connection: Node would otherwise swallow the whole
 * body to keep the connection. The end waits a moment, reading a little, since a socket closed with unread bytes
 * is reset and the client may lose the answer.
 */
export function refuseRestOfBody(app: App): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (request.raw.complete || !hasBody(request.raw)) return payload;
    reply.header('connection', 'close');
    if (typeof payload !== 'string' && !Buffer.isBuffer(payload)) return payload;
    reply.header('content-length', Buffer.byteLength(payload));
    return Readable.from(answerThenLinger(payload, request.raw), { objectMode: false });
  });
}

async function* answerThenLinger(answer: string | Buffer, request: IncomingMessage): AsyncGenerator<Buffer> {
  yield typeof answer === 'string' ? Buffer.from(answer) : answer;
  await linger(request);
}

function linger(request: IncomingMessage): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let bytes = 0;
  const onData = (chunk: Buffer): void => {
    bytes += chunk.length;
    if (bytes > LINGER_BYTES) resolve();
  };
  const timer = setTimeout(resolve, LINGER_MS);
  request.on('data', onData).once('end', resolve).once('close', resolve).resume();
  return promise.finally(() => {
    clearTimeout(timer);
    request.off('data', onData).off('end', resolve).off('close', resolve).pause();
  });
}
