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
import { decimalJudge, floatJudge } from './decimal.ts';
import { Findings } from './findings.ts';
import { binaryJudge, booleanJudge, jsonJudge, uuidJudge } from './formats.ts';
import { integerJudge } from './integer.ts';
import { both, jsonNumberJudge, textNumberJudge } from './number-like.ts';
import { checkRecords } from './records.ts';
import { dateJudge, datetimeJudge, timeJudge } from './temporal.ts';
import { textJudge } from './text.ts';
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
  const columns = plan.columns.map((column, index) => ({
    judge: judgeOf(column),
    target: { tape, view, column, index, field: plan.fields[index] ?? 0, findings },
  }));
  const odd = new Int32Array(SPAN_RECORDS);
  for (let from = 0; from < tape.records; from += SPAN_RECORDS) {
    const span = { from, to: Math.min(from + SPAN_RECORDS, tape.records) };
    for (const { target, judge } of columns) checkColumn(target, judge, span, odd);
  }
  return findings;
}

const ODD_FIELDS: Partial<Record<ColumnKind, OddFields>> = {
  integer: oddIntegers,
  text: oddTexts,
  datetime: oddDatetimes,
};

function checkColumn(target: ColumnCheck, judge: BytesJudge | null, span: Span, odd: Int32Array): void {
  const { column } = target;
  if (judge === null) {
    if (!column.nullable) checkPresent(target, span);
    return;
  }
  const oddFields = ODD_FIELDS[column.kind];
  if (oddFields === undefined) {
    judgeColumn(target, judge, span);
    return;
  }
  const count = oddFields(target, span, odd);
  for (let i = 0; i < count; i++) judgeField(target, judge, odd[i] ?? 0);
}

/** Null where any text will do. */
function judgeOf(column: Column): BytesJudge | null {
  switch (column.kind) {
    case 'integer':
      return integerJudge(column);
    case 'decimal':
      return decimalJudge(column);
    case 'float':
      return floatJudge(column);
    case 'boolean':
      return booleanJudge;
    case 'date':
      return dateJudge;
    case 'time':
      return timeJudge(column);
    case 'datetime':
      return datetimeJudge(column);
    case 'uuid':
      return uuidJudge;
    case 'json':
      return column.makesNumbers ? both(jsonJudge, jsonNumberJudge) : jsonJudge;
    case 'binary':
      return binaryJudge(column);
    case 'text':
      return column.makesNumbers ? both(textJudge(column), textNumberJudge) : textJudge(column);
  }
}
