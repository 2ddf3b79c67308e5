import type { RelatedTable } from '../model/table.ts';

/**
 * The names with parents before their children, by foreign keys (through tables that are not among the names
 * too). Tables that do not depend on each other stand in the order of their names, and so do the members of a
 * cycle; a key onto its own table changes nothing. Names without a table come last.
 */
export function orderByParents(tables: readonly RelatedTable[], names: Iterable<string>): string[] {
  const known = new Set(tables.map((table) => table.name));
  const wanted = [...new Set(names)].sort();
  const ancestors = new Map(wanted.map((name) => [name, ancestorsOf(name, tables)]));
  const ordered: string[] = [];
  let remaining = wanted.filter((name) => known.has(name));
  while (remaining.length > 0) {
    const next = remaining.find((name) => !remaining.some((other) => mustPrecede(other, name, ancestors)));
    // Always found: two tables that must each precede the other are one cycle, which mustPrecede leaves out.
    if (next === undefined) break;
    ordered.push(next);
    remaining = remaining.filter((name) => name !== next);
  }
  return [...ordered, ...wanted.filter((name) => !known.has(name))];
}

type Ancestors = ReadonlyMap<string, ReadonlySet<string>>;

function mustPrecede(parent: string, child: string, ancestors: Ancestors): boolean {
  return ancestors.get(child)?.has(parent) === true && ancestors.get(parent)?.has(child) !== true;
}

function ancestorsOf(name: string, tables: readonly RelatedTable[]): Set<string> {
  const found = new Set<string>();
  const open = [name];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const key of tables.find((table) => table.name === next)?.foreignKeys ?? []) {
      if (found.has(key.parentTable)) continue;
      found.add(key.parentTable);
      open.push(key.parentTable);
    }
  }
  return found;
}
