import { canBeKey, columnType } from './column-type.ts';
import { keyRank } from './likely-names.ts';
import type { TableProfile } from './table-profile.ts';

/** Columns that are looked at together in pairs. */
const MOST_IN_PAIRS = 8;
/** With fewer rows each column is unique by chance. */
const ENOUGH_ROWS = 2;

/** Columns whose values are all there and all different, by their index. */
export function uniqueColumns({ columns, rows }: TableProfile): number[] {
  if (rows === 0) return [];
  return columns.flatMap((column, i) => (column.keys !== null && canBeKey(column) ? [i] : []));
}

/**
 * The one of the unique columns that is most likely meant as the key: by its name, then the first column, then numbers
 * and UUIDs before texts. Null where none is; dates and times are none, as they are different by chance.
 */
export function bestKey(table: TableProfile, names: readonly string[]): number | null {
  const ranked = uniqueColumns(table)
    .map((index) => ({ index, rank: rank(table, names, index) }))
    .filter(({ rank: each }) => each > 0)
    .sort((a, b) => b.rank - a.rank || a.index - b.index);
  return ranked[0]?.index ?? null;
}

function rank(table: TableProfile, names: readonly string[], index: number): number {
  const profile = table.columns[index];
  if (profile === undefined) return 0;
  const byName = nameRank(table, names, index) * 10;
  const { kind } = columnType(profile);
  if (kind === 'date' || kind === 'time' || kind === 'datetime') return 0;
  if (byName === 0 && table.rows < ENOUGH_ROWS) return 0;
  return byName + (index === 0 ? 5 : 0) + (kind === 'text' ? 1 : 2);
}

/**
 * Pairs of columns that may be a key together, the likeliest first: those with names of keys, then from the left. A
 * column that is unique alone, such as a moment, makes a pair only with one that is named like a key.
 */
export function pairCandidates(
  table: TableProfile,
  names: readonly string[],
): Array<readonly [number, number]> {
  if (table.rows < ENOUGH_ROWS) return [];
  const able = table.columns
    .flatMap((column, index) => (canBeKey(column) ? [{ index, rank: nameRank(table, names, index) }] : []))
    .sort((a, b) => b.rank - a.rank || a.index - b.index)
    .slice(0, MOST_IN_PAIRS);
  const isAlone = (index: number): boolean => table.columns[index]?.keys !== null;
  return able.flatMap((first, i) =>
    able.slice(i + 1).flatMap((second): Array<readonly [number, number]> => {
      const alone = isAlone(first.index) || isAlone(second.index);
      return alone && first.rank + second.rank === 0 ? [] : [[first.index, second.index]];
    }),
  );
}

const nameRank = ({ name }: TableProfile, names: readonly string[], index: number): number =>
  keyRank(names[index] ?? '', name);
