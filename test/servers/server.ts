import { randomBytes } from 'node:crypto';
import type { PrivateServer } from '../../scripts/servers/private-server.ts';

export interface TestServer {
  /** Of a user who may do everything. */
  readonly url: string;
  /** SQL through the database's own shell, as the user and in the database of a URL; throws with what it said. */
  run(url: string, sql: string): Promise<void>;
  /** The URL of an empty database of its own. It goes away with the server. */
  freshDatabase(): Promise<string>;
}

/** The URL that `npm test` handed over, else that of a server of this process; started once. */
export function sharedServer(variable: string, start: () => Promise<PrivateServer>): () => Promise<string> {
  let own: Promise<PrivateServer> | undefined;
  return async () => {
    const given = process.env[variable];
    if (given !== undefined) return given;
    own ??= start();
    return (await own).url;
  };
}

export function freshName(): string {
  return `rowferry_test_${randomBytes(6).toString('hex')}`;
}

/** The same server and user, another database. */
export function databaseUrl(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}

/** The same server and database, another user. */
export function userUrl(database: string, user: string, password: string): string {
  const url = new URL(database);
  url.username = user;
  url.password = password;
  return url.href;
}
