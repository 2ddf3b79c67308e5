import { check } from '../check/check.ts';
import { convertValues } from '../check/values/convert.ts';
import { scanBytes } from '../csv/dialect.ts';
import { scan } from '../csv/scan.ts';
import { RowferryError } from '../errors.ts';
import { nearNames } from '../lib/near-names.ts';
import type { Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import type { InsertPlan } from '../model/plan.ts';
import type { Column, Table } from '../model/table.ts';
import { MAX_FIELDS } from '../model/tape.ts';

/** What the first record of a content says about its columns. */
export interface FirstRecord {
  readonly plan: InsertPlan;
  readonly header: boolean;
  /** Byte and 0-based physical line on which the data start. */
  readonly dataStart: number;
  readonly dataLine: number;
}

/** Columns in the order of the table, as a content without a header has them. */
export function positionalPlan(table: Table): InsertPlan {
  const columns = table.columns.filter((column) => !column.generated);
  return { table, columns, fields: columns.map((_, i) => i) };
}

/** Columns named one by one, in the order of the fields. `header-invalid` for names that are unknown or doubled. */
export function namedPlan(table: Table, names: readonly string[]): InsertPlan {
  const byName = new Map(table.columns.map((column) => [column.name, column]));
  const byFolded = new Map(table.columns.map((column) => [fold(column.name), column]));
  const columns = names.map((name) => byName.get(name) ?? byFolded.get(fold(name)) ?? null);
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
 * Reads the first record from `from` on. It is a header if its names match the dictionary, or if the dialect says so.
 * A record with half of the names or more that would not do as data is a bad header, not a row.
 */
export function readFirstRecord(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  last: boolean,
  table: Table,
  dialect: Dialect,
): FirstRecord | null {
  const positional = positionalPlan(table);
  const first = scan(bytes, { ...scanBytes(dialect), width: MAX_FIELDS + 1, last, from, maxRecords: 1 });
  if (first.records === 0) {
    return last ? { plan: positional, header: false, dataStart: bytes.length, dataLine: first.lines } : null;
  }
  const names = Array.from({ length: first.fieldCounts[0] ?? 0 }, (_, i) => fieldText(first, i));
  if (names.length === 0 && dialect.header === true) throw unreadableHeader(table);
  if (
    dialect.header === true ||
    (dialect.header === null && isHeader(bytes, from, last, names, positional, dialect))
  ) {
    return { plan: namedPlan(table, names), header: true, dataStart: first.consumed, dataLine: first.lines };
  }
  return { plan: positional, header: false, dataStart: from, dataLine: 0 };
}

/** Of a record with an open quote no field is known. */
function unreadableHeader(table: Table): RowferryError {
  return new RowferryError(
    'header-invalid',
    `the header has a quote that is never closed; expected columns of ${table.name}`,
    { hint: 'close the quote, or double the quotes that are part of a name' },
  );
}

function isHeader(
  bytes: Uint8Array<ArrayBuffer>,
  from: number,
  last: boolean,
  names: readonly string[],
  plan: InsertPlan,
  dialect: Dialect,
): boolean {
  const known = new Set(plan.table.columns.map((column) => fold(column.name)));
  const matches = names.filter((name) => known.has(fold(name))).length;
  if (matches === names.length) return matches > 0;
  if (matches === 0 || matches * 2 < names.length) return false;
  const width = plan.columns.length;
  const asData = scan(bytes, { ...scanBytes(dialect), width, last, from, maxRecords: 1 });
  return check(convertValues(asData, plan, dialect), plan).rejected > 0;
}

/** Names are compared without case, and with spaces, dashes and underscores alike. */
function fold(name: string): string {
  return name
    .trim()
    .toLowerCase()
    .replace(/[\s_-]+/g, '_');
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
      const meant = columns[i] ?? fold(name);
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
