import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome, Staged } from '../database.ts';
import { bisect, duplicates } from './classify.ts';
import { quoteName } from './encode.ts';
import { isUniqueFailure, rowFailure } from './failures.ts';
import { countStaged, unstage } from './stage.ts';

/** What one insert works on. */
export interface InsertJob {
  readonly db: DatabaseSync;
  readonly staged: Staged;
  readonly plan: InsertPlan;
  readonly mode: Mode;
}

/** The whole batch at full speed; only when SQLite refuses it, keys set by set and the rest by halves. */
export function insertStaged(
  db: DatabaseSync,
  staged: Staged,
  plan: InsertPlan,
  mode: Mode,
  strategy: string,
): InsertOutcome {
  const job = { db, staged, plan, mode };
  const rejects: DatabaseReject[] = mode === 'upsert' ? removeDuplicates(job, 'file') : [];
  const existing = mode === 'upsert' ? countExisting(job) : 0;
  const sql = insertSql(job);
  try {
    const rows = countStaged(db, staged);
    const changes = Number(db.prepare(`${sql.head} WHERE true ${sql.tail}`).run().changes);
    return { ...settle(mode, rows, changes, existing), rejects, strategy };
  } catch (error) {
    if (rowFailure(error) === null) throw error;
    if (isUniqueFailure(error)) rejects.push(...removeDuplicates(job, 'all'));
  }
  const halves = bisect(job, `${sql.head} WHERE rowid BETWEEN ? AND ? ${sql.tail}`);
  const refused = halves.rejects.map((reject) => reject.index);
  const stillThere = mode === 'upsert' ? existing - countExisting(job, refused) : 0;
  const rows = countStaged(db, staged) - refused.length;
  return {
    ...settle(mode, rows, halves.changes, stillThere),
    rejects: [...rejects, ...halves.rejects],
    strategy: `${strategy}, by halves`,
  };
}

/** What became of `rows` accepted rows: `changes` of them changed the table, `existing` were there before. */
function settle(mode: Mode, rows: number, changes: number, existing: number) {
  if (mode === 'upsert') return { inserted: rows - existing, updated: existing, skipped: 0 };
  return { inserted: changes, updated: 0, skipped: rows - changes };
}

export function strategyOf(plan: InsertPlan, foreignKeysBy: 'set' | 'row'): string {
  return plan.table.foreignKeys.length === 0 ? 'image' : `image, foreign keys by ${foreignKeysBy}`;
}

function insertSql({ staged, plan, mode }: InsertJob): { head: string; tail: string } {
  const names = plan.columns.map((column) => quoteName(column.name)).join(', ');
  const values = plan.columns.map((_, i) => `c${i}`).join(', ');
  const head = `INSERT INTO main.${quoteName(plan.table.name)} (${names}) SELECT ${values} FROM ${staged.source}`;
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

function upsertKey(plan: InsertPlan): readonly string[] {
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

/** Staged rows whose primary key stands in the table; of the named records only, when named. */
function countExisting({ db, staged, plan }: InsertJob, records?: readonly number[]): number {
  const same = upsertKey(plan)
    .map((name) => `t.${quoteName(name)} = b.c${plan.columns.findIndex((column) => column.name === name)}`)
    .join(' AND ');
  const only = records === undefined ? '' : 'AND b.rowid IN (SELECT value + 1 FROM json_each(?))';
  const sql = `SELECT count(*) AS n FROM ${staged.source} b
    WHERE EXISTS (SELECT 1 FROM main.${quoteName(plan.table.name)} t WHERE ${same}) ${only}`;
  return Number(db.prepare(sql).get(...(records === undefined ? [] : [JSON.stringify(records)]))?.n);
}

function removeDuplicates(job: InsertJob, where: 'file' | 'all'): DatabaseReject[] {
  const found = duplicates(job, where);
  unstage(
    job.db,
    job.staged,
    found.map((reject) => reject.index),
  );
  return found;
}
