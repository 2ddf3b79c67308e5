import type { InsertPlan } from '../../model/plan.ts';
import type { Column } from '../../model/table.ts';
import { type Comparison, compareRows } from '../compare.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { BATCH, fillBatchTable, staged } from './batch-table.ts';
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
  limit: number,
): Promise<Comparison> {
  const unfit = await fillBatchTable(session, plan, rows);
  const columnAt = (c: number) => plan.columns[c];
  const stored = (c: number) => `t.${quoteName(columnAt(c)?.name ?? '')}`;
  const sql = {
    source: `${BATCH} b`,
    rows: rows.layout.records.length - unfit.length,
    table: `${tableName(plan)} t`,
    ordinal: 'b.ordinal',
    staged: (c: number) => comparable(staged(plan, c), columnAt(c)),
    stored: (c: number) => comparable(stored(c), columnAt(c)),
    sameKey: (c: number) => `${stored(c)} = ${staged(plan, c)}`,
    same: (file: string, table: string) => `${file} IS NOT DISTINCT FROM ${table}`,
    alike: (value: string) => value,
    text: (value: string) => `(${value})::text`,
    hash: (values: readonly string[]) => `hash_record_extended(ROW(${values.join(', ')}), 0)`,
  };
  const ask = (query: string) => session.rows(query);
  await session.run(LOOK_UPS);
  const hasKey = plan.table.uniqueKeys.length > 0;
  if (!hasKey) await session.run(ANY_JOINS);
  const comparison = await compareRows(ask, plan, sql, limit);
  await session.run(ANY_JOINS, `DROP TABLE ${BATCH}`);
  if (unfit.length === 0) return comparison;
  const missing = unfit.map(({ index }) => ({ record: index, columns: null }));
  const differences = [...missing, ...comparison.differences].sort((a, b) => a.record - b.record);
  return {
    ...comparison,
    missing: comparison.missing + unfit.length,
    differences: differences.slice(0, limit),
  };
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
