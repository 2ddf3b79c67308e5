import { check } from '../check/check.ts';
import { convertValues } from '../check/values/convert.ts';
import { type Head, readHead, type Start } from '../csv/general/head.ts';
import { readRecords } from '../csv/read-records.ts';
import { RowferryError } from '../errors.ts';
import { foldName } from '../lib/fold-name.ts';
import { nearNames } from '../lib/near-names.ts';
import type { Dialect } from '../model/dialect.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Column, Table } from '../model/table.ts';
import { MAX_FIELDS } from '../model/tape.ts';
import { columnsInOrder, matching } from './fields-match.ts';

/** What the first record of a content says about its columns. */
export interface FirstRecord {
  readonly plan: InsertPlan;
  readonly header: boolean;
  /** With the encoding that the content's byte order mark tells. */
  readonly dialect: Dialect;
  /** Where the data start. */
  readonly data: Start;
}

/** Columns in the order of the table or of its schema, as a content without a header has them. */
export function positionalPlan(table: Table): InsertPlan {
  const columns = columnsInOrder(table);
  return { table, columns, fields: columns.map((_, i) => i) };
}

/** Columns named one by one, in the order of the fields. `header-invalid` for names that are unknown or doubled. */
export function namedPlan(table: Table, names: readonly string[]): InsertPlan {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const byFolded = new Map(table.columns.map((column) => [foldName(column.name), column]));
  const columns = names.map((name) => byName.get(name) ?? byFolded.get(foldName(name)) ?? null);
  const problems = [
    ...unknownNames(table, names, columns),
    ...doubledNames(names, columns),
    ...generatedNames(columns),
  ];
  if (names.length > MAX_FIELDS) problems.unshift(`${names.length} columns; at most ${MAX_FIELDS}`);
  if (problems.length > 0) {
    throw new RowferryError(
      'header-invalid',
      `the header does not fit table ${table.name}: ${problems.slice(0, 20).join('; ')}`,
      {
        hint: `columns of ${table.name}: ${table.columns.map((column) => column.name).join(', ')}`,
      },
    );
  }
  return { table, columns: columns.filter((column) => column !== null), fields: names.map((_, i) => i) };
}

/**
 * Reads the first record, or the header rows of the dialect. It is a header if its names match the dictionary, or if
 * the dialect says so. A record with half of the names or more that would not do as data is a bad header, not a row.
 */
export function readFirstRecord(
  bytes: Uint8Array<ArrayBuffer>,
  last: boolean,
  table: Table,
  declared: Dialect,
): FirstRecord | null {
  const head = readHead(bytes, declared, last);
  if (head === null) return null;
  const plan = positionalPlan(table);
  const { dialect, names, data } = head;
  if (data.rows === 0) return { plan, header: false, dialect, data };
  const saysSo = dialect.header ?? (hasOwnRows(dialect) ? true : null);
  if (saysSo === true) refuseUnreadable(head, table);
  if (saysSo ?? isHeader(bytes, last, head, plan)) {
    return { plan: matching(namedPlan(table, names)), header: true, dialect, data };
  }
  return { plan, header: false, dialect, data: head.first };
}

/** Who says which rows the header has says that there is one. */
const hasOwnRows = ({ headerRows }: Dialect): boolean => headerRows.length > 1 || headerRows[0] !== 1;

/** Of a record with an open quote no field is known; of a row that is not there neither. */
function refuseUnreadable({ names, data, dialect }: Head, table: Table): void {
  const row = dialect.headerRows.at(-1) ?? 1;
  if (data.rows < row) {
    throw new RowferryError(
      'header-invalid',
      `the content has ${data.rows} rows; expected a header in row ${row}`,
      { hint: 'say in dialect.headerRows where the header stands' },
    );
  }
  if (names.length > 0) return;
  throw new RowferryError(
    'header-invalid',
    `the header has a quote that is never closed; expected columns of ${table.name}`,
    { hint: 'close the quote, or double the quotes that are part of a name' },
  );
}

function isHeader(bytes: Uint8Array<ArrayBuffer>, last: boolean, head: Head, plan: InsertPlan): boolean {
  const { names, dialect, first } = head;
  const known = new Set(plan.table.columns.map((column) => foldName(column.name)));
  const matches = names.filter((name) => known.has(foldName(name))).length;
  if (matches === names.length) return matches > 0;
  if (matches === 0 || matches * 2 < names.length) return false;
  const asData = readRecords(bytes, dialect, {
    width: plan.columns.length,
    last,
    from: first.byte,
    maxRecords: 1,
  });
  return check(convertValues(asData, plan, dialect), plan).rejected > 0;
}

function unknownNames(table: Table, names: readonly string[], columns: readonly (Column | null)[]): string[] {
  const known = table.columns.map((column) => column.name);
  return names
    .filter((_, i) => columns[i] === null)
    .map((name) => {
      const near = nearNames(name, known);
      const shown = JSON.stringify(name.slice(0, 64));
      return `unknown column ${shown}${near.length === 0 ? '' : `, did you mean ${near.join(' or ')}?`}`;
    });
}

function doubledNames(names: readonly string[], columns: readonly (Column | null)[]): string[] {
  const seen = new Set<string | Column>();
  return names
    .filter((name, i) => {
      const meant = columns[i] ?? foldName(name);
      const doubled = seen.has(meant);
      seen.add(meant);
      return doubled;
    })
    .map((name) => `column ${JSON.stringify(name.slice(0, 64))} stands twice`);
}

function generatedNames(columns: readonly (Column | null)[]): string[] {
  return columns
    .filter((column) => column?.generated)
    .map((column) => `column ${column?.name} is computed by the database and cannot be loaded`);
}
