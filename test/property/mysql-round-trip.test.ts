import { openDatabase } from '../../src/database/open.ts';
import { testMysql } from '../servers/mysql.ts';
import { MARIADB_TYPES, MYSQL_TYPES } from './mysql-types.ts';
import { roundTrips } from './round-trip.ts';

const server = await testMysql();
const url = await server.freshDatabase();

async function isMariaDb(): Promise<boolean> {
  const connection = await openDatabase(url);
  try {
    const [row] = await connection.query('SELECT VERSION() AS version');
    return /mariadb/i.test(String(row?.version));
  } finally {
    await connection.close();
  }
}

const types = (await isMariaDb()) ? [...MYSQL_TYPES, ...MARIADB_TYPES] : MYSQL_TYPES;

await roundTrips({ url, run: (sql) => server.run(url, sql) }, types);
