import { RowferryError } from '../../errors.ts';
import { privilegeError } from '../restore-failures.ts';
import { acts, type Referrer } from './referrers.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';
import { rowSecurityError } from './snapshot.ts';

/**
 * How the rows of a table are replaced. `at once`: by one statement, so that keys that do not act find their parents
 * again at its end. `differences`: only the rows that differ are changed.
 */
export type Way = 'create' | 'delete, copy' | 'at once' | 'differences';

export const WAY_IN_WORDS: Readonly<Record<Way, string>> = {
  create: 'create table, copy, then indexes and keys',
  'delete, copy': 'delete all, copy',
  'at once': 'copy to staging, delete and insert in one statement',
  differences: 'copy to staging, change the rows that differ',
};

export function wayOf(referrers: readonly Referrer[]): Way {
  const others = referrers.some(({ own }) => !own);
  if (referrers.some(acts)) return others ? 'differences' : 'delete, copy';
  return referrers.length > 0 ? 'at once' : 'delete, copy';
}

const RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'] as const;

const RIGHTS_SQL = `SELECT quote_ident(current_user) AS role, row_security_active($1::oid) AS secured,
    ${RIGHTS.map((right) => `has_table_privilege($1::oid, '${right}') AS "${right}"`).join(', ')}, (
      SELECT count(*) FROM pg_rewrite WHERE ev_class = $1::oid AND ev_type IN ('2', '3', '4')) AS rules`;

/** `database-privilege` naming the GRANT, `database-row-security`, `table-unsupported` for rules. */
export async function refuseWithoutRights(session: Session, { oid, name }: Relation): Promise<void> {
  const [row] = await session.rows(RIGHTS_SQL, [oid]);
  const missing = RIGHTS.filter((right) => row?.[right] !== 1).join(', ');
  const role = String(row?.role);
  if (missing !== '') {
    throw privilegeError(`${role} lacks ${missing} on ${name}`, `GRANT ${missing} ON ${name} TO ${role}`);
  }
  if (row?.secured === 1) throw rowSecurityError(name, role);
  if (row?.rules === 0) return;
  throw new RowferryError('table-unsupported', `rules rewrite what is done to ${name}`, {
    hint: `drop them for the time of the restore: see \\d ${name}`,
  });
}

const OTHER_SQL = `SELECT c.relkind AS kind, c.oid::regclass::text AS name, quote_ident(current_user) AS role
  FROM pg_class c WHERE pg_table_is_visible(c.oid) AND lower(c.relname) = lower($1)
    AND c.relkind IN ('r', 'p', 'v', 'm', 'f')`;

/** The name is taken by what cannot be restored: a table without INSERT, a view. */
export async function refuseOther(session: Session, table: string): Promise<void> {
  const [row] = await session.rows(OTHER_SQL, [table]);
  if (row === undefined) return;
  if (row.kind === 'r' || row.kind === 'p') {
    const rights = RIGHTS.join(', ');
    throw privilegeError(
      `${row.role} may not write to ${row.name}`,
      `GRANT ${rights} ON ${row.name} TO ${row.role}`,
    );
  }
  throw new RowferryError('restore-schema-drift', `${row.name} is no table`, {
    hint: 'drop or rename it: the table is then made as it was',
  });
}
