import type { InsertPlan } from '../../model/plan.ts';
import { type CompareOptions, type Comparison, compareRows } from '../compare.ts';
import type { DatabaseReject } from '../database.ts';
import { type LaidOutRows, withoutRecords } from '../row-layout.ts';
import { insertRows } from './insert.ts';
import { quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';

const NAME = 'rowferry_compare';
const ORDINAL = 'rowferry_ordinal';
/** Types whose values have a character set, which may be another one than that of the session. */
const HAS_CHARACTERS = /char|text|enum|set/i;
const DROP = `DROP TEMPORARY TABLE IF EXISTS ${NAME}`;

/** Values are compared by the types of their columns; texts byte by byte. */
export async function compareStaged(
  session: Session,
  rows: LaidOutRows,
  plan: InsertPlan,
  { limit, asText = new Set() }: CompareOptions,
): Promise<Comparison> {
  const unfit: DatabaseReject[] = [];
  let left = rows;
  for (;;) {
    await session.run(DROP);
    await session.run(createSql(plan, asText));
    const rejects = await fill(session, left, plan);
    if (rejects.length === 0) break;
    unfit.push(...rejects);
    left = withoutRecords(left, new Set(rejects.map(({ index }) => index)));
  }
  const nameOf = (c: number) => quoteName(plan.columns[c]?.name ?? '');
  const kindOf = (c: number) => plan.columns[c]?.kind;
  const byBytes = (value: string) => `CAST(${value} AS BINARY)`;
  const isAsText = (c: number) => asText.has(plan.columns[c]?.name ?? '');
  const isText = (c: number) => kindOf(c) === 'text' || kindOf(c) === 'json';
  const sql = {
    source: `${NAME} s`,
    rows: left.layout.records.length,
    table: `${tableName(plan)} t`,
    ordinal: `s.${ORDINAL}`,
    staged: (c: number) => `s.${nameOf(c)}`,
    stored: (c: number) => `t.${nameOf(c)}`,
    sameKey: (c: number) =>
      isAsText(c)
        ? `${byBytes(`t.${nameOf(c)}`)} = ${byBytes(`s.${nameOf(c)}`)}`
        : `t.${nameOf(c)} = s.${nameOf(c)}`,
    same: (file: string, table: string, c: number) =>
      isText(c) ? `${byBytes(table)} <=> ${byBytes(file)}` : `${table} <=> ${file}`,
    alike: (value: string, c: number) => (isText(c) ? byBytes(value) : value),
    text: (value: string, c: number) => {
      // Not all types can be cast to CHAR.
      if (isAsText(c) && !HAS_CHARACTERS.test(plan.columns[c]?.sqlType ?? ''))
        return `CONVERT(${byBytes(value)} USING utf8mb4)`;
      return kindOf(c) === 'binary' ? `HEX(${value})` : `CAST(${value} AS CHAR)`;
    },
    hash: (values: readonly string[]) =>
      `CRC32(CONCAT_WS(',', ${values.map((value) => `IFNULL(CAST(${value} AS BINARY), '')`).join(', ')}))`,
  };
  const comparison = await compareRows((query) => session.rows(query), plan, sql, limit);
  await session.run(DROP);
  const { records } = left.layout;
  const differences = comparison.differences.map((each) => ({
    ...each,
    record: records[each.record - 1] ?? 0,
  }));
  return { ...comparison, differences, unfit };
}

function createSql(plan: InsertPlan, asText: ReadonlySet<string>): string {
  const declared = [...asText].map((name) => `, ${quoteName(name)} LONGTEXT CHARACTER SET utf8mb4`).join('');
  const selected = plan.columns.map(({ name }) =>
    asText.has(name) ? `NULL AS ${quoteName(name)}` : quoteName(name),
  );
  return `CREATE TEMPORARY TABLE ${NAME} (${ORDINAL} INT NOT NULL AUTO_INCREMENT PRIMARY KEY${declared})
    SELECT ${selected.join(', ')} FROM ${tableName(plan)} LIMIT 0`;
}

/** Rows are numbered as they come in, while none is refused. */
async function fill(
  session: Session,
  rows: LaidOutRows,
  plan: InsertPlan,
): Promise<readonly DatabaseReject[]> {
  const bare = { foreignKeys: [], uniqueKeys: [], checks: [], triggers: [], primaryKey: [] };
  const table = { ...plan.table, ...bare, name: NAME, columns: plan.columns };
  const filled = { ...plan, table };
  return (await insertRows({ session, rows, plan: filled, mode: 'insert', bySet: false })).rejects;
}
