import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import { type CompareOptions, type Comparison, compareRows } from '../compare.ts';
import type { DatabaseReject } from '../database.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { BATCH, fillBatchTable, removeFromBatch, staged } from './batch-table.ts';
import { byHalves } from './by-halves.ts';
import { isJudged } from './encoders.ts';
import { quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';

/** A batch is small beside its table: its rows are looked up by the key. */
const LOOK_UPS = 'SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off';
const ANY_JOINS = 'SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on';

/** Values are compared by the types of their columns; texts, and what has no equality, as they are written. */
export async function compareStaged(
  session: Session,
  rows: LaidOutRows,
  plan: InsertPlan,
  { limit, asText = new Set() }: CompareOptions,
): Promise<Comparison> {
  const left = await fillBatchTable(session, plan, rows);
  const unfit = [...left, ...(await takeOutUnfit(session, rows, plan))];
  const columnAt = (c: number) => plan.columns[c];
  const nameOf = (c: number) => columnAt(c)?.name ?? '';
  const stored = (c: number) => `t.${quoteName(nameOf(c))}`;
  const sql = {
    source: `${BATCH} b`,
    rows: rows.layout.records.length - unfit.length,
    table: `${tableName(plan)} t`,
    ordinal: 'b.ordinal',
    staged: (c: number) => comparable(staged(plan, c), columnAt(c)),
    stored: (c: number) => comparable(stored(c), columnAt(c)),
    sameKey: (c: number) =>
      `${asText.has(nameOf(c)) ? `${stored(c)}::text` : stored(c)} = ${staged(plan, c)}`,
    same: (file: string, table: string) => `${file} IS NOT DISTINCT FROM ${table}`,
    alike: (value: string) => value,
    text: (value: string) => `(${value})::text`,
    hash: (values: readonly string[]) => `hash_record_extended(ROW(${values.join(', ')}), 0)`,
  };
  const ask = (query: string) => session.rows(query);
  await session.run(LOOK_UPS);
  const byIndex = plan.table.uniqueKeys.length > 0 && asText.size === 0;
  if (!byIndex) await session.run(ANY_JOINS);
  const comparison = await compareRows(ask, plan, sql, limit);
  await session.run(ANY_JOINS, `DROP TABLE ${BATCH}`);
  return { ...comparison, unfit };
}

/** Of types that only the database can judge: rows with values that it cannot read. */
async function takeOutUnfit(
  session: Session,
  rows: LaidOutRows,
  plan: InsertPlan,
): Promise<readonly DatabaseReject[]> {
  const job = { session, rows, plan, mode: 'insert', bySet: false, sees: true } as const;
  const found = new Map<number, DatabaseReject>();
  for (const [c, column] of plan.columns.entries()) {
    if (isJudged(column)) continue;
    const read = (where: string) => `SELECT count(${staged(plan, c)}) FROM ${BATCH} b WHERE ${where}`;
    for (const { index, errors } of (await byHalves(job, read)).rejects) {
      const named = errors.map((error) => ({ ...error, column: column.name }));
      found.set(index, { index, errors: [...(found.get(index)?.errors ?? []), ...named] });
    }
  }
  await removeFromBatch(session, [...found.keys()]);
  return [...found.values()];
}

const BY_TYPE: ReadonlySet<string> = new Set([
  'integer',
  'decimal',
  'float',
  'boolean',
  'date',
  'time',
  'datetime',
  'uuid',
  'binary',
]);

function comparable(value: string, column: Column | undefined): string {
  const byType = column !== undefined && (BY_TYPE.has(column.kind) || column.baseType === 'jsonb');
  return byType ? value : `(${value})::text COLLATE "C"`;
}
