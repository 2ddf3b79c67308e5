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

/** Tests use the server of this URL when it is set, MySQL or MariaDB; its user must be allowed everything. */
export const MYSQL_URL = 'TEST_MYSQL_URL';

const ADMIN = 'admin';
const PASSWORD = 'test-only';
const MAKE_ADMIN = [
  `CREATE USER IF NOT EXISTS ${ADMIN}@'%' IDENTIFIED BY '${PASSWORD}';`,
  `GRANT ALL ON *.* TO ${ADMIN}@'%' WITH GRANT OPTION;`,
].join('\n');

const recipeWith = (options: readonly string[], env: NodeJS.ProcessEnv): Recipe => ({
  env,
  name: 'mariadb',
  user: 'mysql',
  signal: 'SIGKILL',
  create({ folder, run }: Place): void {
    writeFileSync(join(folder, 'admin.sql'), MAKE_ADMIN, { mode: 0o644 });
    const settings = ['--auth-root-authentication-method=normal', '--skip-test-db', '--skip-name-resolve'];
    run(programOf('mariadb-install-db'), ['--no-defaults', `--datadir=${dataOf(folder)}`, ...settings]);
  },
  start({ folder, port }: Place): readonly string[] {
    return [
      programOf('mariadbd'),
      '--no-defaults',
      `--datadir=${dataOf(folder)}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${join(folder, 'socket')}`,
      `--init-file=${join(folder, 'admin.sql')}`,
      '--skip-name-resolve',
      '--local-infile=1',
      ...options,
    ];
  },
  answers(place: Place): boolean {
    const { program, args } = clientOf(urlOf(place));
    return spawnSync(program, [...args, '--execute', 'SELECT 1'], { stdio: 'ignore' }).status === 0;
  },
  url: urlOf,
});

/** `options` of the server's command line stand over ours. */
export function startMysql(
  options: readonly string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<PrivateServer> {
  return startPrivateServer(recipeWith(options, env));
}

/** SQL as the user of the URL, all of it or up to the first error, which is thrown. */
export function runMysqlSql(url: string, sql: string): void {
  const { program, args } = clientOf(url);
  execFileSync(program, [...args], { input: sql, stdio: ['pipe', 'ignore', 'pipe'] });
}

/** The shell of MariaDB or MySQL, and what brings it to the database of a URL. */
export function clientOf(url: string): { program: string; args: string[] } {
  const { hostname, port, username, password, pathname } = new URL(url);
  const address = [`--host=${hostname}`, `--port=${port || '3306'}`, '--protocol=tcp'];
  const user = [`--user=${decodeURIComponent(username)}`, `--password=${decodeURIComponent(password)}`];
  const database = decodeURIComponent(pathname.slice(1));
  const args = ['--no-defaults', ...address, ...user, '--default-character-set=utf8mb4'];
  return {
    program: programOf('mariadb', 'mysql'),
    args: database === '' ? args : [...args, `--database=${database}`],
  };
}

function dataOf(folder: string): string {
  return join(folder, 'data');
}

function urlOf({ port }: Place): string {
  return `mysql://${ADMIN}:${PASSWORD}@127.0.0.1:${port}/`;
}
