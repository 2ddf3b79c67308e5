import { check } from '../../src/check/check.ts';
import { describeFindings, type RecordErrors } from '../../src/check/describe.ts';
import { scan } from '../../src/csv/scan.ts';
import type { InsertPlan } from '../../src/model/plan.ts';
import type { RejectCode } from '../../src/model/reject.ts';
import type { Column, ColumnKind, Table } from '../../src/model/table.ts';

export function column(name: string, kind: ColumnKind, facts: Partial<Column> = {}): Column {
  return {
    name,
    sqlType: kind.toUpperCase(),
    kind,
    nullable: true,
    default: null,
    generated: false,
    identity: false,
    ...facts,
  };
}

export function tableOf(columns: readonly Column[], facts: Partial<Table> = {}): Table {
  return {
    name: 't',
    columns,
    primaryKey: [],
    uniqueKeys: [],
    foreignKeys: [],
    checks: [],
    triggers: [],
    ...facts,
  };
}

export function planOf(columns: readonly Column[], facts: Partial<Table> = {}): InsertPlan {
  return { table: tableOf(columns, facts), columns, fields: columns.map((_, i) => i) };
}

export const toBytes = (content: string | Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> =>
  typeof content === 'string' ? new TextEncoder().encode(content) : content;

/** The errors of each bad record of a CSV content. */
export function errorsOf(
  content: string | Uint8Array<ArrayBuffer>,
  columns: readonly Column[],
): RecordErrors[] {
  const plan = planOf(columns);
  const bytes = toBytes(content);
  const tape = scan(bytes, { delimiter: 44, quote: 34, width: columns.length, last: true });
  return describeFindings(tape, plan, check(tape, plan));
}

/** What one value in quotes comes to in such a column: null is good. */
export function judged(value: string, target: Column): RejectCode | null {
  const [first] = errorsOf(`"${value.replaceAll('"', '""')}"\n`, [target]);
  return first?.errors[0]?.code ?? null;
}
