import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream';
import { type Transport, timedOut, unreachable } from './transport.ts';

/**
 * node:http with kept-alive connections. It writes a part's bytes as they lie in the caller's buffer; fetch copies
 * each body first, which costs 4 MiB a part.
 *
 * The module is not imported: that reads all its names, its own fetch and WebSocket among them, which takes longer than
 * the rest of a command's start.
 */
export function nodeTransport(url: URL): Transport {
  const secure = url.protocol === 'https:';
  const { Agent, request: open } = process.getBuiltinModule(secure ? 'node:https' : 'node:http');
  const agent = new Agent({ keepAlive: true });
  const prefix = url.pathname.replace(/\/$/, '');
  return {
    send: (wire) =>
      new Promise((resolve, reject) => {
        const { method, headers, timeoutMs, onSent } = wire;
        const path = prefix + wire.path;
        const target = { protocol: url.protocol, hostname: bare(url.hostname), port: url.port };
        const request = open({ ...target, agent, method, path, headers, timeout: timeoutMs });
        request.on('timeout', () => request.destroy(timedOut(url, timeoutMs)));
        request.on('error', (error) => reject(unreachable(url, error)));
        if (onSent !== undefined) request.once('finish', onSent);
        request.on('response', (response) => {
          // An answer before the body went out is a refusal: the rest need not travel.
          response.on('end', () => !request.writableFinished && request.destroy());
          resolve({
            status: response.statusCode ?? 0,
            header: headerOf(response),
            body: chunks(url, response),
          });
        });
        if (wire.body === undefined || wire.body instanceof Uint8Array) request.end(wire.body);
        else pipeline(wire.body.open(), request, (error) => error && reject(unreachable(url, error)));
      }),
    close: () => agent.destroy(),
  };
}

/** node:http wants an IPv6 address without its brackets. */
function bare(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

function headerOf(response: IncomingMessage): (name: string) => string | undefined {
  return (name) => {
    const value = response.headers[name.toLowerCase()];
    return Array.isArray(value) ? value.join(', ') : value;
  };
}

async function* chunks(url: URL, response: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response) yield chunk;
  } catch (error) {
    throw unreachable(url, error);
  }
}
