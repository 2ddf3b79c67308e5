import { orderByParents } from '../dictionary/order.ts';
import { tableOrNull } from '../dictionary/table-of-file.ts';
import type { Input } from '../inputs/input.ts';
import type { RelatedTable } from '../model/table.ts';
import type { Look, Sighting } from './poll.ts';

/** Which complete file is loaded next, and which has to wait for one that is still arriving. */

export interface Turns {
  /** Complete files in the order in which they are to be loaded. */
  readonly ready: readonly Sighting[];
  /** Complete too, but a file for a table they refer to is still arriving. */
  readonly waiting: readonly Sighting[];
}

/** By the key of an archive: what it holds. */
export type Archives = ReadonlyMap<string, readonly Pick<Input, 'plainName' | 'archive'>[]>;

/** Parents before children; among the files of a table first come, first served, then by name. */
export function takeTurns(
  look: Look,
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
  archives: Archives = new Map(),
): Turns {
  const tablesOf = tableFinder(tables, mapping, archives);
  const arriving = new Set(look.arriving.flatMap(tablesOf));
  const ranks = new Map(
    orderByParents(
      tables,
      tables.map(({ name }) => name),
    ).map((name, rank) => [name, rank]),
  );
  const held = new Set(tables.map(({ name }) => name).filter((name) => waitsFor(name, arriving, tables)));
  // An archive waits for the parents of all its tables.
  const rank = (sighting: Sighting) =>
    Math.max(...tablesOf(sighting).map((table) => ranks.get(table ?? '') ?? ranks.size));
  const sorted = look.complete
    .map((sighting) => ({ sighting, rank: rank(sighting) }))
    .sort((a, b) => a.rank - b.rank || a.sighting.order - b.sighting.order || compare(a.sighting, b.sighting))
    .map(({ sighting }) => sighting);
  const waits = (sighting: Sighting) => tablesOf(sighting).some((table) => held.has(table ?? ''));
  return { ready: sorted.filter((each) => !waits(each)), waiting: sorted.filter(waits) };
}

/** Null stands for no table: it is found out, and told, when the turn of the file comes. */
function tableFinder(
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
  archives: Archives,
): (sighting: Sighting) => ReadonlyArray<string | null> {
  const names = tables.map((table) => table.name);
  const found = new Map<string, ReadonlyArray<string | null>>();
  return ({ key, name }) => {
    const known = found.get(key);
    if (known !== undefined) return known;
    const inputs = archives.get(key) ?? [{ plainName: name, archive: null }];
    const result = inputs.map((input) => tableOrNull(input, names, mapping));
    found.set(key, result);
    return result;
  };
}

const compare = (a: Sighting, b: Sighting): number => (a.key < b.key ? -1 : 1);

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
