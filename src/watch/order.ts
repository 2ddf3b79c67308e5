import { orderByParents } from '../dictionary/order.ts';
import { tableOrNull } from '../dictionary/table-of-file.ts';
import type { Input } from '../inputs/input.ts';
import type { RelatedTable } from '../model/table.ts';
import type { Look, Sighting } from './poll.ts';

/** Which complete file is loaded next, and which has to wait for one that is still arriving. */

/** By the key of an archive: what it holds. */
export type Archives = ReadonlyMap<string, readonly Pick<Input, 'plainName' | 'archive'>[]>;

/**
 * Complete files in the order in which they are to be loaded: parents before children; among the files of a table first
 * come, first served, then by name. Those of which a file for a table they refer to is still arriving have no turn yet.
 *
 * Of thousands that wait this is asked again with each look, so that what it makes for one of them is not kept.
 */
export function takeTurns(
  look: Pick<Look, 'complete' | 'arriving'>,
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
  archives: Archives = new Map(),
): Sighting[] {
  const tablesOf = tableFinder(tables, mapping, archives);
  const arriving = new Set(look.arriving.flatMap(tablesOf));
  const ranks = new Map(
    orderByParents(
      tables,
      tables.map(({ name }) => name),
    ).map((name, rank) => [name, rank]),
  );
  const held = new Set(tables.map(({ name }) => name).filter((name) => waitsFor(name, arriving, tables)));
  const ready = new Map<number, Sighting[]>();
  for (const sighting of look.complete) {
    const named = tablesOf(sighting);
    if (named.some((table) => held.has(table ?? ''))) continue;
    // An archive waits for the parents of all its tables.
    const rank = Math.max(...named.map((table) => ranks.get(table ?? '') ?? ranks.size));
    const beside = ready.get(rank);
    if (beside === undefined) ready.set(rank, [sighting]);
    else beside.push(sighting);
  }
  return [...ready.keys()].sort((a, b) => a - b).flatMap((rank) => ready.get(rank)?.sort(byArrival) ?? []);
}

/** Null stands for no table: it is found out, and told, when the turn of the file comes. */
function tableFinder(
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
  archives: Archives,
): (sighting: Sighting) => ReadonlyArray<string | null> {
  const names = tables.map((table) => table.name);
  return ({ key, name }) => {
    const inputs = archives.get(key) ?? [{ plainName: name, archive: null }];
    return inputs.map((input) => tableOrNull(input, names, mapping));
  };
}

const byArrival = (a: Sighting, b: Sighting): number => a.order - b.order || (a.key < b.key ? -1 : 1);

function waitsFor(
  table: string,
  arriving: ReadonlySet<string | null>,
  tables: readonly RelatedTable[],
): boolean {
  const seen = new Set([table]);
  const open = [table];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const { parentTable } of tables.find(({ name }) => name === next)?.foreignKeys ?? []) {
      if (seen.has(parentTable)) continue;
      if (arriving.has(parentTable)) return true;
      seen.add(parentTable);
      open.push(parentTable);
    }
  }
  return false;
}
