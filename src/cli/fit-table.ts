import { stripVTControlCharacters } from 'node:util';

/** Tables that are wider than the terminal: columns left out, and texts cut. */

export interface Fitting {
  /** Columns of the terminal; null: it is none, and all is shown. */
  readonly width: number | null;
  /** Heads of columns that may be left out, the first one first. */
  readonly drop: readonly string[];
  /** Heads of columns whose texts may be cut in their middle, where names of files differ least. */
  readonly cut: readonly string[];
}

export interface TableText {
  readonly heads: readonly string[];
  readonly rows: ReadonlyArray<readonly string[]>;
}

const GAP = 2;
/** A cut text has so many characters at least. */
const LEAST = 10;

/** The table as wide as the terminal at most, or as narrow as it can be. */
export function fitTable(table: TableText, { width, drop, cut }: Fitting): TableText {
  if (width === null || widthOf(table) <= width) return table;
  const room = roomFor(table, cut, width);
  if (room >= cut.filter((head) => table.heads.includes(head)).length * LEAST) return cutTo(table, cut, room);
  const [first, ...others] = drop;
  if (first === undefined) return cutTo(table, cut, 0);
  return fitTable(without(table, first), { width, drop: others, cut });
}

export const widthOfText = (cell: string): number => [...stripVTControlCharacters(cell)].length;

function widthsOf({ heads, rows }: TableText): number[] {
  return heads.map((head, i) =>
    Math.max(head.replace(/>$/, '').length, ...rows.map((row) => widthOfText(row[i] ?? ''))),
  );
}

function widthOf(table: TableText): number {
  const widths = widthsOf(table);
  return widths.reduce((sum, each) => sum + each, 0) + GAP * Math.max(0, widths.length - 1);
}

/** What the other columns leave for those that may be cut. */
function roomFor(table: TableText, cut: readonly string[], width: number): number {
  const widths = widthsOf(table);
  const own = table.heads.reduce((sum, head, i) => (cut.includes(head) ? sum + (widths[i] ?? 0) : sum), 0);
  return width - (widthOf(table) - own);
}

/** Each as wide as it is while there is room for it; what is left is shared by the wider ones. */
function cutTo(table: TableText, cut: readonly string[], room: number): TableText {
  const widths = widthsOf(table);
  const flexible = table.heads.flatMap((head, i) => (cut.includes(head) ? [i] : []));
  const narrow = flexible.toSorted((a, b) => (widths[a] ?? 0) - (widths[b] ?? 0));
  const limits = new Map<number, number>();
  let left = room;
  for (const [at, i] of narrow.entries()) {
    const share = Math.max(LEAST, Math.floor(left / (narrow.length - at)));
    const limit = Math.min(widths[i] ?? 0, share);
    limits.set(i, limit);
    left -= limit;
  }
  const rows = table.rows.map((row) => row.map((cell, i) => shortened(cell, limits.get(i))));
  return { heads: table.heads, rows };
}

function shortened(cell: string, limit: number | undefined): string {
  const characters = [...cell];
  if (limit === undefined || characters.length <= limit) return cell;
  const end = Math.floor((limit - 1) / 2);
  return [...characters.slice(0, limit - 1 - end), '…', ...characters.slice(characters.length - end)].join(
    '',
  );
}

function without({ heads, rows }: TableText, head: string): TableText {
  const at = heads.indexOf(head);
  const rest = <T>(cells: readonly T[]): T[] => cells.filter((_, i) => i !== at);
  return { heads: rest(heads), rows: rows.map(rest) };
}
