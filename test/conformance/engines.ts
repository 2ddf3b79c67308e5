import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after } from 'node:test';
import type { Engine } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { userUrl } from '../servers/server.ts';

/** A database that the suites run on. */
export interface Target {
  readonly engine: Engine['name'];
  /** As the user that the suites run as. */
  readonly url: string;
  /** Statements by another program, as a user who may do everything. */
  run(sql: string): Promise<void>;
  /** How many connections to the database there are; the one that asks is not counted. */
  connections?(): Promise<number>;
  /** Ends every connection to the database, as a restart of the server does. */
  disconnect?(): Promise<void>;
  /** Of a user who may not make tables: the grants that docs/databases.md names for atomic loads. */
  allowAtomic?(): Promise<void>;
}

/** Makes a fresh database with the tables of ddl/<engine>.sql. */
export type NewTarget = () => Promise<Target>;

const ddlOf = (engine: Engine['name']): string =>
  readFileSync(new URL(`./ddl/${engine}.sql`, import.meta.url), 'utf8');

export async function sqliteTarget(): Promise<Target> {
  const folder = mkdtempSync(join(tmpdir(), 'rowferry-conformance-'));
  after(() => rmSync(folder, { recursive: true, maxRetries: 3 }));
  const path = join(folder, 'x.sqlite');
  const run = async (sql: string): Promise<void> => {
    const db = new DatabaseSync(path, { timeout: 10_000 });
    try {
      db.exec(sql);
    } finally {
      db.close();
    }
  };
  await run(`PRAGMA journal_mode=WAL; ${ddlOf('sqlite')}`);
  return { engine: 'sqlite', url: `sqlite:${path}`, run };
}

export async function postgresTarget(): Promise<Target> {
  const server = await testPostgres();
  const url = await server.freshDatabase();
  await server.run(url, ddlOf('postgres'));
  return {
    engine: 'postgres',
    url,
    run: (sql) => server.run(url, sql),
    connections: () =>
      numberIn(
        url,
        `SELECT count(*) AS n FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      ),
    disconnect: () =>
      server.run(
        url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      ),
  };
}

export async function mysqlTarget(): Promise<Target> {
  const server = await testMysql();
  const url = await server.freshDatabase();
  await server.run(url, ddlOf('mysql'));
  const run = (sql: string) => server.run(url, sql);
  const connections = () =>
    numberIn(
      url,
      `SELECT count(*) AS n FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()`,
    );
  return { engine: 'mysql', url, run, connections, disconnect: () => killAll(url, run) };
}

async function numberIn(url: string, sql: string): Promise<number> {
  const connection = await openDatabase(url);
  try {
    return Number((await connection.query(sql))[0]?.n);
  } finally {
    await connection.close();
  }
}

async function killAll(url: string, run: (sql: string) => Promise<void>): Promise<void> {
  const connection = await openDatabase(url);
  const rows = await connection.query(
    'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE() AND ID <> CONNECTION_ID()',
  );
  await connection.close();
  // One that has ended by itself meanwhile is as good as killed.
  for (const { id } of rows) await run(`KILL ${id}`).catch(() => undefined);
}

const PASSWORD = 'least-of-all';

/** The grants of docs/databases.md and no more; the ledger was made by another. */
export async function postgresLeastTarget(): Promise<Target> {
  const target = await postgresTarget();
  await makeLedger(target.url);
  const role = `${databaseOf(target.url)}_loader`;
  await target.run(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}';
    GRANT USAGE ON SCHEMA rowferry TO ${role};
    GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, rowferry TO ${role};`);
  return {
    ...target,
    url: userUrl(target.url, role, PASSWORD),
    allowAtomic: () => target.run(`GRANT CREATE ON SCHEMA rowferry TO ${role}`),
  };
}

export async function mysqlLeastTarget(): Promise<Target> {
  const target = await mysqlTarget();
  await makeLedger(target.url);
  const database = databaseOf(target.url);
  // MySQL has names of 32 characters at most.
  const user = `l_${database.slice(-12)}`;
  await target.run(`CREATE USER ${user}@'%' IDENTIFIED BY '${PASSWORD}';
    GRANT SELECT, INSERT, UPDATE, DELETE ON ${database}.* TO ${user}@'%';`);
  return {
    ...target,
    url: userUrl(target.url, user, PASSWORD),
    allowAtomic: () => target.run(`GRANT CREATE, DROP ON ${database}.* TO ${user}@'%'`),
  };
}

async function makeLedger(url: string): Promise<void> {
  const connection = await openDatabase(url);
  try {
    await migrate(connection);
  } finally {
    await connection.close();
  }
}

const databaseOf = (url: string): string => new URL(url).pathname.slice(1);
