import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import { type Comparison, compareRows } from '../compare.ts';
import type { LaidOutRows } from '../row-layout.ts';
import { insertRows } from './insert.ts';
import { columnList, quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';

const NAME = 'rowferry_compare';
const ORDINAL = 'rowferry_ordinal';
const DROP = `DROP TEMPORARY TABLE IF EXISTS ${NAME}`;

/** Values are compared by the types of their columns; texts byte by byte. */
export async function compareStaged(
  session: Session,
  rows: LaidOutRows,
  plan: InsertPlan,
  limit: number,
): Promise<Comparison> {
  await session.run(DROP);
  await session.run(
    `CREATE TEMPORARY TABLE ${NAME} (${ORDINAL} INT NOT NULL AUTO_INCREMENT PRIMARY KEY)
     SELECT ${columnList(plan)} FROM ${tableName(plan)} LIMIT 0`,
  );
  await fill(session, rows, plan);
  const nameOf = (c: number) => quoteName(plan.columns[c]?.name ?? '');
  const kindOf = (c: number) => plan.columns[c]?.kind;
  const byBytes = (value: string) => `CAST(${value} AS BINARY)`;
  const isText = (c: number) => kindOf(c) === 'text' || kindOf(c) === 'json';
  const sql = {
    source: `${NAME} s`,
    rows: rows.layout.records.length,
    table: `${tableName(plan)} t`,
    ordinal: `s.${ORDINAL}`,
    staged: (c: number) => `s.${nameOf(c)}`,
    stored: (c: number) => `t.${nameOf(c)}`,
    sameKey: (c: number) => `t.${nameOf(c)} = s.${nameOf(c)}`,
    same: (file: string, table: string, c: number) =>
      isText(c) ? `${byBytes(table)} <=> ${byBytes(file)}` : `${table} <=> ${file}`,
    alike: (value: string, c: number) => (isText(c) ? byBytes(value) : value),
    text: (value: string, c: number) => (kindOf(c) === 'binary' ? `HEX(${value})` : `CAST(${value} AS CHAR)`),
    hash: (values: readonly string[]) =>
      `CRC32(CONCAT_WS(',', ${values.map((value) => `IFNULL(CAST(${value} AS BINARY), '')`).join(', ')}))`,
  };
  const comparison = await compareRows((query) => session.rows(query), plan, sql, limit);
  await session.run(DROP);
  const { records } = rows.layout;
  const differences = comparison.differences.map((each) => ({
    ...each,
    record: records[each.record - 1] ?? 0,
  }));
  return { ...comparison, differences };
}

/** Rows are numbered as they come in. */
async function fill(session: Session, rows: LaidOutRows, plan: InsertPlan): Promise<void> {
  const bare = { foreignKeys: [], uniqueKeys: [], checks: [], triggers: [], primaryKey: [] };
  const table = { ...plan.table, ...bare, name: NAME, columns: plan.columns };
  const { rejects } = await insertRows({
    session,
    rows,
    plan: { ...plan, table },
    mode: 'insert',
    bySet: false,
  });
  if (rejects.length === 0) return;
  const [first] = rejects;
  throw new RowferryError(
    'database-refused',
    `${rejects.length} records of the file no longer fit ${plan.table.name}: ${first?.errors[0]?.message}`,
    { hint: 'the table was changed since they were loaded: rowferry check FILE tells them' },
  );
}
