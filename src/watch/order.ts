import { orderByParents } from '../dictionary/order.ts';
import { tableOfFile } from '../dictionary/table-of-file.ts';
import type { RelatedTable } from '../model/table.ts';
import type { Look, Sighting } from './poll.ts';

/** Which complete file is loaded next, and which has to wait for one that is still arriving. */

export interface Turns {
  /** Complete files in the order in which they are to be loaded. */
  readonly ready: readonly Sighting[];
  /** Complete too, but a file for a table they refer to is still arriving. */
  readonly waiting: readonly Sighting[];
}

/** Parents before children; among the files of a table first come, first served, then by name. */
export function takeTurns(
  look: Look,
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
): Turns {
  const tableOf = tableFinder(tables, mapping);
  const arriving = new Set(look.arriving.map((sighting) => tableOf(sighting.name)));
  const ranks = new Map(
    orderByParents(
      tables,
      tables.map(({ name }) => name),
    ).map((name, rank) => [name, rank]),
  );
  const held = new Set(tables.map(({ name }) => name).filter((name) => waitsFor(name, arriving, tables)));
  const rank = (sighting: Sighting) => ranks.get(tableOf(sighting.name) ?? '') ?? ranks.size;
  const sorted = look.complete
    .map((sighting) => ({ sighting, rank: rank(sighting) }))
    .sort((a, b) => a.rank - b.rank || a.sighting.order - b.sighting.order || compare(a.sighting, b.sighting))
    .map(({ sighting }) => sighting);
  const waits = (sighting: Sighting) => held.has(tableOf(sighting.name) ?? '');
  return { ready: sorted.filter((each) => !waits(each)), waiting: sorted.filter(waits) };
}

const compare = (a: Sighting, b: Sighting): number => (a.key < b.key ? -1 : 1);

/** Null for a file of no table: it is found out, and told, when its turn comes. */
function tableFinder(
  tables: readonly RelatedTable[],
  mapping: Readonly<Record<string, string>>,
): (name: string) => string | null {
  const names = tables.map((table) => table.name);
  const found = new Map<string, string | null>();
  return (name) => {
    const known = found.get(name);
    if (known !== undefined) return known;
    const table = tableOrNull(name, names, mapping);
    found.set(name, table);
    return table;
  };
}

function tableOrNull(
  name: string,
  names: readonly string[],
  mapping: Readonly<Record<string, string>>,
): string | null {
  try {
    return tableOfFile(name, names, mapping);
  } catch {
    return null;
  }
}

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
