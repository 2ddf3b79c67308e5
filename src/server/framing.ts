/** Refuses what two programs in a row could read differently: request smuggling (RFC 9112, 11.2). */
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { RowferryError } from '../errors.ts';

/** Pipelined requests are dispatched before the first is answered; what follows a refused one must not be run. */
const refused = new WeakSet<Socket>();

/**
 * `bad-request` for what the HTTP parser takes although a proxy may see another request in it, and for all that
 * comes after it on its connection, which is to be closed; null for a request that can be read in one way.
 */
export function framingError(request: IncomingMessage): RowferryError | null {
  const fault = refused.has(request.socket) ? 'it follows one that was refused' : faultOf(request);
  if (fault === null) return null;
  refused.add(request.socket);
  return new RowferryError('bad-request', `the request is not HTTP as it should be: ${fault}`, {
    hint: 'send HTTP/1.1 with one Host, a target that begins with /, and no Transfer-Encoding but chunked',
  });
}

function faultOf({ url = '', httpVersion, headers, rawHeaders }: IncomingMessage): string | null {
  const coding = headers['transfer-encoding'];
  if (!url.startsWith('/')) return 'its target does not begin with /';
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return `its version is HTTP/${httpVersion}`;
  if (coding !== undefined && httpVersion === '1.0') return 'HTTP/1.0 has no Transfer-Encoding';
  if (coding !== undefined && coding.toLowerCase() !== 'chunked')
    return 'its Transfer-Encoding is not chunked';
  const hosts = rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === 'host').length;
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) return `it has ${hosts} Host header fields`;
  return null;
}
