import { POSTGRES_URL, runPostgresSql, startPostgres } from '../../scripts/servers/postgres.ts';
import { databaseUrl, freshName, sharedServer, type TestServer } from './server.ts';

const server = sharedServer(POSTGRES_URL, startPostgres);

/** The PostgreSQL server of this run of tests, started when there is none. */
export async function testPostgres(): Promise<TestServer> {
  const url = await server();
  return {
    url,
    run: async (target, sql) => runPostgresSql(target, sql),
    freshDatabase: async () => {
      const name = freshName();
      runPostgresSql(url, `CREATE DATABASE ${name}`);
      return databaseUrl(url, name);
    },
  };
}
