import type { DatabaseCheck, DatabaseFinding } from '../checks.ts';
import type { Connection, SqlRow } from '../database.ts';

/** What `rowferry doctor` asks of a PostgreSQL database. */
export const CHECKS: readonly DatabaseCheck[] = [
  { name: 'server', ask: checkServer },
  { name: 'rights', ask: checkRights },
  { name: 'speed', ask: checkSpeed },
  { name: 'atomic', ask: checkAtomic },
];

async function firstRow(connection: Connection, sql: string): Promise<SqlRow> {
  const [row = {}] = await connection.query(sql);
  return row;
}

async function checkServer(connection: Connection): Promise<DatabaseFinding> {
  const { version, encoding, standby } = await firstRow(
    connection,
    `SELECT current_setting('server_version') AS version, current_setting('server_encoding') AS encoding,
      pg_is_in_recovery() AS standby`,
  );
  const detail = `PostgreSQL ${version}, encoding ${encoding}`;
  if (standby === 1) {
    return {
      ok: false,
      detail: `${detail}: a standby, which takes no rows`,
      mend: 'name the primary instead',
    };
  }
  if (encoding === 'UTF8') return { ok: true, detail, mend: null };
  return {
    ok: false,
    detail: `${detail}; expected UTF8`,
    mend: 'createdb --encoding UTF8 --template template0 …',
  };
}

/** The tables that the role may not read or write. An upsert updates; so does the lock that keeps parents in place. */
const UNTOUCHABLE = `SELECT current_user AS role, string_agg(c.oid::regclass::text, ', ' ORDER BY c.relname) AS names
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND pg_table_is_visible(c.oid) AND n.nspname NOT IN ('rowferry', 'information_schema')
    AND NOT starts_with(n.nspname, 'pg_') AND has_schema_privilege(n.oid, 'USAGE')
    AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
      AND has_table_privilege(c.oid, 'UPDATE'))`;

async function checkRights(connection: Connection): Promise<DatabaseFinding> {
  const { role, names } = await firstRow(connection, UNTOUCHABLE);
  if (names === null) return { ok: true, detail: `${role} may read and write every table`, mend: null };
  return {
    ok: true,
    detail: `${role} may not both read and write: ${names}`,
    mend: `GRANT SELECT, INSERT, UPDATE ON ${names} TO ${role}`,
  };
}

const SUPERUSER = '(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)';
/** Since version 15 the right can be given to any role. */
const PARAMETER = "has_parameter_privilege('session_replication_role', 'SET')";

async function checkSpeed(connection: Connection): Promise<DatabaseFinding> {
  const { number } = await firstRow(
    connection,
    "SELECT current_setting('server_version_num')::integer AS number",
  );
  const grantable = Number(number) >= 150_000;
  const { role, may } = await firstRow(
    connection,
    `SELECT current_user AS role, ${grantable ? PARAMETER : SUPERUSER} AS may`,
  );
  if (may === 1) return { ok: true, detail: 'foreign keys are checked set by set', mend: null };
  return {
    ok: true,
    detail: 'foreign keys are checked row by row, which takes several times as long',
    mend: grantable ? `GRANT SET ON PARAMETER session_replication_role TO ${role}` : `use a superuser role`,
  };
}

async function checkAtomic(connection: Connection): Promise<DatabaseFinding> {
  const { role, may } = await firstRow(
    connection,
    `SELECT current_user AS role, CASE WHEN to_regnamespace('rowferry') IS NULL
      THEN has_database_privilege(current_database(), 'CREATE')
      ELSE has_schema_privilege('rowferry', 'CREATE') END AS may`,
  );
  if (may === 1) return { ok: true, detail: 'files can be loaded with --atomic', mend: null };
  return {
    ok: true,
    detail: `files cannot be loaded with --atomic: ${role} may not make tables for their rows to wait in`,
    mend: `GRANT CREATE ON SCHEMA rowferry TO ${role}`,
  };
}
