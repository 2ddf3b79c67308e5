import { RowferryError } from '../errors.ts';

/** What a restore refuses, in the same words for every engine. */

/** Rows of a child table that would have no parent. */
export interface Orphans {
  /** The table that is restored. */
  readonly table: string;
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly parentColumns: readonly string[];
  /** Null: the database did not say. */
  readonly count: number | null;
  /** The values of one of them, as text. */
  readonly example: string;
}

export function orphansError(orphans: Orphans): RowferryError {
  const { table, child, parent, example } = orphans;
  const other = child.toLowerCase() === table.toLowerCase() ? parent : child;
  const way = other === child ? 'take those rows away' : 'add the missing rows';
  return new RowferryError(
    'restore-orphans',
    `${rowsOf(orphans)} would be without a parent: ${orphans.columns.join(', ')} = ${example}, for example, is not in ${parentOf(orphans)}`,
    { hint: `restore ${other} from the same run first, or ${way}`, extra: { ...orphans } },
  );
}

/** The key acts on its rows instead: it deletes them, or empties them. */
export function cascadeError(orphans: Orphans, onDelete: string): RowferryError {
  const { table, child, example } = orphans;
  return new RowferryError(
    'restore-cascade-refused',
    `${rowsOf(orphans)} point at rows of ${table} that the backup does not have: ${orphans.columns.join(', ')} = ${example}, for example, is not in ${parentOf(orphans)}, and ON DELETE ${onDelete} would act on them`,
    { hint: `restore ${child} from the same run first, or take those rows away`, extra: { ...orphans } },
  );
}

function rowsOf({ child, count }: Orphans): string {
  if (count === null) return `rows of ${child}`;
  return count === 1 ? `1 row of ${child}` : `${count} rows of ${child}`;
}

const parentOf = ({ parent, parentColumns }: Orphans): string => `${parent} (${parentColumns.join(', ')})`;

/** `grant`: the statement that gives the right. */
/** What is named to be backed up, and has no rows of its own that could be. `kind` with its article. */
export function noTableError(name: string, kind: string): RowferryError {
  return new RowferryError('table-unsupported', `${name} is ${kind}: it has no rows of its own to back up`, {
    hint: 'name the tables that its rows come from, or none, for every table: rowferry backup',
  });
}

export function privilegeError(what: string, grant: string, cause?: unknown): RowferryError {
  return new RowferryError('database-privilege', what, { hint: `run as its owner: ${grant}`, cause });
}
