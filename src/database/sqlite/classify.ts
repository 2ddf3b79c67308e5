import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { UniqueKey } from '../../model/table.ts';
import type { DatabaseReject } from '../database.ts';
import { quoteName } from './encode.ts';
import { isSqliteFailure, rowFailure } from './failures.ts';
import type { InsertJob } from './insert.ts';

/**
 * The staged rows whose unique keys stand already in the table (`all` only) or earlier in the batch: the first row
 * with a key wins. A row that repeats several keys has an error for each.
 */
export function duplicates(job: InsertJob, where: 'file' | 'all'): DatabaseReject[] {
  const { db, plan } = job;
  const byRow = new Map<number, DatabaseReject['errors'][number][]>();
  for (const key of plan.table.uniqueKeys) {
    const columns = key.columns.map((name) => plan.columns.findIndex((column) => column.name === name));
    if (columns.includes(-1)) continue;
    for (const row of db.prepare(duplicateQuery(job, key, columns, where)).all()) {
      const errors = byRow.get(Number(row.id)) ?? [];
      errors.push(duplicateError(key, columns, row));
      byRow.set(Number(row.id), errors);
    }
  }
  return [...byRow].map(([id, errors]) => ({ index: id - 1, errors })).sort((a, b) => a.index - b.index);
}

function duplicateQuery(
  { staged, plan, mode }: InsertJob,
  key: UniqueKey,
  columns: readonly number[],
  where: 'file' | 'all',
): string {
  const list = columns.map((c) => `c${c}`).join(', ');
  const same = key.columns.map((name, i) => `t.${quoteName(name)} = b.c${columns[i]}`).join(' AND ');
  const present = columns.map((c) => `b.c${c} IS NOT NULL`).join(' AND ');
  const inTable = `EXISTS (SELECT 1 FROM main.${quoteName(plan.table.name)} t WHERE ${same})`;
  // An upsert may find its own primary key in the table; that is what it is for.
  const wanted = mode === 'upsert' && key.primary;
  const known = where === 'all' && !wanted ? inTable : 'false';
  // Equal by the collation of the target column: the batch's own columns have none.
  const partition = key.columns.map((name, i) => `c${columns[i]}${collation(plan, name)}`).join(', ');
  return `SELECT id, ${list}, known FROM (
    SELECT b.rowid AS id, ${list}, ${known} AS known,
      row_number() OVER (PARTITION BY ${partition} ORDER BY b.rowid) AS nth
    FROM ${staged.source} b WHERE ${present}) WHERE known OR nth > 1`;
}

/** COLLATE as declared; the dictionary keeps the statement that made the table. */
function collation(plan: InsertPlan, column: string): string {
  const sql = plan.table.createSql ?? '';
  const name = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const match = new RegExp(`["\`[]?\\b${name}\\b["\`\\]]?[^,]*?\\bCOLLATE\\s+["']?(NOCASE|RTRIM)`, 'i').exec(
    sql,
  );
  return match?.[1] === undefined ? '' : ` COLLATE ${match[1]}`;
}

function duplicateError(
  key: UniqueKey,
  columns: readonly number[],
  row: Record<string, unknown>,
): DatabaseReject['errors'][number] {
  const value = columns.map((c) => String(row[`c${c}`])).join(',');
  const inTable = Number(row.known) === 1;
  const where = inTable ? 'a row with this key is in the table' : 'an earlier row of the file has this key';
  return {
    code: inTable ? 'unique.table' : 'unique.file',
    column: key.columns.length === 1 ? (key.columns[0] ?? null) : null,
    value,
    message: `${key.columns.join(', ')} is ${JSON.stringify(value)}; ${where}`,
  };
}

/** Last resort for CHECKs, triggers and unusual indexes: halves until the rows at fault stand alone. */
export function bisect(
  { db, staged, plan }: InsertJob,
  rangeInsert: string,
): { changes: number; rejects: DatabaseReject[] } {
  const statement = db.prepare(rangeInsert);
  const ids = db
    .prepare(`SELECT rowid AS id FROM ${staged.source} ORDER BY rowid`)
    .all()
    .map((row) => Number(row.id));
  const rejects: DatabaseReject[] = [];
  let changes = 0;
  const insert = (from: number, to: number): void => {
    try {
      changes += Number(statement.run(ids[from] ?? 0, ids[to - 1] ?? 0).changes);
    } catch (error) {
      if (rowFailure(error) === null) throw error;
      if (!db.isTransaction) throw rolledBack(plan, error);
      if (to - from === 1) rejects.push({ index: (ids[from] ?? 1) - 1, errors: [refusal(error)] });
      else {
        const middle = (from + to) >> 1;
        insert(from, middle);
        insert(middle, to);
      }
    }
  };
  if (ids.length > 0) insert(0, ids.length);
  return { changes, rejects };
}

function refusal(error: unknown): DatabaseReject['errors'][number] {
  const message = error instanceof Error ? error.message : String(error);
  return { code: rowFailure(error) ?? 'database', column: columnOf(error), value: null, message };
}

/** "UNIQUE constraint failed: table.column" and "NOT NULL constraint failed: table.column" name the column. */
function columnOf(error: unknown): string | null {
  const message = isSqliteFailure(error) ? error.message : '';
  return /^(?:UNIQUE|NOT NULL) constraint failed: [^.,]+\.([^.,]+)$/.exec(message)?.[1] ?? null;
}

/** A trigger or constraint that says ROLLBACK ends the transaction, so nothing of the batch can be kept. */
function rolledBack(plan: InsertPlan, cause: unknown): RowferryError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RowferryError(
    'database-refused',
    `${plan.table.name}: the database rolled the batch back: ${message}`,
    {
      hint: 'a trigger or constraint of the table says ROLLBACK; change it to ABORT so that single rows can be refused',
      cause,
    },
  );
}
