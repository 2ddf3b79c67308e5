import { RowferryError } from '../errors.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { DatabaseReject } from './database.ts';
import { KEY_IN_FILE, KEY_IN_TABLE } from './duplicate-rejects.ts';

/** A key that stands in a staging table comes from an earlier record of the same file. `rename` undoes its names. */
export function asOfFile(reject: DatabaseReject, rename: (message: string) => string): DatabaseReject {
  const errors = reject.errors.map((error) => ({
    ...error,
    code: error.code === 'unique.table' ? ('unique.file' as const) : error.code,
    message: rename(error.message).replace(KEY_IN_TABLE, KEY_IN_FILE),
  }));
  return { ...reject, errors };
}

/** `table-unsupported` when the staging table, which has the columns `known`, is not what its target is by now. */
export function refuseUnknownColumns(plan: InsertPlan, known: ReadonlySet<string>): void {
  const missing = plan.columns.filter(({ name }) => !known.has(name)).map(({ name }) => name);
  if (missing.length === 0) return;
  throw new RowferryError(
    'table-unsupported',
    `${plan.table.name} was changed after its atomic load began: ${missing.join(', ')} did not belong to it`,
    { hint: 'load the file again: it starts over' },
  );
}
