import type { InsertPlan } from '../model/plan.ts';
import type { Mode } from '../model/table.ts';
import { plannedFields } from './distinct-keys.ts';

/**
 * By set only for plain inserts: triggers could write into other tables, an upsert could change a key that other
 * tables refer to, a foreign key that a default fills is not on the tape, and a row that is passed over because of
 * one key is no parent by another.
 */
export function foreignKeysBy(plan: InsertPlan, mode: Mode): 'set' | 'row' {
  if (mode === 'upsert' || plan.table.triggers.length > 0) return 'row';
  const known = plan.table.foreignKeys.every(
    (key) =>
      (plannedFields(plan, key) !== null || noDefault(plan, key.columns)) &&
      !(mode === 'skip' && key.parentTable === plan.table.name),
  );
  return known ? 'set' : 'row';
}

/** A foreign key with a column that stays NULL is not checked (MATCH SIMPLE). */
function noDefault(plan: InsertPlan, columns: readonly string[]): boolean {
  return columns.some((name) => {
    const planned = plan.columns.some((column) => column.name === name);
    return !planned && plan.table.columns.find((column) => column.name === name)?.default === null;
  });
}
