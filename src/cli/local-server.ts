import { existsSync } from 'node:fs';
import type { Rowferry, RowferryOptions } from '../client/client.ts';
import type { Config } from '../config.ts';
import { RowferryError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { RunningServer } from '../server/listen.ts';

/** A client, and what has to be closed when it is done with. */
export interface Connected extends AsyncDisposable {
  readonly client: Rowferry;
  /** Null: the server runs in this process. */
  readonly server: string | null;
  /** Of this process. */
  readonly own: RunningServer | null;
}

export interface ConnectOptions {
  readonly config: Config;
  /** Of the server, if one is started. */
  readonly log: () => Logger;
  /** The command can begin with an empty database, such as restore; the others want one that is there. */
  readonly mayCreate?: boolean;
  /** Compress what is sent to a configured server; within a machine it costs more than it saves. */
  readonly compress?: boolean;
  /** When a configured server is waited for. */
  readonly onPause?: RowferryOptions['onPause'];
}

/** Every table, every action, and the keys: for the process itself, never stored. */
const EVERYTHING = ['tables:*:*', 'keys:admin'];

/**
 * The configured server, or one of this process on a free port of the loopback with a throw-away key: a command's
 * way through the API is always the same.
 */
export async function connect(options: ConnectOptions): Promise<Connected> {
  const { config } = options;
  if (config.server !== null) return connectTo(config.server, options);
  if (options.mayCreate !== true) assertDatabaseFile(config);
  // A command that answers and ends makes no scheduled backups, and nobody else calls it.
  const own = { host: '127.0.0.1', port: 0, backupSchedule: null, tlsCert: null, tlsKey: null };
  const local = { ...config, ...own };
  const { startServer } = await import('../server/listen.ts');
  const server = await startServer({ config: local, log: options.log(), port: 0 });
  const client = await clientOf(server);
  return {
    client,
    server: null,
    own: server,
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.close();
    },
  };
}

/** A client of a server in this process. */
export async function clientOf(server: RunningServer): Promise<Rowferry> {
  const { Rowferry } = await import('../client/client.ts');
  return new Rowferry({ url: await server.localUrl(), key: server.keys.createEphemeral(EVERYTHING).token });
}

async function connectTo(
  url: string,
  { config: { key }, compress = false, onPause }: ConnectOptions,
): Promise<Connected> {
  if (key === null) {
    throw new RowferryError('usage', `${url} wants an API key, and none is set`, {
      hint: 'make one where the server runs with: rowferry keys create; then set ROWFERRY_KEY',
    });
  }
  const { Rowferry } = await import('../client/client.ts');
  const client = new Rowferry({ url, key, compress, ...(onPause === undefined ? {} : { onPause }) });
  return { client, server: url, own: null, [Symbol.asyncDispose]: async () => client.close() };
}

/** The path of an embedded database; null for one that is reached over the network. */
export function databaseFile(config: Config): string | null {
  return /^sqlite:/.test(config.databaseUrl) ? config.databaseUrl.slice('sqlite:'.length) : null;
}

/** Otherwise a typing error would leave an empty database behind. */
export function assertDatabaseFile(config: Config): void {
  const file = databaseFile(config);
  if (file === null || existsSync(file)) return;
  throw new RowferryError('config-invalid', `there is no database at ${file}`, {
    hint: config.databaseIsDefault
      ? 'start with an example database: rowferry up; or name your own: rowferry init'
      : 'mend --database-url or ROWFERRY_DATABASE_URL, or make the file first (rowferry doctor tells more)',
  });
}
