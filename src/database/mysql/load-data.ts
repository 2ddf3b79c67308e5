import type { InsertPlan } from '../../model/plan.ts';
import type { LaidOutRows } from '../row-layout.ts';
import type { Condition } from './failures.ts';
import { tableName } from './names.ts';
import type { Session } from './session.ts';
import { variableColumns } from './values.ts';

/** What came of rows that were sent: a row that the server did not take, or altered, has a warning at least. */
export interface Sent {
  /** Rows inserted. */
  readonly affected: number;
  /** In the order of the rows. */
  readonly warnings: readonly Condition[];
}

/** Sends rows into the table of the plan. */
export type Send = (rows: LaidOutRows) => Promise<Sent>;

/** Enough at once for the socket, and little beside the batch itself. */
const PIECE = 256 << 10;

/**
 * LOAD DATA LOCAL, which cannot stop halfway and so passes over duplicates and orphans, and alters what does not fit,
 * with no more than a warning (mariadb.com/kb/en/load-data-infile, LOCAL): whoever calls this looks at them.
 */
export function loadDataInto(session: Session, plan: InsertPlan): Send {
  const sql = loadSql(plan);
  return async ({ data, layout }) => {
    const end = layout.starts[layout.records.length] ?? 0;
    const { affected, warnings } = await session.loadData(sql, pieces(data, layout.starts[0] ?? 0, end));
    return { affected, warnings: warnings === 0 ? [] : await session.warnings() };
  };
}

function loadSql(plan: InsertPlan): string {
  const { targets, assignments } = variableColumns(plan);
  const set = assignments.length === 0 ? '' : `SET ${assignments.join(', ')}`;
  return `LOAD DATA LOCAL INFILE 'rowferry' INTO TABLE ${tableName(plan)} CHARACTER SET utf8mb4
    FIELDS TERMINATED BY '\\t' ENCLOSED BY '' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' STARTING BY ''
    (${targets.join(', ')}) ${set}`;
}

function pieces(data: Uint8Array, from: number, end: number): Uint8Array[] {
  const all: Uint8Array[] = [];
  for (let at = from; at < end; at += PIECE) all.push(data.subarray(at, Math.min(end, at + PIECE)));
  return all;
}
