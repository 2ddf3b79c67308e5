import { isTyped, lookOf } from './cells.ts';
import { type FieldColumns, fitOf } from './fit.ts';
import { firstText, isTotalsLine } from './footers.ts';
import { areDifferent, areYearNames } from './header.ts';
import type { Layout } from './layout.ts';
import type { Question } from './question.ts';
import type { Row } from './tokenize.ts';

/** A first record that the columns take, although it may be names that none of them has. */
export interface HeaderDoubt {
  /** What stands below it looks otherwise: names, most likely. */
  readonly strong: boolean;
  readonly row: Row;
  /** Physical lines before the record that follows it. */
  readonly end: number;
}

const BODY_ROWS = 60;
const LONGEST_NAME = 40;
/** What programs call columns: `first_name`, `firstName`, `NAME`. */
const IDENTIFIER = /^[A-Za-z_]\w*$/;
const COMPOUND = /^(?:[A-Za-z]+\d*(?:_\w+)+|[a-z]+\d*[A-Z]\w*)$/;
const NAME = /^\p{L}[\p{L}\p{N} _.()/%#-]*$/u;
const NEARLY_ALL = 0.8;

/** Null where there is a header, or the first record looks like the others, or no column would take it. */
export function headerDoubt({ names, columns, records }: Layout): HeaderDoubt | null {
  const [first, ...others] = records;
  if (names !== null || columns === null || first === undefined) return null;
  if (first.cells.length !== columns.length || fitOf([first], columns).written === 0) return null;
  const below = others.slice(0, BODY_ROWS).map(({ cells }) => cells);
  const strong = areYearNames(first.cells, below) || (areNames(first.cells, below) && differ(first, below));
  // One word above others says nothing.
  if (!strong && (columns.length < 2 || !areNames(first.cells, below))) return null;
  return { strong, row: first, end: others[0]?.line ?? first.line + 1 };
}

/** Short, each another, and none comes again in its column. */
function areNames(cells: readonly string[], below: ReadonlyArray<readonly string[]>): boolean {
  return (
    areDifferent(cells) &&
    cells.every(
      (cell, i) =>
        cell.length <= LONGEST_NAME &&
        NAME.test(cell) &&
        lookOf(cell) === 'text' &&
        !below.some((other) => other[i] === cell),
    )
  );
}

/** A column holds numbers, dates or the like below its name; or names of programs stand above what is none. */
function differ({ cells }: Row, below: ReadonlyArray<readonly string[]>): boolean {
  const columns = cells.map((_, i) => below.flatMap((other) => other[i] || []));
  const most = (values: readonly string[], test: (text: string) => boolean): boolean =>
    values.length > 1 && values.filter(test).length >= values.length * NEARLY_ALL;
  if (columns.some((values) => most(values, (text) => isTyped(lookOf(text))))) return true;
  const programs = cells.every((cell) => IDENTIFIER.test(cell)) && cells.some((cell) => COMPOUND.test(cell));
  return programs && columns.some((values) => most(values, (text) => !IDENTIFIER.test(text)));
}

const fieldsOf = ({ cells }: Row): string =>
  cells
    .slice(0, 6)
    .map((cell) => JSON.stringify(cell.slice(0, 30)))
    .join(', ');

/** `lines`: physical lines before the text that the rows are of. */
export function headerQuestion({ row, end }: HeaderDoubt, lines: number): Question {
  return {
    about: `line ${row.line + lines + 1}`,
    readings: [
      {
        dialect: { header: false, skipRows: end + lines },
        shows: `${fieldsOf(row)} are names, of no column of the table, and left out`,
      },
      { dialect: { header: false }, shows: 'they are a record' },
    ],
  };
}

export function headerWarning({ row, end }: HeaderDoubt, lines: number): string {
  const skip = JSON.stringify({ header: false, skipRows: end + lines });
  return (
    `line ${row.line + lines + 1} is taken for a record: ${fieldsOf(row)} are names of no column; ` +
    `if they are names all the same: --dialect '${skip}'`
  );
}

/** The rows at the end that say that they are totals, but that all columns take. Null where there is none. */
export function footerWarning(rows: readonly Row[], columns: FieldColumns): string | null {
  const records = rows.filter(({ cells }) => cells.length > 0);
  const at = records.findLastIndex((row) => !isDoubtful(row, columns));
  const doubtful = records.slice(at + 1);
  const [first] = doubtful;
  if (first === undefined || at < 0) return null;
  const which =
    doubtful.length === 1 ? 'the last record' : `the last ${doubtful.length} records, from the one`;
  return (
    `${which} that begins with ${JSON.stringify(firstText(first).slice(0, 40))} fits the columns and is loaded; ` +
    `if it is no record: --dialect '{"skipFooterRows":${doubtful.length}}'`
  );
}

function isDoubtful(row: Row, columns: FieldColumns): boolean {
  if (row.fault || row.cells.length !== columns.length) return false;
  return isTotalsLine(row, columns.length) && fitOf([row], columns).written > 0;
}
