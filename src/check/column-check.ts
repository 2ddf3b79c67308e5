import { fieldText } from '../model/field-text.ts';
import type { RejectCode } from '../model/reject.ts';
import type { Column } from '../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, type Tape } from '../model/tape.ts';
import { BAD_RECORD, type Findings } from './findings.ts';

/** One column of a tape under check. */
export interface ColumnCheck {
  readonly tape: Tape;
  /** Field of the tape. */
  readonly field: number;
  readonly column: Column;
  /** Index into the plan's columns. */
  readonly index: number;
  readonly findings: Findings;
}

/** Judges bytes[start, end) of a field without doubled quotes; null: good. */
export type BytesJudge = (bytes: Uint8Array, start: number, end: number) => RejectCode | null;

/**
 * Runs a judge down a column: NULLs against NOT NULL, broken records passed over, fields with doubled quotes
 * unescaped first.
 */
export function judgeColumn(check: ColumnCheck, judge: BytesJudge): void {
  const { tape, field, column, index, findings } = check;
  const { bytes, starts, ends, flags, width, records } = tape;
  const { bad } = findings;
  const required = !column.nullable;
  for (let r = 0, slot = field; r < records; r++, slot += width) {
    const flag = flags[slot] ?? 0;
    if (bad[r] === BAD_RECORD) continue;
    if (flag & FIELD_NULL) {
      if (required) findings.value(r, index, 'missing');
      continue;
    }
    const code =
      flag & FIELD_DOUBLED
        ? judgeText(judge, fieldText(tape, slot))
        : judge(bytes, starts[slot] ?? 0, ends[slot] ?? 0);
    if (code !== null) findings.value(r, index, code);
  }
}

/** NULLs against NOT NULL alone. */
export function checkPresent({ tape, field, index, findings }: ColumnCheck): void {
  const { flags, width, records } = tape;
  for (let r = 0, slot = field; r < records; r++, slot += width) {
    const missing = ((flags[slot] ?? 0) & FIELD_NULL) !== 0 && findings.bad[r] !== BAD_RECORD;
    if (missing) findings.value(r, index, 'missing');
  }
}

const encoder = new TextEncoder();

function judgeText(judge: BytesJudge, text: string): RejectCode | null {
  const bytes = encoder.encode(text);
  return judge(bytes, 0, bytes.length);
}
