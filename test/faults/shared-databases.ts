import { testMysql } from '../servers/mysql.ts';
import { testPostgres } from '../servers/postgres.ts';
import { type Databases, type EngineName, ofServer, openDatabases } from './harness/databases.ts';

/** Databases on the servers of the run of tests: for tests that do not end or slow down their server. */
export async function sharedDatabases(engine: EngineName): Promise<Databases> {
  if (engine === 'sqlite') return openDatabases(engine);
  const { url } = await (engine === 'postgres' ? testPostgres() : testMysql());
  return { engine, server: null, fresh: () => ofServer(engine, url), stop: async () => {} };
}
