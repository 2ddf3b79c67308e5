import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { RunningServer } from '../server/listen.ts';
import { certificateEnd, loadTls, RENEW_DAYS } from '../server/tls.ts';

export interface Service extends AsyncDisposable {
  readonly server: RunningServer;
}

/** The server on its configured address. Loaded only when wanted, so that other commands start fast. */
export async function listen(config: Config, log: Logger): Promise<Service> {
  const { startServer } = await import('../server/listen.ts');
  const server = await startServer({ config, log, port: config.port });
  warnOfCertificate(config, log);
  return { server, [Symbol.asyncDispose]: () => server.close() };
}

function warnOfCertificate(config: Config, log: Logger): void {
  const tls = loadTls(config);
  if (tls === null) return;
  const { at, days } = certificateEnd(tls);
  if (days >= RENEW_DAYS) return;
  log.warn(`the certificate ${config.tlsCert} expires at ${at.toISOString()}: renew it, then start again`);
}
