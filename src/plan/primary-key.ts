import type { ColumnProfile } from './column-profile.ts';
import { canBeKey, columnType } from './column-type.ts';
import { isMeasure, keyRank } from './likely-names.ts';
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
 * and UUIDs. Null where none is: what is measured, paid or dated is different by chance, and so are texts and scattered
 * numbers further on.
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
  if (byName === 0 && !isPlausible(table, names, index)) return 0;
  return byName + (index === 0 ? 5 : 0) + (kind === 'text' ? 1 : 2);
}

const BY_CHANCE: ReadonlySet<string> = new Set(['date', 'time', 'datetime', 'decimal', 'float']);

/** Whether a column may be a key although its name does not say so. */
function isPlausible(table: TableProfile, names: readonly string[], index: number): boolean {
  const profile = table.columns[index];
  if (profile === undefined || table.rows < ENOUGH_ROWS || isMeasure(names[index] ?? '')) return false;
  const { kind } = columnType(profile);
  if (BY_CHANCE.has(kind)) return false;
  return index === 0 || kind === 'uuid' || (kind === 'integer' && isDense(profile));
}

/** As numbers are that are given one after the other. */
function isDense({ least, most, values }: ColumnProfile): boolean {
  return least !== null && most !== null && least >= 0n && most - least < BigInt(values) * 2n;
}

/**
 * Pairs of columns that may be a key together, the likeliest first: those with names of keys, then from the left. A
 * moment that is unique alone makes a pair only with one that is named like a key, and no other such column does.
 */
export function pairCandidates(
  table: TableProfile,
  names: readonly string[],
): Array<readonly [number, number]> {
  if (table.rows < ENOUGH_ROWS) return [];
  const able = table.columns
    .flatMap((column, index) => {
      const rank = nameRank(table, names, index);
      return canBeKey(column) && (rank > 0 || mayBePart(column, names[index] ?? '')) ? [{ index, rank }] : [];
    })
    .sort((a, b) => b.rank - a.rank || a.index - b.index)
    .slice(0, MOST_IN_PAIRS);
  const isMoment = (index: number): boolean => {
    const profile = table.columns[index];
    return profile !== undefined && columnType(profile).kind === 'datetime';
  };
  const isAlone = (index: number): boolean => table.columns[index]?.keys !== null;
  return able.flatMap((first, i) =>
    able.slice(i + 1).flatMap((second): Array<readonly [number, number]> => {
      const alone = [first, second].filter(({ index }) => isAlone(index));
      const named = first.rank + second.rank > 0;
      return alone.every(({ index }) => named && isMoment(index)) ? [[first.index, second.index]] : [];
    }),
  );
}

/** Of a day many things happen, and of an amount there may be another one. */
function mayBePart(profile: ColumnProfile, name: string): boolean {
  const { kind } = columnType(profile);
  return kind !== 'date' && kind !== 'decimal' && !isMeasure(name);
}

const nameRank = ({ name }: TableProfile, names: readonly string[], index: number): number =>
  keyRank(names[index] ?? '', name);
