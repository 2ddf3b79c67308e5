import { MYSQL_URL, runMysqlSql, startMysql } from '../../scripts/servers/mysql.ts';
import { databaseUrl, freshName, sharedServer, type TestServer } from './server.ts';

const server = sharedServer(MYSQL_URL, startMysql);

/** The MySQL or MariaDB server of this run of tests, started when there is none. */
export async function testMysql(): Promise<TestServer> {
  const url = await server();
  return {
    url,
    run: async (target, sql) => runMysqlSql(target, sql),
    freshDatabase: async () => {
      const name = freshName();
      runMysqlSql(url, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
      return databaseUrl(url, name);
    },
  };
}
