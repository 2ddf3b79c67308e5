import { foldName } from '../../lib/fold-name.ts';
import type { Column } from '../../model/table.ts';
import { isNullMark } from './null-marks.ts';
import type { Row } from './tokenize.ts';

/** What is used of a column: a Table of the model has it, and so has one that came through the API. */
export interface SniffColumn extends Pick<Column, 'name' | 'nullable' | 'generated'> {
  readonly kind: string;
  readonly maxLength?: number;
  readonly scale?: number;
  readonly enum?: readonly string[];
  /** How its values are written is said elsewhere: they tell nothing of the dialect. */
  readonly settled?: boolean;
}

export interface SniffTable {
  readonly name: string;
  readonly columns: readonly SniffColumn[];
}

/** The columns that the fields of a record go into; null for a name that the table has not. */
export type FieldColumns = ReadonlyArray<SniffColumn | null>;

/** As a content without a header has them. */
export function positionalColumns(table: SniffTable): FieldColumns {
  return table.columns.filter((column) => !column.generated);
}

/** Null where the names are no header of the table: less than half of them are known. */
export function namedColumns(table: SniffTable, names: readonly string[]): FieldColumns | null {
  const byName = new Map(table.columns.map((column) => [foldName(column.name), column]));
  const columns = names.map((name) => byName.get(foldName(name)) ?? null);
  const known = columns.filter((column) => column !== null).length;
  return known > 0 && known * 2 >= names.length && new Set(columns).size >= known ? columns : null;
}

/** Whether a field would do as it is, or after one of the conversions that a dialect may declare. */
type Test = (text: string) => boolean;

const DIGITS = /^[+-]?\d+$/;
const GROUPED = /^[+-]?\d{1,3}(?:[.,' \u00a0\u202f\u2019]\d{3})+$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
const WRITTEN = /^[+-]?(?:\d+|\d{1,3}(?:[.,' \u00a0\u202f\u2019]\d{3})+)(?:[.,]\d*)?(?:e[+-]?\d+)?$/i;
const ISO_DATE = /^\d{4}-\d\d-\d\d$/;
const ANY_DATE =
  /^(?:\d{1,4}([-/. ])\d{1,2}\1\d{1,4}|\d{8}|\d{1,2}[- .]?[A-Za-z]{3,9}[-, .]*\d{2,4}|[A-Za-z]{3,9} \d{1,2},? \d{4})/;
const ISO_DATETIME = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:[Zz]|[+-]\d\d(?::?\d\d)?)?$/;
const TIME = /^[+-]?\d{1,3}:\d\d(?::\d\d(?:[.,]\d+)?)?/;
const BOOLEAN = /^(?:true|false|t|f|1|0)$/i;
const WORD = /^\S{1,12}$/;
const UUID = /^\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?$/i;
const BINARY = /^(?:\\x|0x)?(?:[0-9a-f]{2})*$/i;
const JSON_START = /^\s*[[{"\d\-tfn]/;

const matches =
  (pattern: RegExp): Test =>
  (text) =>
    pattern.test(text);
const either =
  (...patterns: readonly RegExp[]): Test =>
  (text) =>
    patterns.some((pattern) => pattern.test(text));

/** As the check takes it, and as it may be written. */
const TESTS: Readonly<Record<string, { readonly plain: Test; readonly written: Test }>> = {
  integer: { plain: matches(DIGITS), written: either(DIGITS, GROUPED) },
  decimal: { plain: matches(DECIMAL), written: either(DECIMAL, WRITTEN) },
  float: { plain: either(DECIMAL, /^[+-]?(?:nan|inf|infinity)$/i), written: either(DECIMAL, WRITTEN) },
  boolean: { plain: matches(BOOLEAN), written: matches(WORD) },
  date: { plain: matches(ISO_DATE), written: matches(ANY_DATE) },
  datetime: { plain: matches(ISO_DATETIME), written: matches(ANY_DATE) },
  time: { plain: matches(TIME), written: matches(TIME) },
  uuid: { plain: matches(UUID), written: matches(UUID) },
  binary: { plain: matches(BINARY), written: matches(/^[\w+/=\\-]*$/) },
  json: { plain: matches(JSON_START), written: matches(JSON_START) },
};

const ANYTHING = { plain: () => true, written: () => true };
const APOSTROPHES = /^'.*'$/s;

/** Shares of the records, 0 to 1. */
export interface Fit {
  /** Would be loaded as they are. */
  readonly plain: number;
  /** Would be loaded once their values are converted. */
  readonly written: number;
}

/** How many of the records would do for the columns, by cheap tests. */
export function fitOf(records: readonly Row[], columns: FieldColumns): Fit {
  const tests = columns.map((column) => (column === null ? null : testsOf(column)));
  let plain = 0;
  let written = 0;
  for (const row of records) {
    if (row.fault || row.cells.length !== columns.length) continue;
    if (everyCell(row, (cell, i) => tests[i]?.written(cell) !== false)) written++;
    else continue;
    if (everyCell(row, (cell, i) => tests[i]?.plain(cell) !== false)) plain++;
  }
  const whole = Math.max(1, records.length);
  return { plain: plain / whole, written: written / whole };
}

function everyCell(row: Row, test: (cell: string, i: number) => boolean): boolean {
  return row.cells.every((cell, i) => (cell === '' && !row.quoted[i]) || test(cell, i));
}

function testsOf(column: SniffColumn): { plain: Test; written: Test } {
  const tests = column.settled === true ? ANYTHING : TESTS[column.kind];
  if (tests === undefined) return textTests(column);
  const marked: Test = (text) => tests.written(text) || (column.nullable && isNullMark(text));
  return { plain: tests.plain, written: marked };
}

/** Of text nearly everything fits, but for apostrophes around it: they would be quotes. */
function textTests({ maxLength = Number.POSITIVE_INFINITY, enum: values }: SniffColumn): {
  plain: Test;
  written: Test;
} {
  const fits: Test = (text) =>
    text.length <= maxLength && (values === undefined || values.includes(text)) && !APOSTROPHES.test(text);
  return { plain: fits, written: fits };
}
