import { after } from 'node:test';
import { Client, type QueryResultRow } from 'pg';
import type { Connection } from '../../../src/database/database.ts';
import { postgresEngine } from '../../../src/database/postgres/engine.ts';
import { testPostgres } from '../../servers/postgres.ts';

/** One database for a test file. */
let database: Promise<string> | undefined;
let schemas = 0;

/** A schema of its own made by these statements: its URL, by which names are looked up there first. */
export async function databaseOf(sql = ''): Promise<string> {
  database ??= testPostgres().then((server) => server.freshDatabase());
  const url = new URL(await database);
  const schema = `s${++schemas}`;
  await run(url.href, `CREATE SCHEMA ${schema}`);
  url.searchParams.set('options', `-c search_path=${schema},public`);
  if (sql !== '') await run(url.href, sql);
  return url.href;
}

const clients = new Map<string, Promise<Client>>();
const connections = new Map<string, Promise<Connection>>();

after(async () => {
  const open = [
    ...[...connections.values()].map((connection) => connection.then((each) => each.close())),
    ...[...clients.values()].map((client) => client.then((each) => each.end())),
  ];
  await Promise.allSettled(open);
});

/** The connection under test. */
export function connectionTo(url: string): Promise<Connection> {
  const connection = connections.get(url) ?? postgresEngine.connect(url);
  connections.set(url, connection);
  return connection;
}

/** Another connection, with the driver's own forms of values. */
function clientOf(url: string): Promise<Client> {
  const client = clients.get(url) ?? connectClient(url);
  clients.set(url, client);
  return client;
}

async function connectClient(connectionString: string): Promise<Client> {
  const client = await new Client({ connectionString }).connect();
  await client.query("SET TimeZone = 'UTC'; SET IntervalStyle = 'iso_8601'; SET lc_monetary = 'C'");
  return client;
}

export async function run(url: string, sql: string): Promise<void> {
  await (await clientOf(url)).query(sql);
}

/** Rows of a query as lists of values. */
export async function valuesIn(url: string, sql: string): Promise<unknown[][]> {
  const result = await (await clientOf(url)).query<QueryResultRow>(sql);
  return result.rows.map((row) => Object.values(row));
}

/** The values of the first column. */
export async function listIn(url: string, sql: string): Promise<unknown[]> {
  return (await valuesIn(url, sql)).map(([value]) => value);
}
