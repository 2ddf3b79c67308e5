import { join } from 'node:path';
import type { RetentionRules } from '../config/retention.ts';
import type { BackupInfo, Pruned } from './backups.ts';
import { Catalog } from './catalog.ts';
import type { Signer } from './manifest.ts';
import { removeBackup } from './removal.ts';
import { judge, type Verdict } from './retention.ts';
import { compareFile } from './verify-level.ts';

/** Deletes the backups that no rule keeps. */

export interface PruneOptions {
  readonly home: string;
  readonly signer: Signer;
  readonly rules: RetentionRules;
  /** Of these tables alone; null: of all. */
  readonly tables: readonly string[] | null;
  /** Of this database alone; null: of all. */
  readonly database: string | null;
  /** Backups that were read back just now. */
  readonly proven: readonly string[];
  /** No others are deleted; null: all that no rule keeps. */
  readonly only: readonly string[] | null;
  readonly dryRun: boolean;
}

/**
 * What is kept, what is not, and why. Before anything of a table is deleted the newest good backup of it is read once
 * more; one that turns out bad does not count any more.
 */
export async function prune(options: PruneOptions): Promise<readonly Pruned[]> {
  for (;;) {
    const judged = judge(await candidates(options), options.rules);
    if (options.dryRun) return judged;
    if (!(await areKeepersGood(judged, options))) continue;
    const verdicts = judged.map((verdict) => heldBack(verdict, options));
    for (const { backup, keep } of verdicts) if (!keep) await removeBackup(join(options.home, backup.file));
    return verdicts;
  }
}

function heldBack(verdict: Verdict, { only }: PruneOptions): Verdict {
  if (verdict.keep || only === null || only.includes(verdict.backup.id)) return verdict;
  return { ...verdict, keep: true, reasons: ['no rule keeps it any more: the next prune deletes it'] };
}

async function candidates({ home, signer, tables, database }: PruneOptions): Promise<BackupInfo[]> {
  const found = await new Catalog(home, signer).list();
  return found.filter(
    (backup) =>
      (tables === null || tables.includes(backup.table)) &&
      (database === null || backup.database === database),
  );
}

/** False when one is bad: its manifest says so then. */
async function areKeepersGood(
  verdicts: readonly Verdict[],
  { home, signer, proven }: PruneOptions,
): Promise<boolean> {
  for (const keeper of keepersOf(verdicts)) {
    if (proven.includes(keeper.id)) continue;
    const { state } = await compareFile(join(home, keeper.file), 1, signer);
    if (state === 'corrupt') return false;
  }
  return true;
}

/** The newest good backup of each table of which something is to be deleted. */
function keepersOf(verdicts: readonly Verdict[]): readonly BackupInfo[] {
  const groups = Map.groupBy(verdicts, ({ backup }) => JSON.stringify([backup.database, backup.table]));
  return [...groups.values()].flatMap((group) => {
    if (group.every(({ keep }) => keep)) return [];
    const good = group.map(({ backup }) => backup).filter(({ state }) => state === 'verified');
    return good.sort((a, b) => (a.snapshotAt < b.snapshotAt ? 1 : -1)).slice(0, 1);
  });
}
