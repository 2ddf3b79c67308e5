import { fieldText } from '../model/field-text.ts';
import type { RejectCode } from '../model/reject.ts';
import type { Column, ColumnKind } from '../model/table.ts';
import { FIELD_DOUBLED, FIELD_NULL, FIELD_UNREAD, type Tape } from '../model/tape.ts';
import { BAD_RECORD, type Findings } from './findings.ts';

/** One column of a tape under check. */
export interface ColumnCheck {
  readonly tape: Tape;
  /** Over the bytes of the tape. */
  readonly view: DataView;
  /** Field of the tape. */
  readonly field: number;
  readonly column: Column;
  /** Index into the plan's columns. */
  readonly index: number;
  readonly findings: Findings;
}

/** Records of a tape: `from` and those after it, up to the one before `to`. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** Judges bytes[start, end) of a field without doubled quotes; null: good. */
export type BytesJudge = (bytes: Uint8Array, start: number, end: number) => RejectCode | null;

/** Runs a judge down a column: NULLs against NOT NULL, fields with doubled quotes unescaped first. */
export function judgeColumn(check: ColumnCheck, judge: BytesJudge, { from, to }: Span): void {
  for (let r = from; r < to; r++) judgeField(check, judge, r);
}

export function judgeField(check: ColumnCheck, judge: BytesJudge, record: number): void {
  const { tape, findings, field, column, index } = check;
  if (findings.bad[record] === BAD_RECORD) return;
  const slot = record * tape.width + field;
  const flag = tape.flags[slot] ?? 0;
  if (flag & FIELD_NULL) {
    if (!column.nullable) findings.value(record, index, 'missing');
    return;
  }
  if (flag & FIELD_UNREAD) {
    findings.value(record, index, unreadCode(column.kind));
    return;
  }
  const code =
    flag & FIELD_DOUBLED
      ? judgeText(judge, fieldText(tape, slot))
      : judge(tape.bytes, tape.starts[slot] ?? 0, tape.ends[slot] ?? 0);
  if (code !== null) findings.value(record, index, code);
}

/** Texts are never unread. */
function unreadCode(kind: ColumnKind): RejectCode {
  return kind === 'text' ? 'database' : `type.${kind}`;
}

/** NULLs against NOT NULL alone. */
export function checkPresent({ tape, field, index, findings }: ColumnCheck, { from, to }: Span): void {
  const { flags, width } = tape;
  for (let r = from, slot = from * width + field; r < to; r++, slot += width) {
    const missing = ((flags[slot] ?? 0) & FIELD_NULL) !== 0 && findings.bad[r] !== BAD_RECORD;
    if (missing) findings.value(r, index, 'missing');
  }
}

const encoder = new TextEncoder();

function judgeText(judge: BytesJudge, text: string): RejectCode | null {
  const bytes = encoder.encode(text);
  return judge(bytes, 0, bytes.length);
}
