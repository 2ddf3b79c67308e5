import { RowferryError } from '../../errors.ts';
import type { SqlRow } from '../database.ts';
import { isDatabaseError } from './failures.ts';
import { type Relation, rowsOf } from './relations.ts';
import type { Session } from './session.ts';

/** Locks on tables, and who holds those that were waited for in vain. */

type Lockable = Pick<Relation, 'oid' | 'kind' | 'name'>;

/** Holds changes of the schema off; false: a table was rewritten since the snapshot began, which does not see its rows. */
export async function lockForReading(session: Session, tables: readonly Lockable[]): Promise<boolean> {
  if (tables.length === 0) return true;
  await lockTables(session, tables, 'ACCESS SHARE');
  const [row] = await session.rows(
    `SELECT count(*) AS rewritten FROM pg_class c
     WHERE c.relkind = 'r' AND c.relfilenode <> 0 AND c.relfilenode <> pg_relation_filenode(c.oid)
       AND (c.oid = ANY ($1::oid[]) OR c.relispartition)`,
    [`{${tables.map(({ oid }) => oid).join(',')}}`],
  );
  return row?.rewritten === 0;
}

/** `lock-timeout` naming who is in the way; the transaction is over then. */
export async function lockTables(
  session: Session,
  tables: readonly Lockable[],
  mode: 'ACCESS SHARE' | 'EXCLUSIVE',
): Promise<void> {
  try {
    await session.run(`LOCK TABLE ${tables.map(rowsOf).join(', ')} IN ${mode} MODE`);
  } catch (error) {
    throw isLockFailure(error) ? await lockError(session, tables, error) : error;
  }
}

/** The wait was too long, or in a circle. */
export function isLockFailure(error: unknown): boolean {
  return isDatabaseError(error) && (error.code === '55P03' || error.code === '40P01');
}

/** Those who hold a lock on a table of which a statement waits; a lock that only readers take is in nobody's way. */
const HOLDERS_SQL = `SELECT DISTINCT a.pid, a.usename AS role, a.application_name AS program, a.state,
    left(regexp_replace(a.query, '\\s+', ' ', 'g'), 200) AS query, l.relation::regclass::text AS name,
    extract(epoch FROM clock_timestamp() - a.xact_start)::int AS seconds
  FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.locktype = 'relation' AND l.granted AND l.relation = ANY ($1::oid[]) AND a.pid <> pg_backend_pid()
    AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (l.mode <> 'AccessShareLock') ORDER BY seconds DESC NULLS LAST`;

export async function lockError(
  session: Session,
  tables: readonly Lockable[],
  cause: unknown,
): Promise<RowferryError> {
  await session.rollback();
  const oids = `{${tables.map(({ oid }) => oid).join(',')}}`;
  const holders = await session.rows(HOLDERS_SQL, [oids]).catch(() => []);
  const who = holders.map(holder).join('; ') || 'somebody who is done by now';
  const names = tables.length === 1 ? tables[0]?.name : 'the tables';
  return new RowferryError(
    'lock-timeout',
    `the lock on ${names} was waited for in vain; it is held by ${who}`,
    {
      hint: 'wait until that is done, or end it: SELECT pg_terminate_backend(PID)',
      cause,
    },
  );
}

function holder({ pid, role, program, state, query, name, seconds }: SqlRow): string {
  const by = program === '' || program === null ? '' : ` of ${program}`;
  return `process ${pid}${by} (role ${role}, ${state}, ${seconds ?? 0} s in its transaction, on ${name}): ${query}`;
}
