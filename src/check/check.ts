import type { InsertPlan } from '../model/plan.ts';
import type { Column } from '../model/table.ts';
import type { Tape } from '../model/tape.ts';
import { type BytesJudge, checkPresent, judgeColumn } from './column-check.ts';
import { decimalJudge, floatJudge } from './decimal.ts';
import { Findings } from './findings.ts';
import { binaryJudge, booleanJudge, jsonJudge, uuidJudge } from './formats.ts';
import { integerJudge } from './integer.ts';
import { checkRecords } from './records.ts';
import { dateJudge, datetimeJudge, timeJudge } from './temporal.ts';
import { textJudge } from './text.ts';

/**
 * Marks the records of a tape that break the dictionary's rules, column by column. Every error of a record is
 * found; keys and foreign keys are the database's part.
 */
export function check(tape: Tape, plan: InsertPlan): Findings {
  const findings = new Findings(tape.records);
  checkRecords(tape, findings);
  plan.columns.forEach((column, index) => {
    const judge = judgeOf(column);
    const target = { tape, column, index, field: plan.fields[index] ?? 0, findings };
    if (judge !== null) judgeColumn(target, judge);
    else if (!column.nullable) checkPresent(target);
  });
  return findings;
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
      return jsonJudge;
    case 'binary':
      return binaryJudge(column);
    case 'text':
      return textJudge(column);
  }
}
