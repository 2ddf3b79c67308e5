import type { ColumnReading } from '../model/column-reading.ts';
import { fieldText, writtenText } from '../model/field-text.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { RejectCode, RejectError } from '../model/reject.ts';
import type { Column } from '../model/table.ts';
import { FIELD_NULL, MAX_FIELDS, MAX_RECORD_BYTES, type Tape } from '../model/tape.ts';
import type { Findings } from './findings.ts';
import { ruleNote } from './rules/notes.ts';
import { ruledColumn } from './rules/ruled-column.ts';
import { declaredForm, zoneProblem } from './values/expected.ts';

/** Longest value shown in a reason, in characters. */
const SHOWN = 200;

export interface RecordErrors {
  /** Ordinal of the record in the tape. */
  readonly index: number;
  readonly errors: RejectError[];
}

/** Findings in words, one entry per bad record, in the order of the records. */
export function describeFindings(tape: Tape, plan: InsertPlan, findings: Findings): RecordErrors[] {
  const byRecord = new Map<number, RejectError[]>();
  findings.records.forEach((record, i) => {
    const error = describe(tape, plan, record, findings.columns[i] ?? -1, findings.codes[i] ?? 'database');
    const errors = byRecord.get(record);
    if (errors === undefined) byRecord.set(record, [error]);
    else errors.push(error);
  });
  return [...byRecord].map(([index, errors]) => ({ index, errors })).sort((a, b) => a.index - b.index);
}

function describe(
  tape: Tape,
  plan: InsertPlan,
  record: number,
  columnIndex: number,
  code: RejectCode,
): RejectError {
  const column = plan.columns[columnIndex];
  if (column === undefined) {
    return { code, column: null, value: null, message: recordMessage(code, tape, record) };
  }
  const found = findValue(tape, record, plan.fields[columnIndex] ?? 0);
  return {
    code,
    column: column.name,
    value: found.came,
    message: valueMessage(code, ruledColumn(column), found),
  };
}

interface FoundValue {
  /** As it came, and as it was checked; null for no value. */
  readonly came: string | null;
  readonly value: string | null;
  /** How its column was read, where values are rewritten. */
  readonly reading?: ColumnReading | undefined;
}

function findValue(tape: Tape, record: number, field: number): FoundValue {
  const slot = record * tape.width + field;
  const empty = ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0;
  const came = writtenText(tape, record, field);
  return {
    came: came === null ? null : shorten(came),
    value: empty ? null : shorten(fieldText(tape, slot)),
    reading: tape.asWritten?.get(field)?.reading,
  };
}

/** Cut between characters, so that no half of a surrogate pair is left. */
function shorten(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function recordMessage(code: RejectCode, tape: Tape, record: number): string {
  const fields = tape.fieldCounts[record] ?? 0;
  const count = fields > MAX_FIELDS ? `more than ${MAX_FIELDS}` : `${fields}`;
  switch (code) {
    case 'columns.few':
    case 'columns.many':
      return `the record has ${count} ${fields === 1 ? 'field' : 'fields'}; expected ${tape.width}`;
    case 'quote.unclosed':
      return 'a quote is opened and never closed; close it, or double the quotes that are data';
    case 'quote.stray':
      return 'a quote stands inside a field; quote the whole field and double the quotes in it';
    case 'record.too_long':
      return `the record is longer than ${MAX_RECORD_BYTES} bytes`;
    case 'encoding':
      return `the record holds bytes that are not ${tape.transcoded ? 'in the encoding of the content' : 'UTF-8'}`;
    case 'nul':
      return 'the record holds a NUL byte';
    default:
      return code;
  }
}

const TYPES: Partial<Record<RejectCode, string>> = {
  'type.integer': 'a whole number such as 42',
  'type.decimal': 'a decimal number such as 12.50',
  'type.float': 'a number such as 1.5 or 2e10',
  'type.boolean': 'true, false, t, f, 1 or 0',
  'type.date': 'a date such as 2021-11-07',
  'type.time': 'a time such as 02:48:42',
  'type.datetime': 'a date and time such as 2021-11-07T02:48:42Z',
  'type.uuid': 'a UUID such as 123e4567-e89b-12d3-a456-426614174000',
  'type.json': 'a JSON value',
  'type.binary': 'pairs of hexadecimal digits such as \\x00ff',
};

function typeMessage(code: RejectCode, column: Column, found: FoundValue): string | null {
  const usual = TYPES[code];
  if (usual === undefined) return null;
  const { came, reading = {} } = found;
  const note = code === 'type.datetime' ? zoneNote(column) : '';
  const declared = found.reading === undefined ? null : declaredForm(column, reading);
  const problem = zoneProblem(column, reading, came ?? '') ?? `expected ${declared ?? usual + note}`;
  return `${column.name} is ${JSON.stringify(came)}; ${problem}`;
}

function valueMessage(code: RejectCode, column: Column, found: FoundValue): string {
  const { name } = column;
  const { came, value } = found;
  const shown = JSON.stringify(came);
  const rule = ruleNote(column, code, value ?? '');
  if (rule !== null) return `${name} is ${shown}; expected ${rule}`;
  const ofType = typeMessage(code, column, found);
  if (ofType !== null) return ofType;
  switch (code) {
    case 'missing':
      return `${name} is ${came === null ? 'empty' : `${shown}, which stands for no value`}; it must have a value`;
    case 'range':
      return `${name} is ${shown}; ${rangeNote(column, value ?? '')}`;
    case 'scale':
      return `${name} is ${shown}; ${scaleNote(column)}`;
    case 'length':
      return lengthMessage(column, value ?? '');
    case 'enum':
      return `${name} is ${shown}; ${enumNote(column)}`;
    default:
      return `${name} is ${shown}; ${code}`;
  }
}

function scaleNote({ scale = 0, sqlType }: Column): string {
  if (scale < 0) return `${sqlType} keeps no digits below 1${'0'.repeat(-scale)}`;
  return `at most ${scale} digits after the point fit ${sqlType}`;
}

function enumNote({ enum: allowed, members }: Column): string {
  const list = (allowed ?? members ?? []).map((each) => JSON.stringify(each)).join(', ');
  return allowed === undefined
    ? `expected some of ${list}, each once, with commas between`
    : `expected one of ${list}`;
}

function lengthMessage({ name, kind, sqlType, maxLength, maxBytes, padded }: Column, value: string): string {
  if (kind === 'binary') {
    const bytes = value.length >= SHOWN - 1 ? 'too many' : value.replace(/^(?:\\x|0x)/i, '').length / 2;
    return `${name} has ${bytes} bytes; ${padded ? 'exactly' : 'at most'} ${maxBytes} fit ${sqlType}`;
  }
  if (padded && value.endsWith(' ')) return `${name} ends with spaces, which ${sqlType} does not keep`;
  if (maxLength === undefined) return `${name} has too many bytes; at most ${maxBytes} fit ${sqlType}`;
  return `${name} has ${characters(value)} characters; at most ${maxLength} fit ${sqlType}`;
}

function zoneNote(column: Column): string {
  return column.withZone ? ' or with an offset' : ' (the column keeps no zone, so no offset but Z)';
}

/** A shortened value does not tell how many there were. */
function characters(value: string): string {
  return value.length >= SHOWN - 1 ? 'too many' : String([...value].length);
}

function rangeNote(column: Column, value: string): string {
  if (column.kind === 'integer') {
    return `expected ${column.minimum ?? -(2n ** 63n)} to ${column.maximum ?? 2n ** 63n - 1n}`;
  }
  if (column.makesNumbers) {
    return `as a number, which ${column.sqlType} makes of it, it would be altered; declare the column TEXT`;
  }
  if (column.kind !== 'decimal') return `it does not fit ${column.sqlType}`;
  if (column.minimum === 0n && value.startsWith('-')) return `no number below 0 fits ${column.sqlType}`;
  const whole =
    column.precision === undefined ? Number.POSITIVE_INFINITY : column.precision - (column.scale ?? 0);
  if (whole < 0) return `only numbers below 0.${'0'.repeat(-1 - whole)}1 fit ${column.sqlType}`;
  const found = value.replace(/^[+-]?0*/, '').replace(/\..*$/, '').length;
  if (found > whole) return `at most ${whole} digits before the point fit ${column.sqlType}`;
  return `at most ${column.significantDigits} digits fit ${column.sqlType} without rounding`;
}
