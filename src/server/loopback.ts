import { createServer, type Server } from 'node:http';
import { isAddressInfo, urlOf } from './address.ts';
import { answerClientError } from './client-errors.ts';
import type { App } from './services.ts';

const ADDRESS = '127.0.0.1';

/**
 * Plain HTTP on loopback for clients in the same process, beside a server that listens elsewhere or over TLS: their keys
 * are good on loopback alone, and a certificate names the machine as others call it, which need not be a name it has for
 * itself. What they send is sealed as everywhere.
 */
export class Loopback {
  readonly server: Server;
  #url: Promise<string> | null = null;

  constructor(app: App) {
    const { headersTimeout, keepAliveTimeout } = app.server;
    const times = { headersTimeout, keepAliveTimeout, requestTimeout: 0, connectionsCheckingInterval: 1000 };
    this.server = createServer(times, app.routing);
    this.server.on('clientError', answerClientError);
  }

  /** Listens from the first call on, on any free port. */
  url(): Promise<string> {
    this.#url ??= this.#listen();
    return this.#url;
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      if (this.server.listening) this.server.close(() => resolve());
      else resolve();
    });
  }

  #listen(): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    this.server.once('error', reject);
    this.server.listen({ host: ADDRESS, port: 0 }, () => {
      const address = this.server.address();
      if (isAddressInfo(address)) resolve(urlOf('http', ADDRESS, address.port));
    });
    return promise;
  }
}
