import type { TestContext } from 'node:test';
import { databaseName, databaseOf, run, userWith, valuesIn } from '../../database/mysql/fixture.ts';
import { type ServerHome, serverHome } from '../shared/home.ts';

interface Kept {
  readonly admin: string;
  readonly home: ServerHome;
}

/** By the rights of their users; '' for one who may do everything. */
const homes = new Map<string, Promise<Kept>>();

/** The same home for all tests of a file, with nothing in its database but what these statements make. */
export async function mysqlHome(_t: TestContext, sql: string, rights = ''): Promise<ServerHome> {
  const kept = homes.get(rights) ?? makeHome(rights);
  homes.set(rights, kept);
  const { admin, home } = await kept;
  const name = databaseName(admin);
  await run(
    admin,
    `DROP DATABASE ${name}; CREATE DATABASE ${name} CHARACTER SET utf8mb4; USE ${name};
     SET sql_mode = DEFAULT, foreign_key_checks = 1; ${sql}`,
  );
  return home;
}

/** With a home folder of its own. */
export async function mysqlHomeAlone(_t: TestContext, sql: string): Promise<ServerHome> {
  const { home } = await makeHome('');
  await home.run(sql);
  return home;
}

async function makeHome(rights: string): Promise<Kept> {
  const admin = await databaseOf();
  const database = {
    run: (statements: string) => run(admin, statements),
    rows: (query: string) => valuesIn(admin, query),
  };
  const url = rights === '' ? admin : await userWith(admin, `${rights} ON ${databaseName(admin)}.*`);
  return { admin, home: await serverHome(url, database) };
}

/** The user may change rows, and nothing else. */
export const asDml = (t: TestContext, sql: string): Promise<ServerHome> =>
  mysqlHome(t, sql, 'SELECT, INSERT, UPDATE, DELETE');

const TEXTS = new Set([
  'char',
  'varchar',
  'tinytext',
  'text',
  'mediumtext',
  'longtext',
  'enum',
  'set',
  'uuid',
]);
const NUMBERS = /^(?:(?:tiny|small|medium|big)?int|decimal|year|bit)$/;

/** Every row with the bytes of each value, in an order of their own. */
export async function contentOf(home: Pick<ServerHome, 'rows'>, table: string): Promise<unknown[][]> {
  const columns = await home.rows(
    `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = '${table}' ORDER BY ORDINAL_POSITION`,
  );
  const values = columns.map(([name, type]) =>
    valueSql(`\`${String(name).replaceAll('`', '``')}\``, String(type)),
  );
  const order = values.map((_, index) => index + 1).join(', ');
  return home.rows(`SELECT ${values.join(', ')} FROM \`${table}\` ORDER BY ${order}`);
}

function valueSql(column: string, type: string): string {
  if (type === 'float' || type === 'double') return `CAST(${column} * 1e0 AS CHAR)`;
  if (NUMBERS.test(type)) return `CAST(${column} + 0 AS CHAR)`;
  if (TEXTS.has(type)) return `HEX(CONVERT(${column} USING utf8mb4))`;
  return /^(?:date|time|datetime|timestamp|inet4|inet6)$/.test(type)
    ? `CAST(${column} AS CHAR)`
    : `HEX(${column})`;
}
