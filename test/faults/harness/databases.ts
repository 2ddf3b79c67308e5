import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { runMysqlSql, startMysql } from '../../../scripts/servers/mysql.ts';
import { runPostgresSql, startPostgres } from '../../../scripts/servers/postgres.ts';
import type { PrivateServer } from '../../../scripts/servers/private-server.ts';
import { targetOf } from '../../../src/database/mysql/address.ts';
import { databaseUrl, freshName } from '../../servers/server.ts';

/** A machine that stands still for a while is no fault; the driver's own limit is 10 s. */
const CONNECT_MS = 120_000;

export const ENGINES = ['sqlite', 'postgres', 'mysql'] as const;
export type EngineName = (typeof ENGINES)[number];

export type Row = Readonly<Record<string, unknown>>;
export type Query = (sql: string) => Promise<Row[]>;

/** One database, seen with the driver alone: nothing of rowferry's stands between it and the checks. */
export interface Database {
  readonly engine: EngineName;
  readonly url: string;
  run(sql: string): Promise<void>;
  /** Everything that is read is seen at one moment. */
  snapshot<T>(read: (query: Query) => Promise<T>): Promise<T>;
}

/** The server of an engine; of SQLite there is none. */
export interface Databases {
  readonly engine: EngineName;
  readonly server: PrivateServer | null;
  fresh(): Promise<Database>;
  stop(): Promise<void>;
}

/** `env`: of the server; `settings`: further ones of it, as its command line has them. */
export async function openDatabases(
  engine: EngineName,
  env: NodeJS.ProcessEnv = {},
  settings: readonly string[] = [],
): Promise<Databases> {
  if (engine === 'sqlite') {
    const folder = mkdtempSync(join(tmpdir(), 'rowferry-faults-'));
    const stop = async () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    return { engine, server: null, fresh: () => sqlite(folder), stop };
  }
  const server = await (engine === 'postgres'
    ? startPostgres(settings, env)
    : startMysql(['--innodb-use-native-aio=0', ...settings], env));
  return { engine, server, fresh: () => ofServer(engine, server.url), stop: () => server.stop() };
}

/** A new database of a server. */
export const ofServer = (engine: 'postgres' | 'mysql', url: string): Promise<Database> =>
  engine === 'postgres' ? postgres(url) : mysql(url);

async function sqlite(folder: string): Promise<Database> {
  const path = join(mkdtempSync(join(folder, 'database-')), 'hr.sqlite');
  return {
    engine: 'sqlite',
    url: `sqlite:${path}`,
    run: async (sql) => {
      using database = new DatabaseSync(path, { timeout: 10_000 });
      database.exec(sql);
    },
    snapshot: async (read) => {
      using database = new DatabaseSync(path, { readOnly: true, timeout: 10_000 });
      database.exec('BEGIN');
      return await read(async (sql) => database.prepare(sql).all());
    },
  };
}

async function postgres(server: string): Promise<Database> {
  const name = freshName();
  runPostgresSql(server, `CREATE DATABASE ${name}`);
  const url = databaseUrl(server, name);
  return {
    engine: 'postgres',
    url,
    run: async (sql) => runPostgresSql(url, sql),
    snapshot: async (read) => {
      const client = new Client(url);
      await client.connect();
      try {
        await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
        return await read(async (sql) => (await client.query<Row>(sql)).rows);
      } finally {
        await client.end();
      }
    },
  };
}

async function mysql(server: string): Promise<Database> {
  const name = freshName();
  runMysqlSql(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = databaseUrl(server, name);
  return {
    engine: 'mysql',
    url,
    run: async (sql) => runMysqlSql(url, sql),
    snapshot: async (read) => {
      const client = await createConnection({
        ...targetOf(url),
        dateStrings: true,
        connectTimeout: CONNECT_MS,
      });
      try {
        await client.query('START TRANSACTION WITH CONSISTENT SNAPSHOT');
        return await read(async (sql) => {
          const [rows] = await client.query(sql);
          return Array.isArray(rows) ? rows.map((row) => ({ ...row })) : [];
        });
      } finally {
        await client.end();
      }
    },
  };
}
