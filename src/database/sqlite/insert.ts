import type { DatabaseSync } from 'node:sqlite';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome, Staged } from '../database.ts';
import { settle, upsertKey } from '../modes.ts';
import { bisect, duplicates, refusal, sameRow } from './classify.ts';
import { quoteName } from './encode.ts';
import { insertOnward } from './insert-onward.ts';
import { type InsertJob, insertSql } from './insert-sql.ts';
import { insertRepeats, takeRepeats } from './repeats.ts';
import { runStatement } from './run-statement.ts';
import { countStaged, unstage } from './stage.ts';

/** The whole batch at full speed; only when SQLite refuses it, keys set by set and the rest by halves. */
export function insertStaged(
  db: DatabaseSync,
  staged: Staged,
  plan: InsertPlan,
  mode: Mode,
  strategy: string,
): InsertOutcome {
  const job = { db, staged, plan, mode };
  const onward = insertOnward(job);
  if (onward !== null) {
    const { inserted, rejects } = onward;
    return {
      inserted,
      updated: 0,
      skipped: 0,
      rejects,
      strategy: rejects.length === 0 ? strategy : `${strategy}, by halves`,
    };
  }
  const rejects = mode === 'upsert' ? removeRepeats(job) : [];
  try {
    const existing = mode === 'upsert' ? countExisting(job) : 0;
    const rows = countStaged(db, staged);
    const { head, tail } = insertSql(job);
    const changes = runStatement(db.prepare(`${head} WHERE true ${tail}`));
    return { ...settle(mode, rows, changes, existing), rejects, strategy };
  } catch (error) {
    refusal(job, error);
    const later = insertByHalves(job);
    return { ...later, rejects: [...rejects, ...later.rejects], strategy: `${strategy}, by halves` };
  }
}

function insertByHalves(job: InsertJob): Omit<InsertOutcome, 'strategy'> {
  const { db, staged, mode } = job;
  const found = mode === 'skip' ? { inTable: [], inFile: [] } : duplicates(job);
  unstage(
    db,
    staged,
    found.inTable.map((reject) => reject.index),
  );
  const repeats = takeRepeats(job, found.inFile);
  const existing = mode === 'upsert' ? countExisting(job) : 0;
  const { head, tail } = insertSql(job);
  const halves = bisect(job, `${head} WHERE rowid BETWEEN ? AND ? ${tail}`);
  const refused = halves.rejects.map((reject) => reject.index);
  const stillThere = mode === 'upsert' ? existing - countExisting(job, refused) : 0;
  const late = insertRepeats(job, repeats);
  const rows = countStaged(db, staged) - refused.length + repeats.length - late.rejects.length;
  return {
    ...settle(mode, rows, halves.changes + late.changes, stillThere),
    rejects: [...found.inTable, ...halves.rejects, ...late.rejects],
  };
}

export function strategyOf(plan: InsertPlan, foreignKeysBy: 'set' | 'row'): string {
  return plan.table.foreignKeys.length === 0 ? 'image' : `image, foreign keys by ${foreignKeysBy}`;
}

/** Staged rows whose primary key stands in the table; of the named records only, when named. */
export function countExisting({ db, staged, plan }: InsertJob, records?: readonly number[]): number {
  const same = sameRow(plan, upsertKey(plan));
  const only = records === undefined ? '' : 'AND b.rowid IN (SELECT value + 1 FROM json_each(?))';
  const sql = `SELECT count(*) AS n FROM ${staged.source} b
    WHERE EXISTS (SELECT 1 FROM main.${quoteName(plan.table.name)} t WHERE ${same}) ${only}`;
  return Number(db.prepare(sql).get(...(records === undefined ? [] : [JSON.stringify(records)]))?.n);
}

/** An upsert would write a row twice: of rows with the same key the first one counts. */
function removeRepeats(job: InsertJob): DatabaseReject[] {
  const { inFile } = duplicates(job);
  unstage(
    job.db,
    job.staged,
    inFile.map((reject) => reject.index),
  );
  return [...inFile];
}
