import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import { databaseOf, run, valuesIn } from '../../database/postgres/fixture.ts';
import { userUrl } from '../../servers/server.ts';
import { type ServerHome, serverHome } from '../shared/home.ts';

/** `as`: the URL of the role that the backups run as; that of one who may do everything where left out. */
export async function postgresHome(
  t: TestContext,
  sql: string,
  as: (url: string) => Promise<string> = async (url) => url,
): Promise<ServerHome> {
  const admin = await databaseOf(sql);
  return serverHome(t, await as(admin), {
    run: (statements) => run(admin, statements),
    rows: (query) => valuesIn(admin, query),
  });
}

/** The URL of a new role that owns nothing and has these rights on the tables there are. */
export async function roleWith(admin: string, rights: string): Promise<string> {
  const role = `role_${randomBytes(6).toString('hex')}`;
  const schema = schemaOf(admin);
  await run(
    admin,
    `CREATE ROLE ${role} LOGIN PASSWORD 'pw'; GRANT USAGE ON SCHEMA ${schema} TO ${role};
     GRANT ${rights} ON ALL TABLES IN SCHEMA ${schema} TO ${role}`,
  );
  return userUrl(admin, role, 'pw');
}

/** It may change rows, and nothing else. */
export const DML = (admin: string): Promise<string> => roleWith(admin, 'SELECT, INSERT, UPDATE, DELETE');

export const asDml = (t: TestContext, sql: string): Promise<ServerHome> => postgresHome(t, sql, DML);

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
