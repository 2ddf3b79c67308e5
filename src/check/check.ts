import type { InsertPlan } from '../model/plan.ts';
import type { Column, ColumnKind } from '../model/table.ts';
import type { Tape } from '../model/tape.ts';
import {
  type BytesJudge,
  type ColumnCheck,
  checkPresent,
  judgeColumn,
  judgeField,
  type Span,
} from './column-check.ts';
import { Findings } from './findings.ts';
import { judgeOf } from './judge-of.ts';
import { both } from './number-like.ts';
import { checkRecords } from './records.ts';
import { ruledColumn } from './rules/ruled-column.ts';
import { rulesJudge } from './rules/rules-judge.ts';
import { type OddFields, oddDatetimes, oddIntegers, oddTexts } from './usual-fields.ts';

/** Few enough that what the tape says of them stays in the cache from column to column. */
const SPAN_RECORDS = 1024;

/**
 * Marks the records of a tape that break the dictionary's rules, column by column. Every error of a record is
 * found; keys and foreign keys are the database's part.
 */
export function check(tape: Tape, plan: InsertPlan): Findings {
  const findings = new Findings(tape.records);
  checkRecords(tape, findings);
  const view = new DataView(tape.bytes.buffer, tape.bytes.byteOffset, tape.bytes.length);
  const columns = plan.columns.map((each, index) => {
    const column = ruledColumn(each);
    const target = { tape, view, column, index, field: plan.fields[index] ?? 0, findings };
    return { target, ...judgesOf(column) };
  });
  const odd = new Int32Array(SPAN_RECORDS);
  for (let from = 0; from < tape.records; from += SPAN_RECORDS) {
    const span = { from, to: Math.min(from + SPAN_RECORDS, tape.records) };
    for (const { target, judge, oddFields } of columns) checkColumn(target, judge, oddFields, span, odd);
  }
  return findings;
}

const ODD_FIELDS: Partial<Record<ColumnKind, OddFields>> = {
  integer: oddIntegers,
  text: oddTexts,
  datetime: oddDatetimes,
};

interface Judges {
  /** Null where any text will do. */
  readonly judge: BytesJudge | null;
  /** Where most fields need no judge. */
  readonly oddFields: OddFields | undefined;
}

/** The rules of a schema look at every field, for what is usual by the type may be against them. */
function judgesOf(column: Column): Judges {
  const judge = judgeOf(column);
  const rules = rulesJudge(column);
  const usual = rules === null && column.rules?.kind === undefined;
  if (usual) return { judge, oddFields: ODD_FIELDS[column.kind] };
  return { judge: rules === null ? judge : both(judge, rules), oddFields: undefined };
}

function checkColumn(
  target: ColumnCheck,
  judge: BytesJudge | null,
  oddFields: OddFields | undefined,
  span: Span,
  odd: Int32Array,
): void {
  if (judge === null) {
    if (!target.column.nullable) checkPresent(target, span);
    return;
  }
  if (oddFields === undefined) {
    judgeColumn(target, judge, span);
    return;
  }
  const count = oddFields(target, span, odd);
  for (let i = 0; i < count; i++) judgeField(target, judge, odd[i] ?? 0);
}
