import { isTyped, type Look, lookOf } from './cells.ts';
import type { Row } from './tokenize.ts';

/** Rows after the header that say what its columns hold. */
const BODY_ROWS = 60;
const MOST_HEADER_ROWS = 4;
/** A name is short. */
const LONGEST_NAME = 80;

/**
 * How many of the first rows are a header: those that break what the columns look like further down. Of columns that
 * are all text the first row is one when its fields are names: short, not empty, each another, found nowhere below.
 */
export function headerHeight(body: readonly Row[], width: number, declared: boolean): number {
  const data = body.slice(Math.min(MOST_HEADER_ROWS, Math.floor(body.length / 2)), BODY_ROWS);
  const typed = typedColumns(data, width);
  if (typed.length === 0) return declared || looksLikeNames(body) ? Math.min(1, body.length) : 0;
  let height = 0;
  while (height < Math.min(MOST_HEADER_ROWS, body.length - 1) && isNextNames(body, height, typed, data))
    height++;
  if (height === MOST_HEADER_ROWS) height = 1;
  return declared ? Math.max(1, height) : height;
}

/** Columns of which nearly all fields have a form of their own. */
function typedColumns(rows: readonly Row[], width: number): number[] {
  return Array.from({ length: Math.min(width, 256) }, (_, i) => i).filter((i) => {
    const looks = rows.map(({ cells }) => lookOf(cells[i] ?? '')).filter((look) => look !== 'empty');
    return looks.length > 0 && looks.filter(isTyped).length * 10 >= looks.length * 8;
  });
}

/** No field of the typed columns looks typed, and one of them says something. */
function isNames(row: Row | undefined, typed: readonly number[]): boolean {
  if (row === undefined) return false;
  const looks: Look[] = typed.map((i) => lookOf(row.cells[i] ?? ''));
  return !looks.some(isTyped) && looks.some((look) => look !== 'empty');
}

/** Names, or years that are: in the first row, and below one that leaves columns without a name of their own. */
function isNextNames(
  body: readonly Row[],
  height: number,
  typed: readonly number[],
  data: readonly Row[],
): boolean {
  // A stray quote hides the fields behind it.
  if (height > 0 && body[height]?.fault === true) return false;
  if (isNames(body[height], typed)) return true;
  const cells = body[height]?.cells ?? [];
  const below = data.map((row) => row.cells);
  if (!areYearNames(cells, below)) return false;
  return height === 0 || !areDifferent(body[height - 1]?.cells ?? []);
}

const YEAR = /^(?:19|20)\d\d$/;

/**
 * Whether a row names columns by years: 2021, 2022, 2023 side by side or with empty fields between them, above columns
 * of other numbers. Its other fields have no form of their own.
 */
export function areYearNames(cells: readonly string[], below: ReadonlyArray<readonly string[]>): boolean {
  const years = cells.flatMap((cell, i) => (YEAR.test(cell.trim()) ? [i] : []));
  if (years.length < 2 || below.length === 0) return false;
  const others = cells.filter((_, i) => !years.includes(i));
  const values = years.map((i) => Number(cells[i]));
  const [first = 0, second = 0] = values;
  const step = second - first;
  return (
    Math.abs(step) === 1 &&
    values.every((value, i) => value === first + i * step) &&
    !others.some((cell) => isTyped(lookOf(cell))) &&
    years.every((i) => below.some((row) => isOtherNumber(row[i] ?? '')))
  );
}

function isOtherNumber(cell: string): boolean {
  return lookOf(cell) === 'number' && !YEAR.test(cell.trim());
}

/** No field is empty, and none has the text of another. */
export function areDifferent(cells: readonly string[]): boolean {
  const names = new Set(cells.map((cell) => cell.trim().toLowerCase()));
  return names.size === cells.length && !names.has('');
}

function looksLikeNames(body: readonly Row[]): boolean {
  const [first, ...others] = body;
  if (first === undefined) return false;
  if (!areDifferent(first.cells)) return false;
  const below = others.slice(0, BODY_ROWS);
  return first.cells.every(
    (cell, i) =>
      cell.length <= LONGEST_NAME && lookOf(cell) === 'text' && !below.some((row) => row.cells[i] === cell),
  );
}
