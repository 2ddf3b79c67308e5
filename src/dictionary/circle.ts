import type { RelatedTable } from '../model/table.ts';

/**
 * Tables that refer to each other in a circle through this one, in the order of their foreign keys, itself first; the
 * shortest such circle. Empty where there is none; a table that refers to itself alone is none.
 */
export function circleOf(name: string, tables: readonly RelatedTable[]): string[] {
  const parents = new Map(tables.map((table) => [table.name, parentsOf(table)]));
  const seen = new Set<string>();
  for (let ways = [[name]]; ways.length > 0; ) {
    const longer = ways.flatMap((way) => (parents.get(way.at(-1) ?? '') ?? []).map((next) => [...way, next]));
    const closed = longer.find((way) => way.at(-1) === name);
    if (closed !== undefined) return closed.slice(0, -1);
    ways = longer.filter((way) => !seen.has(way.at(-1) ?? ''));
    for (const way of ways) seen.add(way.at(-1) ?? '');
  }
  return [];
}

const parentsOf = ({ name, foreignKeys }: RelatedTable): string[] => [
  ...new Set(foreignKeys.map(({ parentTable }) => parentTable).filter((parent) => parent !== name)),
];
