import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { UniqueKey } from '../../model/table.ts';
import type { DatabaseReject, Staged } from '../database.ts';
import { type Duplicates, duplicateError } from '../duplicate-rejects.ts';
import { keyCollations } from './collations.ts';
import { quoteName } from './encode.ts';
import { isSqliteFailure, rowFailure } from './failures.ts';
import type { InsertJob } from './insert-sql.ts';
import { runStatement } from './run-statement.ts';

type RejectError = DatabaseReject['errors'][number];

/** The staged rows that repeat unique keys; a row that repeats several has an error for each. */
export function duplicates(job: InsertJob): Duplicates {
  const { db, plan } = job;
  const byRow = new Map<number, { errors: RejectError[]; known: boolean }>();
  for (const key of plan.table.uniqueKeys) {
    const columns = key.columns.map((name) => plan.columns.findIndex((column) => column.name === name));
    if (columns.includes(-1)) continue;
    const query = db.prepare(duplicateQuery(job, key, columns));
    query.setReadBigInts(true);
    for (const row of query.all()) {
      const known = Number(row.known) === 1;
      const found = byRow.get(Number(row.id)) ?? { errors: [], known: false };
      const value = columns.map((c) => String(row[`c${c}`])).join(',');
      found.errors.push(duplicateError(key, value, known));
      byRow.set(Number(row.id), { errors: found.errors, known: found.known || known });
    }
  }
  const rows = [...byRow].sort(([a], [b]) => a - b);
  const rejects = (known: boolean): DatabaseReject[] =>
    rows.filter(([, row]) => row.known === known).map(([id, { errors }]) => ({ index: id - 1, errors }));
  return { inTable: rejects(true), inFile: rejects(false) };
}

function duplicateQuery(job: InsertJob, key: UniqueKey, columns: readonly number[]): string {
  const { db, staged, plan } = job;
  const list = columns.map((c) => `c${c}`).join(', ');
  const present = columns.map((c) => `b.c${c} IS NOT NULL`).join(' AND ');
  const collations = keyCollations(db, plan.table.name, key.columns);
  const partition = columns.map((c, i) => `c${c} COLLATE ${collations[i]}`).join(', ');
  const known = knownCondition(job, key, columns);
  // Few rows are left by the inner WHERE: to number all of them takes twice as long.
  return `SELECT id, ${list}, known FROM (
    SELECT b.rowid AS id, ${list}, ${known} AS known,
      row_number() OVER (PARTITION BY ${partition} ORDER BY b.rowid) AS nth
    FROM ${staged.source} b
    WHERE ${present} AND (${known} OR (${partition}) IN (
      SELECT ${list} FROM ${staged.source} b WHERE ${present} GROUP BY ${partition} HAVING count(*) > 1))
  ) WHERE known OR nth > 1`;
}

/** An upsert may find its own row in the table; that is what it is for. */
function knownCondition({ plan, mode }: InsertJob, key: UniqueKey, columns: readonly number[]): string {
  if (mode === 'upsert' && key.primary) return 'false';
  const same = key.columns.map((name, i) => `t.${quoteName(name)} = b.c${columns[i]}`).join(' AND ');
  const other = mode === 'upsert' ? `AND NOT (${sameRow(plan, plan.table.primaryKey)})` : '';
  const table = `main.${quoteName(plan.table.name)} t`;
  const exists = `EXISTS (SELECT 1 FROM ${table} WHERE ${same} ${other})`;
  const [name = ''] = key.columns;
  const [first = 0] = columns;
  if (columns.length > 1 || plan.columns[first]?.kind !== 'integer') return exists;
  // Most files bring whole-number keys that rise: none above the table's last one needs to be looked up.
  return `(b.c${first} <= (SELECT max(t.${quoteName(name)}) FROM ${table}) AND ${exists})`;
}

/** Row `t` of the table has the key of the staged row `b`. */
export function sameRow(plan: InsertPlan, key: readonly string[]): string {
  return key
    .map((name) => `t.${quoteName(name)} = b.c${plan.columns.findIndex((column) => column.name === name)}`)
    .join(' AND ');
}

/** Last resort for CHECKs, triggers and unusual indexes: halves until the rows at fault stand alone. */
export function bisect(
  { db, staged, plan }: InsertJob,
  rangeInsert: string,
): { changes: number; rejects: DatabaseReject[] } {
  const statement = db.prepare(rangeInsert);
  const rejects: DatabaseReject[] = [];
  let changes = 0;
  /** Rowids, both of them included; rows that were taken out leave gaps, and need not be looked for. */
  const insert = (first: number, last: number): void => {
    try {
      changes += runStatement(statement, first, last);
    } catch (error) {
      const reason = refusal({ db, plan }, error);
      if (first === last) rejects.push({ index: first - 1, errors: [reason] });
      else {
        const middle = Math.floor((first + last) / 2);
        insert(first, middle);
        insert(middle + 1, last);
      }
    }
  };
  insert(...rowidsOf(db, staged));
  return { changes, rejects };
}

/** The first and the last one; of no rows 0 and 0. */
function rowidsOf(db: DatabaseSync, { source }: Staged): [first: number, last: number] {
  const sql = `SELECT (SELECT min(rowid) FROM ${source}) AS first, (SELECT max(rowid) FROM ${source}) AS last`;
  const row = db.prepare(sql).get();
  return [Number(row?.first ?? 0), Number(row?.last ?? 0)];
}

/** A failure that is about rows, in words; any other is thrown, and so is one that ended the transaction. */
export function refusal({ db, plan }: Pick<InsertJob, 'db' | 'plan'>, failure: unknown): RejectError {
  const code = rowFailure(failure);
  if (code === null) throw failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  if (!db.isTransaction) throw rolledBack(plan, message, failure);
  return { code, column: columnOf(failure), value: null, message };
}

/** "UNIQUE constraint failed: table.column" and "NOT NULL constraint failed: table.column" name the column. */
function columnOf(error: unknown): string | null {
  const message = isSqliteFailure(error) ? error.message : '';
  return /^(?:UNIQUE|NOT NULL) constraint failed: [^.,]+\.([^.,]+)$/.exec(message)?.[1] ?? null;
}

/** A trigger or constraint that says ROLLBACK ends the transaction, so nothing of the batch can be kept. */
function rolledBack(plan: InsertPlan, message: string, cause: unknown): RowferryError {
  return new RowferryError(
    'database-refused',
    `${plan.table.name}: the database rolled the batch back: ${message}`,
    {
      hint: 'a trigger of the table says ROLLBACK; change it to ABORT so that single rows can be refused',
      cause,
    },
  );
}
