/** Which modules of the program lie in one file. */
import type { GetManualChunk, GetModuleInfo } from 'rollup';

/**
 * How Rollup is to put the modules together that are reached from `roots` without an import() in between: those that others
 * need as well, threads among them, into `shared`, the others into `name`. It finds the files for all the rest, and each
 * entry has its own.
 */
export function chunksOf(name: string, roots: readonly string[], others: readonly string[]): GetManualChunk {
  let reached: { readonly own: ReadonlySet<string>; readonly theirs: ReadonlySet<string> } | null = null;
  return (id, { getModuleInfo }) => {
    // Not before: all modules are known only when the first of them is asked about.
    reached ??= { own: reachedFrom(roots, getModuleInfo), theirs: reachedFrom(others, getModuleInfo) };
    if (!reached.own.has(id) || getModuleInfo(id)?.isEntry === true) return null;
    return reached.theirs.has(id) ? 'shared' : name;
  };
}

function reachedFrom(roots: readonly string[], getModuleInfo: GetModuleInfo): ReadonlySet<string> {
  const reached = new Set<string>(roots);
  for (const id of reached) for (const next of getModuleInfo(id)?.importedIds ?? []) reached.add(next);
  return reached;
}
