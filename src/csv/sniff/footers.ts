import { isTyped, lookOf } from './cells.ts';
import { type FieldColumns, fitOf } from './fit.ts';
import type { Row } from './tokenize.ts';

const TOTALS =
  /^\W*(?:(?:grand |sub)?-?totals?|sum|summe|gesamt(?:summe)?|insgesamt|somme|totaa?le?|suma|soma|(?:number of |total )?(?:records?|rows?)|\d+ (?:rows?|records?|lines?|entries)|end of|eof|trailer)\b/i;
const PROSE =
  /^\W*(?:generated|created|exported|printed|source|quelle|note|notes|footnote|erstellt|stand|report|data as of)\b/i;
const MOST_FOOTERS = 20;
/** Of a content without a table all of what follows the last record is passed over, e.g. further tables. */
const MOST_ALONE = 10_000;

/** Lines at the end of a content that are none of its records: how many, blank lines not counted. */
export interface Footers {
  readonly count: number;
  readonly evidence: string | null;
}

const NONE: Footers = { count: 0, evidence: null };

/**
 * With the table's columns only lines that say that they are totals or notes, or that stand apart and are prose: any
 * other line is a record, and a bad one must become a reject.
 */
export function footersFor(rows: readonly Row[], columns: FieldColumns): Footers {
  const width = columns.length;
  let count = 0;
  let first: Row | undefined;
  for (let at = rows.length - 1; at >= 0 && count < MOST_FOOTERS; at--) {
    const row = rows[at];
    if (row === undefined || row.cells.length === 0) continue;
    if (!isFooter(row, width, rows, at) || isTaken(row, columns)) break;
    first = row;
    count++;
  }
  return first === undefined || count === MOST_FOOTERS ? NONE : found(count, first);
}

/** The columns would take it for a record. */
function isTaken(row: Row, columns: FieldColumns): boolean {
  const lacks = row.cells.some((cell, i) => cell === '' && columns[i]?.nullable === false);
  return !lacks && fitOf([row], columns).plain > 0;
}

function isFooter(row: Row, width: number, rows: readonly Row[], at: number): boolean {
  if (row.fault || width < 2) return false;
  if (isTotals(row, width) || isIndentedTotal(row, rows, width)) return true;
  if (row.cells.length === width) return false;
  const before = rows[at - 1];
  const filled = row.cells.filter((cell) => cell.trim() !== '');
  const [text = ''] = filled;
  if (filled.length > 1) return false;
  return PROSE.test(text) || (before?.cells.length === 0 && /\S\s+\S/.test(text));
}

function isTotals({ cells }: Row, width: number): boolean {
  const filled = cells.filter((cell) => cell.trim() !== '');
  return TOTALS.test(filled[0] ?? '') && filled.length * 2 <= Math.max(2, width);
}

const TOTAL_ALONE =
  /^\W*(?:grand |sub)?-?(?:totals?|sum|summe|gesamt(?:summe)?|insgesamt|somme|totaa?le?|suma|soma)\W*$/i;

/** The same of a row that columns may take: the word alone tells too, whatever stands beside it. */
export function isTotalsLine(row: Row, width: number): boolean {
  return isTotals(row, width) || TOTAL_ALONE.test(firstText(row));
}

export const firstText = ({ cells }: Row): string => cells.find((cell) => cell.trim() !== '') ?? '';

/** The word stands behind empty fields, where all of the last records have something. */
function isIndentedTotal(row: Row, rows: readonly Row[], width: number): boolean {
  if (row.cells.length !== width || row.cells[0]?.trim() !== '' || !TOTAL_ALONE.test(firstText(row)))
    return false;
  const isOther = (other: Row): boolean => other.cells.length === width && !isTotalsLine(other, width);
  const others = rows.filter(isOther).slice(-TELLING);
  return others.length >= FEWEST && others.every(({ cells }) => cells[0]?.trim() !== '');
}

/** By the number of fields: all from the first line on after which no record is as wide as most are. */
export function footersAlone(rows: readonly Row[], width: number): Footers {
  if (width < 2) return NONE;
  const isSum = (row: Row): boolean =>
    isTotals(row, width) ||
    isIndentedTotal(row, rows, width) ||
    (TOTAL_ALONE.test(row.cells[0] ?? '') && isAboveTyped(row, rows, width));
  const last = rows.findLastIndex((row) => row.cells.length === width && !isTitle(row) && !isSum(row));
  const after = rows.slice(last + 1).filter((row) => row.cells.length > 0);
  const [first] = after;
  if (first === undefined || after.length > MOST_ALONE) return NONE;
  const apart = rows[last + 1]?.cells.length === 0;
  if (!apart && isCutShort(first, rows.slice(0, last + 1), width)) return NONE;
  const other = after.every((row) => row.cells.length * 2 <= width || isTitle(row) || isSum(row));
  return apart || other || after.length > 2 ? found(after.length, first) : NONE;
}

/** In a column of numbers or dates the word for a sum is no value. */
function isAboveTyped(own: Row, rows: readonly Row[], width: number): boolean {
  const others = rows.filter((row) => row.cells.length === width && !TOTAL_ALONE.test(row.cells[0] ?? ''));
  const values = others.slice(-TELLING).filter((row) => row !== own && row.cells[0] !== '');
  const typed = values.filter((row) => isTyped(lookOf(row.cells[0] ?? '')));
  return typed.length > 0 && typed.length >= values.length - 1;
}

/** Rows that tell what the columns look like. */
const TELLING = 20;
/** Fewer say nothing of a column. */
const FEWEST = 3;

/** A record that lacks its last fields: those it has look as such fields do, and one of them as no prose does. */
function isCutShort({ cells }: Row, before: readonly Row[], width: number): boolean {
  const records = before.filter((row) => row.cells.length === width).slice(-TELLING);
  const looks = cells.map(lookOf);
  const alike = looks.every((look, i) =>
    records.some((row) => row.cells[i] !== undefined && lookOf(row.cells[i]) === look),
  );
  return alike && looks.some(isTyped);
}

function isTitle(row: Row): boolean {
  const filled = row.cells.filter((cell) => cell.trim() !== '').length;
  return row.cells.length > 2 && filled * 3 <= row.cells.length;
}

function found(count: number, { line, cells }: Row): Footers {
  const shown = JSON.stringify(cells.join(' ').trim().slice(0, 40));
  return { count, evidence: `from ${shown} in line ${line + 1} on there are no records` };
}
