import { type Replacement, type RowTarget, UncountedOrphans } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import type { TableFacts } from '../model/stored-table.ts';
import type { Progress } from './job-progress.ts';

/**
 * Puts the rows of a backup into the table that is replaced; `push` hands all of them over each time it is called. It is
 * called twice where rows turn out to have no parents and were not counted: `restore-orphans` says how many then.
 */
export async function fillTable<T>(
  replacement: Replacement,
  facts: TableFacts,
  rows: number,
  progress: Progress,
  push: (target: RowTarget) => Promise<T>,
): Promise<T> {
  const fill = async (): Promise<T> => {
    progress.begin('restoring', facts.table, rows);
    const pushed = await push(await replacement.clear(facts));
    progress.begin('finishing', facts.table, null);
    await replacement.finish(facts);
    return pushed;
  };
  try {
    return await fill();
  } catch (error) {
    if (!(error instanceof UncountedOrphans)) throw error;
    progress.expect('restored to count', rows, ['restoring']);
    return await fill().catch((again: unknown) => {
      throw says(again) ? again : error.refusal;
    });
  }
}

/** Whatever else keeps them from being counted, a right or room, says less than that they have no parents. */
const says = (error: unknown): boolean =>
  error instanceof RowferryError && /^(?:restore-orphans|job-stopped)$/.test(error.code);
