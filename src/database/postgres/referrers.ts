import { REFERRERS_SQL } from './facts-sql.ts';
import { keyAction, nameList } from './introspect.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/** The foreign keys that point at the table that is restored. */

export interface Referrer {
  readonly name: string;
  /** As SQL names it. */
  readonly child: string;
  readonly childName: string;
  readonly columns: readonly string[];
  readonly parentColumns: readonly string[];
  readonly onDelete: string;
  /** What stands behind CONSTRAINT name. */
  readonly definition: string;
  readonly comment: string | null;
  /** The role owns the child. */
  readonly owned: boolean;
  /** The role may read the child. */
  readonly readable: boolean;
  /** It is a key of the table itself. */
  readonly own: boolean;
}

export async function referrersOf(session: Session, oid: string): Promise<readonly Referrer[]> {
  const rows = await session.rows(REFERRERS_SQL, [oid]);
  return rows.map((row) => ({
    name: String(row.name),
    child: String(row.child),
    childName: String(row.child_name),
    columns: nameList(row.columns),
    parentColumns: nameList(row.parent_columns),
    onDelete: keyAction(row.on_delete),
    definition: String(row.definition),
    comment: row.comment === null ? null : String(row.comment),
    owned: row.owned === 1,
    readable: row.readable === 1,
    own: row.own === 1,
  }));
}

/** Deleting a parent does something to its children, or is refused even where the same key comes back. */
export const acts = ({ onDelete }: Referrer): boolean => onDelete !== 'NO ACTION';

/** `c`, a row of the child, and `other`, a row with the columns of the parent, have the same key. */
export const sameKey = ({ columns, parentColumns }: Referrer, other: string): string =>
  columns
    .map((column, index) => `${other}.${quoteName(parentColumns[index] ?? '')} = c.${quoteName(column)}`)
    .join(' AND ');
