import assert from 'node:assert/strict';
import { check } from '../../../src/check/check.ts';
import { describeFindings } from '../../../src/check/describe.ts';
import { convertValues } from '../../../src/check/values/convert.ts';
import { scan } from '../../../src/csv/scan.ts';
import type { ColumnReading } from '../../../src/model/column-reading.ts';
import { DEFAULT_DIALECT, type Dialect } from '../../../src/model/dialect.ts';
import { fieldText } from '../../../src/model/field-text.ts';
import type { RejectError } from '../../../src/model/reject.ts';
import type { Column, ColumnKind } from '../../../src/model/table.ts';
import { FIELD_NULL, type Tape } from '../../../src/model/tape.ts';
import { column, planOf, toBytes } from '../judge.ts';

/** What becomes of fields of one column: the text that the database is sent, null for NULL, or the error. */
export type Read = string | null | RejectError;

export function tapeOf(content: string, width: number): Tape {
  return scan(toBytes(content), { delimiter: 44, quote: 34, width, last: true });
}

/** Fields as they stand in a CSV file: with their quotes, where they have some. */
export function readFields(
  fields: readonly string[],
  target: Column,
  dialect: Partial<Dialect> = {},
): Read[] {
  const plan = planOf([target, column('other', 'text')]);
  const scanned = tapeOf(fields.map((field) => `${field},x\n`).join(''), 2);
  const tape = convertValues(scanned, plan, { ...DEFAULT_DIALECT, ...dialect });
  const errors = describeFindings(tape, plan, check(tape, plan));
  return fields.map((_, record) => {
    const error = errors.find(({ index }) => index === record)?.errors[0];
    if (error !== undefined) return error;
    const slot = record * 2;
    return ((tape.flags[slot] ?? 0) & FIELD_NULL) !== 0 ? null : fieldText(tape, slot);
  });
}

/** One value, put in quotes: what it is read as, or the code of its error. */
export function read(value: string, target: Column, dialect: Partial<Dialect> = {}): string | null {
  const [result = null] = readFields([`"${value.replaceAll('"', '""')}"`], target, dialect);
  return result !== null && typeof result === 'object' ? result.code : result;
}

export function columnRead(kind: ColumnKind, reading: ColumnReading, facts: Partial<Column> = {}): Column {
  return column('c', kind, { ...facts, read: reading });
}

/** Each value is read as its text says. */
export function readsAs(
  target: Column,
  dialect: Partial<Dialect>,
  expected: Readonly<Record<string, string>>,
): void {
  const found = Object.keys(expected).map((value) => [value, read(value, target, dialect)]);
  assert.deepEqual(Object.fromEntries(found), expected);
}

/** None of the values is of the column's kind, so written. */
export function refuses(target: Column, dialect: Partial<Dialect>, values: readonly string[]): void {
  const taken = values.filter((value) => read(value, target, dialect) !== `type.${target.kind}`);
  assert.deepEqual(taken, []);
}
