import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Rowferry } from '../../src/client/client.ts';
import { type ConfigInput, loadConfig } from '../../src/config.ts';
import { createLog } from '../../src/log.ts';
import { type RunningServer, startServer } from '../../src/server/listen.ts';

const DDL = new URL('../../examples/hr/ddl/sqlite.sql', import.meta.url);

/** A real server over a fresh SQLite file with the tables of the example, in a folder of its own. */
export interface Rig extends AsyncDisposable {
  readonly home: string;
  readonly server: RunningServer;
  readonly client: Rowferry;
  readonly token: string;
  path(name: string): string;
  query(sql: string): Record<string, unknown>[];
  execute(sql: string): void;
}

export async function startRig(settings: ConfigInput = {}): Promise<Rig> {
  const home = await mkdtemp(join(tmpdir(), 'rowferry-client-'));
  const file = join(home, 'data', 'rowferry.sqlite');
  await makeDatabase(home);
  const config = loadConfig({ home, backupSchedule: null, ...settings }, {});
  const log = createLog({ destination: { write: () => {} } });
  const server = await startServer({ config, log, port: 0 });
  const { token } = server.keys.createEphemeral(['tables:*:*', 'keys:admin']);
  const client = new Rowferry({ url: server.url, key: token });
  return {
    home,
    server,
    client,
    token,
    path: (name) => join(home, name),
    query: (sql) => withDatabase(file, (database) => database.prepare(sql).all()),
    execute: (sql) => withDatabase(file, (database) => database.exec(sql)),
    [Symbol.asyncDispose]: async () => {
      client.close();
      await server.close();
      await rm(home, { recursive: true });
    },
  };
}

/** data/rowferry.sqlite with the three empty tables, where the default configuration looks for it. */
export async function makeDatabase(home: string): Promise<void> {
  await mkdir(join(home, 'data'), { recursive: true });
  const ddl = await readFile(DDL, 'utf8');
  withDatabase(join(home, 'data', 'rowferry.sqlite'), (database) => database.exec(ddl));
}

export function withDatabase<T>(file: string, work: (database: DatabaseSync) => T): T {
  const database = new DatabaseSync(file, { timeout: 10_000 });
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** `count` jobs of about `width` bytes each, from id `first` on, without a header. */
export function jobs(first: number, count: number, width = 10): string {
  const filler = 'x'.repeat(Math.max(0, width - 10));
  return Array.from({ length: count }, (_, index) => `${first + index},job${filler}\n`).join('');
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
