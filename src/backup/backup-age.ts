import { Cron } from 'croner';
import type { BackupInfo } from './backups.ts';

/** How old the newest verified backup of each table is: what would be lost of it, were the database gone now. */

export interface BackupAge {
  readonly table: string;
  /** Since its snapshot; null: there is no verified backup of the table. Milliseconds. */
  readonly ageMs: number | null;
}

/** In the order of `tables`. `now` is milliseconds since 1970. */
export function backupAges(
  tables: readonly string[],
  backups: ReadonlyArray<Pick<BackupInfo, 'table' | 'state' | 'snapshotAt'>>,
  now = Date.now(),
): readonly BackupAge[] {
  const newest = new Map<string, number>();
  for (const { table, state, snapshotAt } of backups) {
    if (state !== 'verified') continue;
    const at = Date.parse(snapshotAt);
    newest.set(table, Math.max(at, newest.get(table) ?? at));
  }
  return tables.map((table) => {
    const at = newest.get(table);
    return { table, ageMs: at === undefined ? null : Math.max(0, now - at) };
  });
}

const WEEK_MS = 7 * 86_400_000;

/**
 * From what age on a backup is overdue: older than the last two runs that were due, or than a week without a schedule.
 * Milliseconds, as `now` since 1970.
 */
export function overdueAfterMs(schedule: string | null, now = Date.now()): number {
  if (schedule === null) return WEEK_MS;
  const [, due] = new Cron(schedule, { paused: true }).previousRuns(2, new Date(now));
  return due === undefined ? WEEK_MS : now - due.getTime();
}
