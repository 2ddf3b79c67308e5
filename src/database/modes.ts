import { RowferryError } from '../errors.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Mode } from '../model/table.ts';
import type { InsertOutcome } from './database.ts';

/** What became of `rows` accepted rows: `changes` of them changed the table, `existing` were there before. */
export function settle(mode: Mode, rows: number, changes: number, existing: number): Settled {
  if (mode === 'upsert') return { inserted: rows - existing, updated: existing, skipped: 0 };
  return { inserted: changes, updated: 0, skipped: rows - changes };
}

type Settled = Pick<InsertOutcome, 'inserted' | 'updated' | 'skipped'>;

/** The primary key by which an upsert finds its rows. `bad-request` when it is not planned. */
export function upsertKey(plan: InsertPlan): readonly string[] {
  const { primaryKey, name } = plan.table;
  const planned = primaryKey.every((column) => plan.columns.some((each) => each.name === column));
  if (primaryKey.length > 0 && planned) return primaryKey;
  throw new RowferryError('bad-request', `mode upsert needs the primary key of ${name} among the columns`, {
    hint:
      primaryKey.length === 0
        ? 'the table has no primary key; use mode insert'
        : `add ${primaryKey.join(', ')}`,
  });
}
