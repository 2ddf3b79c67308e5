import { RowferryError } from '../../errors.ts';
import type { SqlRow } from '../database.ts';
import { quoteName } from './names.ts';
import type { Relation } from './relations.ts';
import type { Session } from './session.ts';

/** Triggers of users tell of changes that users make: a restore leaves them silent, each by itself. */

/** What fires for rows, in the table and its partitions; those for TRUNCATE alone do not. */
const FIRING_SQL = `SELECT g.tgrelid::regclass::text AS relation, g.tgname AS name, g.tgenabled AS enabled,
    pg_has_role(c.relowner, 'USAGE') AS owned
  FROM (SELECT $1::oid AS oid UNION SELECT relid FROM pg_partition_tree($1::oid)) p
    JOIN pg_class c ON c.oid = p.oid JOIN pg_trigger g ON g.tgrelid = p.oid
  WHERE NOT g.tgisinternal AND g.tgparentid = 0 AND g.tgenabled IN ('O', 'A') AND g.tgtype & 28 <> 0
  ORDER BY 1, 2`;

export type UserTrigger = SqlRow;

/** `database-privilege` when there are some and the role may not silence them. */
export async function firingTriggers(session: Session, { oid, name }: Relation): Promise<UserTrigger[]> {
  const triggers = await session.rows(FIRING_SQL, [oid]);
  const foreign = triggers.find(({ owned }) => owned !== 1);
  if (foreign === undefined) return triggers;
  throw new RowferryError(
    'database-privilege',
    `the trigger ${foreign.name} of ${name} would fire for each row, and only the owner of the table can silence it`,
    { hint: `restore with a role that owns ${name}` },
  );
}

export const silence = (session: Session, triggers: readonly UserTrigger[]): Promise<void> =>
  session.run(...triggers.map((trigger) => alter(trigger, 'DISABLE')));

/** As they were: ALWAYS is one that fires on replicas too. */
export const wake = (session: Session, triggers: readonly UserTrigger[]): Promise<void> =>
  session.run(
    ...triggers.map((trigger) => alter(trigger, trigger.enabled === 'A' ? 'ENABLE ALWAYS' : 'ENABLE')),
  );

const alter = ({ relation, name }: UserTrigger, what: string): string =>
  `ALTER TABLE ${relation} ${what} TRIGGER ${quoteName(String(name))}`;
