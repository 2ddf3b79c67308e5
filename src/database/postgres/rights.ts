import type { Session } from './session.ts';

/** What the role may do with a table. */
export interface Rights {
  /** SELECT, and no row is hidden from it. */
  readonly sees: boolean;
  /** FOR KEY SHARE. */
  readonly locks: boolean;
}

const NONE: Rights = { sees: false, locks: false };

const RIGHTS = `SELECT has_table_privilege(oid, 'SELECT') AND NOT row_security_active(oid) AS sees,
    has_any_column_privilege(oid, 'UPDATE') AS locks
  FROM (SELECT to_regclass($1)::oid AS oid) t WHERE oid IS NOT NULL`;

/** `table`: quoted, with its schema. */
export async function rightsOn(session: Session, table: string): Promise<Rights> {
  const [row] = await session.rows(RIGHTS, [table]);
  if (row === undefined) return NONE;
  const sees = row.sees === 1;
  return { sees, locks: sees && row.locks === 1 };
}

/** Whether the role may leave the row-by-row check of foreign keys off; outside a transaction. */
export async function maySkipTriggers(session: Session): Promise<boolean> {
  try {
    await session.run('BEGIN', 'SET LOCAL session_replication_role = replica', 'ROLLBACK');
    return true;
  } catch (error) {
    await session.run('ROLLBACK');
    if (error instanceof Error && 'code' in error && error.code === '42501') return false;
    throw error;
  }
}
