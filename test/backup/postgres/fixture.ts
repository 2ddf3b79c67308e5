import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { databaseOf, run, valuesIn } from '../../database/postgres/fixture.ts';
import { userUrl } from '../../servers/server.ts';
import { type ServerHome, serverHome } from '../shared/home.ts';

interface Kept {
  readonly admin: string;
  readonly schema: string;
  readonly home: ServerHome;
}

/** By the rights of their roles; '' for one who may do everything. */
const homes = new Map<string, Promise<Kept>>();

/** The same home for all tests of a file, with nothing in its schema but what these statements make. */
export async function postgresHome(_t: TestContext, sql: string, rights = ''): Promise<ServerHome> {
  const kept = homes.get(rights) ?? makeHome(rights);
  homes.set(rights, kept);
  const { admin, schema, home } = await kept;
  await run(admin, `DROP SCHEMA ${schema} CASCADE; CREATE SCHEMA ${schema}`);
  await run(admin, sql);
  if (rights !== '') {
    const { username } = new URL(home.url);
    await run(
      admin,
      `GRANT USAGE ON SCHEMA ${schema} TO ${username}; GRANT ${rights} ON ALL TABLES IN SCHEMA ${schema} TO ${username}`,
    );
  }
  return home;
}

/** With a home folder of its own. */
export async function postgresHomeAlone(_t: TestContext, sql: string): Promise<ServerHome> {
  const { admin, home } = await makeHome('');
  await run(admin, sql);
  return home;
}

async function makeHome(rights: string): Promise<Kept> {
  const admin = await databaseOf();
  const database = {
    run: (statements: string) => run(admin, statements),
    rows: (query: string) => valuesIn(admin, query),
  };
  const url = rights === '' ? admin : await roleOf(admin);
  return { admin, schema: schemaOf(admin), home: await serverHome(url, database) };
}

async function roleOf(admin: string): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  await run(admin, `CREATE ROLE ${role} LOGIN PASSWORD 'pw'`);
  return userUrl(admin, role, 'pw');
}

/** It may change rows, and nothing else. */
export const asDml = (t: TestContext, sql: string): Promise<ServerHome> =>
  postgresHome(t, sql, 'SELECT, INSERT, UPDATE, DELETE');

function schemaOf(url: string): string {
  const [, schema] = /search_path=([^,]+)/.exec(new URL(url).searchParams.get('options') ?? '') ?? [];
  if (schema === undefined) throw new Error('the URL names no schema');
  return schema;
}

/** Every row as the bytes of its columns, in an order of their own. */
export async function contentOf(home: ServerHome, table: string): Promise<unknown[]> {
  const quoted = `"${table.replaceAll('"', '""')}"`;
  const rows = await home.rows(
    `SELECT encode(record_send(t), 'hex') || ' ' || t::text FROM ${quoted} t ORDER BY 1`,
  );
  return rows.map(([row]) => row);
}
