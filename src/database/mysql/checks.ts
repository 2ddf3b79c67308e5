import type { DatabaseCheck, DatabaseFinding } from '../checks.ts';
import type { Connection, SqlRow } from '../database.ts';
import { quoteName } from './names.ts';

/** What `rowferry doctor` asks of a MySQL or MariaDB database. */
export const CHECKS: readonly DatabaseCheck[] = [
  { name: 'server', ask: checkServer },
  { name: 'engines', ask: checkEngines },
  { name: 'rights', ask: checkRights },
  { name: 'speed', ask: checkSpeed },
  { name: 'atomic', ask: checkAtomic },
];

/** A batch of rejects goes in one statement. */
const LEAST_PACKET = 8 << 20;

async function firstRow(connection: Connection, sql: string): Promise<SqlRow> {
  const [row = {}] = await connection.query(sql);
  return row;
}

async function checkServer(connection: Connection): Promise<DatabaseFinding> {
  const { version, characters, packet, closed } = await firstRow(
    connection,
    `SELECT version() AS version, @@character_set_database AS characters,
      @@global.max_allowed_packet AS packet, @@global.read_only AS closed`,
  );
  const detail = `${version}, character set ${characters}`;
  if (Number(closed) !== 0) {
    return { ok: false, detail: `${detail}: read-only, it takes no rows`, mend: 'name the primary instead' };
  }
  if (Number(packet) >= LEAST_PACKET) return { ok: true, detail, mend: null };
  return {
    ok: false,
    detail: `${detail}; max_allowed_packet is ${packet}, expected ${LEAST_PACKET} or more`,
    mend: 'SET GLOBAL max_allowed_packet = 67108864',
  };
}

/** Rows of a table without transactions could not be taken back, so such a table is none to load into. */
async function checkEngines(connection: Connection): Promise<DatabaseFinding> {
  const rows = await connection.query(
    `SELECT t.TABLE_NAME AS name FROM information_schema.TABLES t
     JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE
     WHERE t.TABLE_SCHEMA = DATABASE() AND t.TABLE_TYPE = 'BASE TABLE' AND coalesce(e.TRANSACTIONS, 'NO') <> 'YES'
     ORDER BY t.TABLE_NAME`,
  );
  const names = rows.map(({ name }) => quoteName(String(name)));
  if (names.length === 0) return { ok: true, detail: 'every table has transactions', mend: null };
  return {
    ok: true,
    detail: `left out, since they have no transactions: ${names.join(', ')}`,
    mend: `ALTER TABLE ${names[0]} ENGINE = InnoDB`,
  };
}

/** What the user may do in all of the database; rights given by roles or for single tables are not shown here. */
async function rightsOf(connection: Connection): Promise<{ user: string; rights: ReadonlySet<string> }> {
  const { user } = await firstRow(connection, 'SELECT current_user() AS user');
  const [, name = '', host = ''] = /^(.*)@([^@]*)$/.exec(String(user)) ?? [];
  const grantee = `'${name}'@'${host}'`;
  const rows = await connection.query(
    `SELECT PRIVILEGE_TYPE AS privilege FROM information_schema.USER_PRIVILEGES WHERE GRANTEE = ?
     UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES
       WHERE GRANTEE = ? AND DATABASE() LIKE TABLE_SCHEMA`,
    [grantee, grantee],
  );
  return { user: grantee, rights: new Set(rows.map(({ privilege }) => String(privilege))) };
}

async function checkRights(connection: Connection): Promise<DatabaseFinding> {
  const { user, rights } = await rightsOf(connection);
  const missing = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'].filter((each) => !rights.has(each));
  if (missing.length === 0) return { ok: true, detail: `${user} may read and write every table`, mend: null };
  return {
    ok: true,
    detail: `${user} has no ${missing.join(', ')} on the whole database; grants for tables and roles are not looked at`,
    mend: await grantSql(connection, missing, user),
  };
}

async function checkSpeed(connection: Connection): Promise<DatabaseFinding> {
  const { allowed } = await firstRow(connection, 'SELECT @@global.local_infile AS allowed');
  if (Number(allowed) === 1) return { ok: true, detail: 'rows go by LOAD DATA LOCAL', mend: null };
  return {
    ok: true,
    detail: 'rows go by INSERT, which takes longer: the server does not take LOAD DATA LOCAL',
    mend: 'SET GLOBAL local_infile = 1',
  };
}

async function checkAtomic(connection: Connection): Promise<DatabaseFinding> {
  const { user, rights } = await rightsOf(connection);
  const missing = ['CREATE', 'DROP'].filter((each) => !rights.has(each));
  if (missing.length === 0) return { ok: true, detail: 'files can be loaded with --atomic', mend: null };
  return {
    ok: true,
    detail: `files cannot be loaded with --atomic: ${user} may not make tables for their rows to wait in`,
    mend: await grantSql(connection, missing, user),
  };
}

async function grantSql(connection: Connection, rights: readonly string[], user: string): Promise<string> {
  const { name } = await firstRow(connection, 'SELECT database() AS name');
  return `GRANT ${rights.join(', ')} ON ${quoteName(String(name))}.* TO ${user}`;
}
