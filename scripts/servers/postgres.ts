import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Place,
  type PrivateServer,
  programOf,
  type Recipe,
  startPrivateServer,
} from './private-server.ts';

/** Tests use the server of this URL when it is set; its role must be allowed everything. */
export const POSTGRES_URL = 'TEST_POSTGRES_URL';

const ADMIN = 'admin';
const PASSWORD = 'test-only';

const recipeWith = (options: readonly string[], env: NodeJS.ProcessEnv): Recipe => ({
  env,
  name: 'postgres',
  user: 'postgres',
  signal: 'SIGQUIT',
  create({ folder, run }: Place): void {
    const password = join(folder, 'password');
    writeFileSync(password, PASSWORD, { mode: 0o644 });
    const role = ['--username', ADMIN, '--pwfile', password, '--auth', 'scram-sha-256'];
    // --no-sync is for the making of the folder alone: the server writes as durably as any other.
    run(programOf('initdb'), [
      '-D',
      dataOf(folder),
      ...role,
      '--encoding',
      'UTF8',
      '--no-locale',
      '--no-sync',
    ]);
  },
  start({ folder, port }: Place): readonly string[] {
    const own = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
    // Test files run side by side, and each keeps its connections until it ends.
    const settings = [...own, 'max_connections=300', ...options];
    return [programOf('postgres'), '-D', dataOf(folder), ...settings.flatMap((each) => ['-c', each])];
  },
  answers(place: Place): boolean {
    return spawnSync(programOf('pg_isready'), ['-d', urlOf(place)], { stdio: 'ignore' }).status === 0;
  },
  url: urlOf,
});

/** `options`: further settings, each as NAME=VALUE. */
export function startPostgres(
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<PrivateServer> {
  return startPrivateServer(recipeWith(options, env));
}

/** SQL as the user of the URL, all of it or up to the first error, which is thrown. */
export function runPostgresSql(url: string, sql: string): void {
  const settings = ['--no-psqlrc', '--quiet', '--set', 'ON_ERROR_STOP=1', '--output', '/dev/null'];
  execFileSync(programOf('psql'), [...settings, url], { input: sql, stdio: ['pipe', 'ignore', 'pipe'] });
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

function urlOf({ port }: Place): string {
  return `postgres://${ADMIN}:${PASSWORD}@127.0.0.1:${port}/postgres`;
}
