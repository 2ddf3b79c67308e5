/** Which servers some test files use: those whose module they import, themselves or through others. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MYSQL_URL, startMysql } from './mysql.ts';
import { POSTGRES_URL, startPostgres } from './postgres.ts';
import type { PrivateServer } from './private-server.ts';

interface Kind {
  readonly module: string;
  /** Of the environment: where the tests find it. */
  readonly variable: string;
  readonly start: () => Promise<PrivateServer>;
}

const KINDS: readonly Kind[] = [
  { module: 'test/servers/postgres.ts', variable: POSTGRES_URL, start: startPostgres },
  { module: 'test/servers/mysql.ts', variable: MYSQL_URL, start: startMysql },
];

/** Starts them and puts their URLs into the environment; gives what stops them. A URL that is there is kept. */
export async function startNeeded(root: string, files: readonly string[]): Promise<() => Promise<void>> {
  const used = importedBy(files.map((file) => join(root, file)));
  const kinds = KINDS.filter(({ module, variable }) => {
    return used.has(join(root, module)) && process.env[variable] === undefined;
  });
  const started = await Promise.all(kinds.map(async (kind) => ({ ...kind, server: await kind.start() })));
  for (const { variable, server } of started) process.env[variable] = server.url;
  return async () => {
    await Promise.all(started.map(({ server }) => server.stop()));
  };
}

/** These files and all they import by relative paths. */
function importedBy(files: readonly string[]): Set<string> {
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file) || !existsSync(file)) return;
    seen.add(file);
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\bfrom '(\.{1,2}\/[^']+)'/g)) {
      visit(resolve(dirname(file), path));
    }
  };
  for (const file of files) visit(file);
  return seen;
}
