import type { UniqueKey } from '../../model/table.ts';
import type { DatabaseReject } from '../database.ts';
import { duplicateError } from '../duplicate-rejects.ts';
import { refusal } from './classify.ts';
import { keyCollations } from './collations.ts';
import { quoteName } from './encode.ts';
import { rowFailure } from './failures.ts';
import { type InsertJob, insertSql } from './insert-sql.ts';
import { runStatement } from './run-statement.ts';

type RejectError = DatabaseReject['errors'][number];

export interface Onward {
  readonly inserted: number;
  readonly rejects: readonly DatabaseReject[];
}

/** Of more, those that break keys are found faster all at once. */
const MOST_REFUSALS = 20;
/** Failures that end a statement at the row at fault, which is not inserted. */
const OF_ONE_ROW = new Set(['unique.table', 'missing', 'check']);

/**
 * Inserts row after row and goes on behind each one that SQLite refuses: with OR FAIL, what stands before it stays
 * (https://www.sqlite.org/lang_conflict.html). So a few bad rows cost hardly more than none. Null when that is not the
 * way: there are too many of them, triggers may have done half of their work, or it is not one row that is refused.
 * Then nothing was inserted.
 */
export function insertOnward(job: InsertJob): Onward | null {
  const { db, mode, plan } = job;
  if (mode !== 'insert' || plan.table.triggers.length > 0) return null;
  db.exec('SAVEPOINT onward');
  const refused = pastRefusals(job);
  const outcome = refused === null ? null : { ...refused, rejects: rejectsOf(job, refused.reasons) };
  db.exec(outcome === null ? 'ROLLBACK TO onward; RELEASE onward' : 'RELEASE onward');
  return outcome;
}

interface Refused {
  readonly inserted: number;
  /** Rowid of the staged row → what SQLite said. */
  readonly reasons: ReadonlyMap<number, RejectError>;
}

function pastRefusals(job: InsertJob): Refused | null {
  const { db, staged } = job;
  const head = insertSql(job).head.replace('OR ABORT', 'OR FAIL');
  const insert = db.prepare(`${head} WHERE rowid > ? ORDER BY rowid`);
  const rows = Number(db.prepare(`SELECT count(*) AS n FROM ${staged.source}`).get()?.n);
  const reasons = new Map<number, RejectError>();
  let inserted = 0;
  for (let last = 0; ; ) {
    try {
      return { inserted: inserted + runStatement(insert, last), reasons };
    } catch (error) {
      const reason = refusal(job, error);
      if (!OF_ONE_ROW.has(rowFailure(error) ?? '')) return null;
      const passed = Number(db.prepare('SELECT changes() AS n').get()?.n);
      last = rowidAfter(job, last, passed);
      inserted += passed;
      reasons.set(last, reason);
      if (tooMany(reasons.size, (inserted + reasons.size) / rows)) return null;
    }
  }
}

/** As many as there are, or will be if the rest of the rows is like those that were seen. */
const tooMany = (refusals: number, seen: number): boolean =>
  refusals > MOST_REFUSALS || (refusals > 2 && refusals / seen > MOST_REFUSALS);

/** Of the staged row `passed` rows after the next one: rows that were taken out leave gaps. */
function rowidAfter({ db, staged }: InsertJob, last: number, passed: number): number {
  const sql = `SELECT rowid AS id FROM ${staged.source} WHERE rowid > ? ORDER BY rowid LIMIT 1 OFFSET ?`;
  return Number(db.prepare(sql).get(last, passed)?.id);
}

/** Which keys each row repeats, and whether of the table or of the file; else what SQLite said. */
function rejectsOf(job: InsertJob, reasons: ReadonlyMap<number, RejectError>): DatabaseReject[] {
  if (reasons.size === 0) return [];
  const repeated = new Map<number, RejectError[]>();
  for (const key of job.plan.table.uniqueKeys) {
    for (const { id, error } of repeatsOf(job, key, [...reasons.keys()])) {
      repeated.set(id, [...(repeated.get(id) ?? []), error]);
    }
  }
  return [...reasons].map(([id, reason]) => {
    // A row that breaks a CHECK could not have been inserted without the one before it either.
    const found = (repeated.get(id) ?? []).filter(
      ({ code }) => code === 'unique.table' || reason.code === 'unique.table',
    );
    return { index: id - 1, errors: found.length > 0 ? found : [reason] };
  });
}

/**
 * Those of the refused rows that have the key of a row that was inserted before them, or of one that was in the table
 * before: of an inserted row the key was not there.
 */
function repeatsOf(
  { db, staged, plan }: InsertJob,
  key: UniqueKey,
  refused: readonly number[],
): { id: number; error: RejectError }[] {
  const columns = key.columns.map((name) => plan.columns.findIndex((column) => column.name === name));
  if (columns.includes(-1)) return [];
  const collations = keyCollations(db, plan.table.name, key.columns);
  const same = (row: string, name: (nth: number) => string): string =>
    columns.map((c, i) => `${row}.${name(i)} = f.c${c} COLLATE ${collations[i]}`).join(' AND ');
  const inBatch = same('b', (i) => `c${columns[i]}`);
  const inTable = same('t', (i) => quoteName(key.columns[i] ?? ''));
  // The batch is gone through once; what it is compared with is small.
  const query = db.prepare(
    `WITH f AS MATERIALIZED (SELECT rowid AS id, * FROM ${staged.source} WHERE rowid IN (SELECT value FROM json_each(?1))),
       own AS MATERIALIZED (SELECT f.id, b.rowid AS row FROM ${staged.source} b CROSS JOIN f
         ON ${inBatch} WHERE b.rowid NOT IN (SELECT id FROM f))
     SELECT f.*, own.id IS NOT NULL AS inFile FROM f LEFT JOIN own ON own.id = f.id
     WHERE own.row < f.id
       OR own.id IS NULL AND EXISTS (SELECT 1 FROM main.${quoteName(plan.table.name)} t WHERE ${inTable})`,
  );
  query.setReadBigInts(true);
  return query.all(JSON.stringify(refused)).map((row) => {
    const value = columns.map((c) => String(row[`c${c}`])).join(',');
    return { id: Number(row.id), error: duplicateError(key, value, Number(row.inFile) === 0) };
  });
}
