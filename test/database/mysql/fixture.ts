import { after } from 'node:test';
import { createConnection, type Connection as Driver } from 'mysql2/promise';
import type { Connection } from '../../../src/database/database.ts';
import { targetOf } from '../../../src/database/mysql/address.ts';
import { mysqlEngine } from '../../../src/database/mysql/engine.ts';
import { testMysql } from '../../servers/mysql.ts';
import { userUrl } from '../../servers/server.ts';

const drivers = new Map<string, Promise<Driver>>();
const connections = new Map<string, Promise<Connection>>();

after(async () => {
  for (const connection of connections.values()) await (await connection).close();
  for (const driver of drivers.values()) await (await driver).end();
});

/** A database of its own made by these statements; its URL. */
export async function databaseOf(sql = ''): Promise<string> {
  const url = await (await testMysql()).freshDatabase();
  if (sql !== '') await run(url, sql);
  return url;
}

/** The connection under test. */
export function connectionTo(url: string): Promise<Connection> {
  const connection = connections.get(url) ?? mysqlEngine.connect(url);
  connections.set(url, connection);
  return connection;
}

/** Another connection, without any setting of ours. */
export function driverTo(url: string): Promise<Driver> {
  const driver =
    drivers.get(url) ??
    createConnection({
      ...targetOf(url),
      multipleStatements: true,
      rowsAsArray: true,
      dateStrings: true,
      supportBigNumbers: true,
      timezone: 'Z',
    });
  drivers.set(url, driver);
  return driver;
}

export async function run(url: string, sql: string): Promise<void> {
  await (await driverTo(url)).query(sql);
}

/** Rows of a query as lists of values. */
export async function valuesIn(url: string, sql: string): Promise<unknown[][]> {
  const [rows] = await (await driverTo(url)).query(sql);
  return Array.isArray(rows) ? rows.map((row) => Object.values(row)) : [];
}

/** The values of the first column. */
export async function listIn(url: string, sql: string): Promise<unknown[]> {
  return (await valuesIn(url, sql)).map(([value]) => value);
}

let users = 0;

/** The URL of a new user who has these rights and no others, each as it stands between GRANT and TO. */
export async function userWith(url: string, ...rights: readonly string[]): Promise<string> {
  const name = `u${process.pid}_${++users}`;
  await run(url, `CREATE USER ${name}@'%' IDENTIFIED BY 'test-only'`);
  for (const right of rights) await run(url, `GRANT ${right} TO ${name}@'%'`);
  return userUrl(url, name, 'test-only');
}

export const databaseName = (url: string): string => new URL(url).pathname.slice(1);
