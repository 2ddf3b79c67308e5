import type { SQLOutputValue } from 'node:sqlite';
import type { DatabaseReject } from '../database.ts';
import { refusal } from './classify.ts';
import { quoteName } from './encode.ts';
import { isUniqueFailure } from './failures.ts';
import type { InsertJob } from './insert-sql.ts';
import { runStatement } from './run-statement.ts';
import { unstage } from './stage.ts';

/** A staged row that waits until the rows before it stand in the table. */
export interface Repeat {
  readonly reject: DatabaseReject;
  readonly values: readonly SQLOutputValue[];
}

/**
 * Takes out the rows whose keys stand earlier in the batch. Whether such an earlier row gets into the table is not
 * known yet: only then is the later one a reject.
 */
export function takeRepeats({ db, staged, plan }: InsertJob, found: readonly DatabaseReject[]): Repeat[] {
  const columns = plan.columns.map((_, i) => `c${i}`).join(', ');
  const statement = db.prepare(`SELECT ${columns} FROM ${staged.source} WHERE rowid = ?`);
  // Integers come as bigint, so that they go back as integers and reals as reals.
  statement.setReadBigInts(true);
  statement.setReturnArrays(true);
  const repeats = found.map((reject) => ({
    reject,
    values: Object.values(statement.get(reject.index + 1) ?? {}),
  }));
  unstage(
    db,
    staged,
    found.map((reject) => reject.index),
  );
  return repeats;
}

/** Row by row, in their order. A row that no key keeps out is inserted like any other. */
export function insertRepeats(
  { db, plan }: InsertJob,
  repeats: readonly Repeat[],
): { changes: number; rejects: DatabaseReject[] } {
  const names = plan.columns.map((column) => quoteName(column.name)).join(', ');
  const places = plan.columns.map(() => '?').join(', ');
  const statement = db.prepare(
    `INSERT OR ABORT INTO main.${quoteName(plan.table.name)} (${names}) VALUES (${places})`,
  );
  const rejects: DatabaseReject[] = [];
  let changes = 0;
  for (const { reject, values } of repeats) {
    try {
      changes += runStatement(statement, ...values);
    } catch (error) {
      const reason = refusal({ db, plan }, error);
      rejects.push(isUniqueFailure(error) ? reject : { index: reject.index, errors: [reason] });
    }
  }
  return { changes, rejects };
}
