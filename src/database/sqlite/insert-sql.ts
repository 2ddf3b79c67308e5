import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { Staged } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { quoteName } from './encode.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly db: DatabaseSync;
  readonly staged: Staged;
  readonly plan: InsertPlan;
  readonly mode: Mode;
}

/** The statement that moves staged rows, to which a WHERE belongs between both parts. */
export function insertSql({ staged, plan, mode }: InsertJob): { head: string; tail: string } {
  const names = plan.columns.map((column) => quoteName(column.name)).join(', ');
  const values = plan.columns.map((_, i) => `c${i}`).join(', ');
  // OR ABORT stands over an ON CONFLICT clause of the table, which would drop or replace rows unseen.
  const head = `INSERT OR ABORT INTO main.${quoteName(plan.table.name)} (${names}) SELECT ${values} FROM ${staged.source}`;
  if (mode === 'skip') return { head, tail: 'ON CONFLICT DO NOTHING' };
  return { head, tail: mode === 'upsert' ? onConflict(plan) : '' };
}

function onConflict(plan: InsertPlan): string {
  const key = upsertKey(plan);
  const target = key.map(quoteName).join(', ');
  const set = plan.columns
    .filter((column) => !key.includes(column.name))
    .map((column) => `${quoteName(column.name)} = excluded.${quoteName(column.name)}`);
  return `ON CONFLICT (${target}) DO ${set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`}`;
}
