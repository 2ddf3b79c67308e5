import { foldName } from '../../lib/fold-name.ts';
import { isTyped, lookOf } from './cells.ts';
import { commentPrefix } from './comments.ts';
import { usualWidth } from './consistency.ts';
import { type FieldColumns, fitOf, namedColumns, positionalColumns, type SniffTable } from './fit.ts';
import { headerHeight } from './header.ts';
import type { Row } from './tokenize.ts';

/** Which rows of a sample are what. */
export interface Layout {
  readonly commentChar: string | null;
  /** Physical lines before the header, or before the first record where there is none. */
  readonly skipRows: number;
  /** Rows of the header; 0: there is none. */
  readonly headerRows: number;
  /** The header's names, parts joined by a space. */
  readonly names: readonly string[] | null;
  /** With a table: what the fields are. */
  readonly columns: FieldColumns | null;
  /** Fields of a record. */
  readonly width: number;
  /** Records that are data, footer lines among them. */
  readonly records: readonly Row[];
}

/** Rows among which a header is looked for. */
const HEAD_ROWS = 40;
const MOST_HEADER_ROWS = 4;

/** By the names and the kinds of the table's columns. */
export function layoutFor(rows: readonly Row[], table: SniffTable, fixed: Fixed): Layout {
  const positional = positionalColumns(table);
  const commentChar = fixed.commentChar ?? commentPrefix(rows, table);
  const content = withoutComments(rows, commentChar);
  const header = fixed.header === false ? null : headerOf(content, table, positional);
  if (header !== null) {
    const { at, height, names, columns } = header;
    const records = content.slice(at + height);
    const skipRows = linesBefore(content, at, rows);
    return { commentChar, skipRows, headerRows: height, names, columns, width: names.length, records };
  }
  const at = proseBefore(content, positional.length);
  const skipRows = linesBefore(content, at, rows);
  const records = content.slice(at);
  const width = positional.length;
  return { commentChar, skipRows, headerRows: 0, names: null, columns: positional, width, records };
}

/** What was declared of the layout. */
export interface Fixed {
  readonly commentChar?: string | null | undefined;
  readonly header?: boolean | null | undefined;
  /** Of the shape that the rows were read by. */
  readonly delimiter?: string | undefined;
}

interface Header {
  readonly at: number;
  readonly height: number;
  readonly names: readonly string[];
  readonly columns: FieldColumns;
}

/** The rows whose names the table knows best; none where records stand before them. */
function headerOf(content: readonly Row[], table: SniffTable, positional: FieldColumns): Header | null {
  const known = table.columns.map((column) => foldName(column.name));
  let best: Header | null = null;
  for (let at = 0; at < Math.min(content.length, HEAD_ROWS) && !isCertain(best, at); at++) {
    if (!mayBeNames(content[at], known)) continue;
    for (let height = 1; height <= MOST_HEADER_ROWS && at + height <= content.length; height++) {
      const names = joinNames(content.slice(at, at + height));
      const columns = namedColumns(table, names);
      const header = columns === null ? null : { at, height, names, columns };
      if (header !== null && isBetter(header, best)) best = header;
    }
  }
  if (best === null || best.at === 0) return best;
  const before = content.slice(0, best.at).filter(({ cells }) => cells.some((cell) => cell !== ''));
  return fitOf(before, positional).plain > 0.2 ? null : best;
}

/** One field at least is a name of the table, or the beginning of one. */
function mayBeNames(row: Row | undefined, known: readonly string[]): boolean {
  return (
    row?.cells.some((cell) => cell !== '' && known.some((name) => name.startsWith(foldName(cell)))) === true
  );
}

/** Of as many names the fewer rows: an empty row before the header is no part of it. */
function isBetter(header: Header, best: Header | null): boolean {
  const more = knownOf(header.columns) - knownOf(best?.columns ?? []);
  return more > 0 || (more === 0 && header.height < (best?.height ?? 0));
}

/** All names are known, and no later row could be more. */
function isCertain(best: Header | null, at: number): boolean {
  return best?.columns.every((column) => column !== null) === true && at >= best.at + best.height;
}

function knownOf(columns: FieldColumns): number {
  return columns.filter((column) => column !== null).length;
}

/** Empty parts are left out, as the reader of multi-row headers does. */
function joinNames(rows: readonly Row[]): string[] {
  const width = Math.max(0, ...rows.map((row) => row.cells.length));
  return Array.from({ length: width }, (_, i) =>
    rows
      .map((row) => row.cells[i] ?? '')
      .filter((part) => part !== '')
      .join(' '),
  );
}

/** Blank lines and comments are no rows. */
export function withoutComments(rows: readonly Row[], commentChar: string | null): Row[] {
  return rows.filter(
    ({ cells, quoted }) =>
      cells.length > 0 && !(commentChar !== null && !quoted[0] && cells[0]?.startsWith(commentChar)),
  );
}

/** No lines need to be skipped where only blank lines and comments come before. */
function linesBefore(
  content: readonly Row[],
  at: number,

  rows: readonly Row[],
): number {
  if (at === 0) return 0;
  return content[at]?.line ?? rows.at(-1)?.line ?? 0;
}

/** Rows of one field, or of nothing but a title, before rows that are as wide as they should be. */
function proseBefore(content: readonly Row[], width: number): number {
  if (width < 3) return 0;
  let at = 0;
  while (at < Math.min(content.length, HEAD_ROWS) && isProse(content[at], width)) at++;
  const after = content.slice(at, at + 5);
  return after.length > 0 && after.every((row) => row.cells.length === width && !isProse(row, width))
    ? at
    : 0;
}

function isProse(row: Row | undefined, width: number): boolean {
  if (row === undefined || row.fault) return false;
  const filled = row.cells.filter((cell) => cell !== '');
  if (filled.length > 2 || filled.length * 2 > width) return false;
  return (
    filled.every((cell) => !isTyped(lookOf(cell)) || filled.length > 1) &&
    (row.cells[0] !== '' || filled.length === 0)
  );
}

/** Of the rows of a header those after the last blank line among them: what stands before it is a preamble. */
function afterBlank(content: readonly Row[], start: number, height: number, rows: readonly Row[]): number {
  for (let at = start + height - 1; at > start; at--) {
    const row = content[at];
    if (row !== undefined && rows[rows.indexOf(row) - 1]?.cells.length === 0) return at;
  }
  return start;
}

/** By what the rows look like alone. */
export function layoutAlone(rows: readonly Row[], fixed: Fixed): Layout {
  const commentChar = fixed.commentChar ?? commentPrefix(rows, null);
  const content = withoutComments(rows, commentChar);
  const { width } = usualWidth(content);
  const heightOf = (from: number): number =>
    fixed.header === false ? 0 : headerHeight(content.slice(from), width, fixed.header === true);
  const start = bodyStart(content, width, fixed.delimiter ?? ',');
  const at = afterBlank(content, start, heightOf(start), rows);
  const body = content.slice(at);
  const height = heightOf(at);
  const names = height === 0 ? null : joinNames(body.slice(0, height));
  const skipRows = linesBefore(content, at, rows);
  const records = body.slice(height);
  return { commentChar, skipRows, headerRows: height, names, columns: null, width, records };
}

/** The first row that is as wide as most, and no title. */
function bodyStart(content: readonly Row[], width: number, delimiter: string): number {
  if (width < 2) return 0;
  let at = afterPreamble(content, width);
  while (at < Math.min(content.length, HEAD_ROWS) && isBeforeBody(content[at], width, delimiter)) at++;
  return at < content.length && at < HEAD_ROWS ? at : 0;
}

/** Behind a row of empty fields alone, where all rows above it are half empty at least, as spreadsheets write preambles. */
function afterPreamble(content: readonly Row[], width: number): number {
  const filled = content
    .slice(0, HEAD_ROWS)
    .map(({ cells }) => cells.filter((cell) => cell.trim() !== '').length);
  const full = filled.findIndex((count) => count * 2 > width);
  return full < 0 ? 0 : filled.slice(0, full).lastIndexOf(0) + 1;
}

/**
 * Too narrow, or all but empty. A row that is wider has too many fields, but it may be the header; and one with a stray
 * quote may have the others within a field.
 */
function isBeforeBody(row: Row | undefined, width: number, delimiter: string): boolean {
  if (row === undefined) return false;
  if (row.fault && row.cells.join(delimiter).split(delimiter).length * 2 > width) return false;
  if (row.cells.length * 2 <= width) return true;
  return width > 2 && row.cells.filter((cell) => cell !== '').length * 3 <= width;
}
