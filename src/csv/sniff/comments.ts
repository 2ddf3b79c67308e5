import { usualWidth } from './consistency.ts';
import { namedColumns, type SniffTable } from './fit.ts';
import type { Row } from './tokenize.ts';

const PREFIXES = ['#', '//'] as const;

/**
 * What comment lines begin with, null where there are none. One of them at least has another number of fields than
 * records have, or a sentence stands above all: a name such as `#id` and values such as `#12` are data. A header that stands in a comment is not
 * passed over: without it nobody knows what the fields are.
 */
export function commentPrefix(rows: readonly Row[], table: SniffTable | null): string | null {
  const records = rows.filter((row) => row.cells.length > 0);
  return PREFIXES.find((prefix) => isComment(prefix, records, table)) ?? null;
}

function isComment(prefix: string, records: readonly Row[], table: SniffTable | null): boolean {
  const comments = records.filter((row) => startsWith(row, prefix));
  if (comments.length === 0 || comments.length * 2 > records.length) return false;
  const { width } = usualWidth(records.filter((row) => !startsWith(row, prefix)));
  const told = comments.some((row) => row.cells.length !== width);
  if (!told && !isProseAbove(prefix, records, comments)) return false;
  return table === null || !comments.some((row) => namesOf(row, prefix, table));
}

function startsWith({ cells, quoted }: Row, prefix: string): boolean {
  return !quoted[0] && cells[0]?.startsWith(prefix) === true;
}

/** The first row is a sentence of three words or more, which is no name of a column, and all begin as it does. */
function isProseAbove(prefix: string, records: readonly Row[], comments: readonly Row[]): boolean {
  const textOf = (row: Row | undefined): string => row?.cells[0]?.slice(prefix.length) ?? '';
  const [first] = records;
  if (first === undefined || !startsWith(first, prefix)) return false;
  return /^ +\S+(?:\s+\S+){2}/.test(textOf(first)) && comments.every((row) => textOf(row).startsWith(' '));
}

function namesOf({ cells }: Row, prefix: string, table: SniffTable): boolean {
  const names = cells.map((cell, i) => (i === 0 ? cell.slice(prefix.length) : cell));
  return cells.length > 1 && namedColumns(table, names) !== null;
}
