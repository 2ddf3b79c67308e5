import type { Config } from '../config.ts';
import type { Logger } from '../log.ts';
import type { RunningServer } from '../server/listen.ts';

export interface Service extends AsyncDisposable {
  readonly server: RunningServer;
}

/** The server on its configured address. Loaded only when wanted, so that other commands start fast. */
export async function listen(config: Config, log: Logger): Promise<Service> {
  const { startServer } = await import('../server/listen.ts');
  const server = await startServer({ config, log, port: config.port });
  return { server, [Symbol.asyncDispose]: () => server.close() };
}
