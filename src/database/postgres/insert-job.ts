import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { InsertOutcome } from '../database.ts';
import { upsertKey } from '../modes.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { copySql } from './copy-format.ts';
import { columnList, qualified, quoteName, tableName } from './names.ts';
import type { CopyStatements, Session } from './session.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly session: Session;
  readonly rows: LaidOutRows;
  readonly plan: InsertPlan;
  readonly mode: Mode;
  /** Foreign keys were checked by set, and their triggers may be left off. */
  readonly bySet: boolean;
  /** The role may read all rows of the table. */
  readonly sees: boolean;
  /** The table is the staging table of an atomic load. */
  readonly staging?: boolean;
}

export type Settled = Omit<InsertOutcome, 'strategy'>;

/** Neither triggers of foreign keys nor others fire, so this is for tables without the others only. */
export const WITHOUT_TRIGGERS = 'SET LOCAL session_replication_role = replica';
export const WITH_TRIGGERS = 'SET LOCAL session_replication_role = origin';

/** COPY into the table itself. */
export function copyInto({ plan, rows, bySet }: InsertJob): CopyStatements {
  const after = [bySet ? WITH_TRIGGERS : '', checkKeysNow(plan)].filter((statement) => statement !== '');
  const sql = copySql(tableName(plan), columnList(plan), rows);
  return { before: bySet ? [WITHOUT_TRIGGERS] : [], sql, after };
}

/** Deferrable keys are held at the end of the statement or later: here, so that a row at fault can be told. */
export function checkKeysNow({ table }: InsertPlan): string {
  const keys = table.uniqueKeys.filter((key) => key.deferrable === true);
  if (keys.length === 0) return '';
  return `SET CONSTRAINTS ${keys.map((key) => qualified(table.schema, key.name)).join(', ')} IMMEDIATE`;
}

/** The key of an upsert; `bad-request` where ON CONFLICT cannot find rows by it. */
export function conflictKey(plan: InsertPlan): readonly string[] {
  const key = upsertKey(plan);
  if (plan.table.uniqueKeys.every(({ primary, deferrable }) => !primary || deferrable !== true)) return key;
  throw new RowferryError('bad-request', `the primary key of ${plan.table.name} is deferrable`, {
    hint: 'mode upsert needs one that is not; use mode insert or skip',
  });
}

export function onConflict(plan: InsertPlan): string {
  const key = conflictKey(plan);
  const set = columnsBeside(plan, key).map((name) => `${quoteName(name)} = excluded.${quoteName(name)}`);
  const action = set.length === 0 ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`;
  return `ON CONFLICT (${key.map(quoteName).join(', ')}) DO ${action}`;
}

function columnsBeside({ columns }: InsertPlan, key: readonly string[]): string[] {
  return columns.map(({ name }) => name).filter((name) => !key.includes(name));
}

/**
 * Rows that came to what was asked: those that the statement counts, and where rows are nothing but their keys also
 * those that an upsert found, since it has nothing to change in them.
 */
export function settledRows(plan: InsertPlan, mode: Mode, counted: number, existing: number): number {
  const changesNothing = mode === 'upsert' && columnsBeside(plan, conflictKey(plan)).length === 0;
  return changesNothing ? counted + existing : counted;
}
