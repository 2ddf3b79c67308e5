import type { RetentionRules } from '../config/retention.ts';
import type { BackupInfo } from './backups.ts';

/**
 * Which backups are kept. A function of the backups and the rules alone: there is no clock in it, so that one that is
 * wrong deletes nothing. What is old is so by what is newer.
 */

export type Candidate = Pick<BackupInfo, 'id' | 'database' | 'table' | 'snapshotAt' | 'state' | 'held'>;

export interface Verdict<T extends Candidate = BackupInfo> {
  readonly backup: T;
  readonly keep: boolean;
  /** In words, never empty: each rule that keeps it, or why none does. */
  readonly reasons: readonly string[];
}

/** One verdict for each backup, in the order they came. */
export function judge<T extends Candidate>(backups: readonly T[], rules: RetentionRules): Verdict<T>[] {
  const verdicts = new Map<T, Verdict<T>>();
  for (const group of groupsOf(backups)) {
    for (const verdict of judgeGroup(group, rules)) verdicts.set(verdict.backup, verdict);
  }
  return backups.flatMap((backup) => verdicts.get(backup) ?? []);
}

/** Those of one table of one database; of a database that is not known each stands alone, and is kept. */
function groupsOf<T extends Candidate>(backups: readonly T[]): readonly T[][] {
  const groups = Map.groupBy(backups, ({ database, table, id }) =>
    JSON.stringify(database === null ? [id] : [database, table]),
  );
  return [...groups.values()].map((group) => group.toSorted(newestFirst));
}

function newestFirst(a: Candidate, b: Candidate): number {
  return compare(b.snapshotAt, a.snapshotAt) || compare(b.id, a.id);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** `group` has the newest first. */
function judgeGroup<T extends Candidate>(group: readonly T[], rules: RetentionRules): Verdict<T>[] {
  const good = group.filter(({ state }) => state === 'verified');
  const kept = keptByRule(good, rules);
  const oldest = good.findLast((backup) => kept.has(backup));
  return group.map((backup) => {
    const reasons = [...(kept.get(backup) ?? [])];
    if (backup.held) reasons.push('held');
    if (backup.database === null) reasons.push('of which database is not known');
    if (backup.state !== 'verified') {
      if (oldest === undefined) reasons.push('there is no good one of the table');
      else if (newestFirst(backup, oldest) < 0)
        reasons.push(`${backup.state}, but not older than all good ones`);
    }
    if (reasons.length > 0) return { backup, keep: true, reasons };
    const why =
      backup.state === 'verified'
        ? 'no rule keeps it'
        : `${backup.state}, and older than every good one kept`;
    return { backup, keep: false, reasons: [why] };
  });
}

/** The good backups that a rule keeps, with the names of the rules. The newest is always among them. */
function keptByRule<T extends Candidate>(good: readonly T[], rules: RetentionRules): Map<T, string[]> {
  const kept = new Map<T, string[]>();
  const keep = (backup: T, reason: string) => kept.set(backup, [...(kept.get(backup) ?? []), reason]);
  const [newest] = good;
  if (newest === undefined) return kept;
  keep(newest, 'the newest that is verified');
  for (const [at, backup] of good.slice(0, rules.keepLast).entries()) {
    keep(backup, `last ${at + 1} of ${rules.keepLast}`);
  }
  const since = Date.parse(newest.snapshotAt) - rules.keepWithinMs;
  for (const backup of rules.keepWithinMs > 0 ? good : []) {
    if (Date.parse(backup.snapshotAt) >= since) keep(backup, 'within the time before the newest');
  }
  for (const [name, most, bucketOf] of bucketRules(rules)) {
    for (const [bucket, backup] of newestOfEach(good, bucketOf, most)) keep(backup, `${name} ${bucket}`);
  }
  return kept;
}

type BucketRule = readonly [name: string, most: number, bucketOf: (time: Date) => string];

/** Days, weeks, months and years of UTC, as in the names of the files. */
function bucketRules({ daily, weekly, monthly, yearly }: RetentionRules): readonly BucketRule[] {
  return [
    ['daily', daily, (time) => time.toISOString().slice(0, 10)],
    ['weekly', weekly, isoWeek],
    ['monthly', monthly, (time) => time.toISOString().slice(0, 7)],
    ['yearly', yearly, (time) => time.toISOString().slice(0, 4)],
  ];
}

/** The newest of each of the last `most` buckets that hold one: days without a backup do not count. */
function newestOfEach<T extends Candidate>(
  good: readonly T[],
  bucketOf: (time: Date) => string,
  most: number,
): Map<string, T> {
  const newest = new Map<string, T>();
  for (const backup of good) {
    const bucket = bucketOf(new Date(backup.snapshotAt));
    if (newest.has(bucket)) continue;
    if (newest.size === most) break;
    newest.set(bucket, backup);
  }
  return newest;
}

const DAY_MS = 86_400_000;

/** 2026-W47 of ISO 8601: a week starts on Monday and belongs to the year of its Thursday. */
function isoWeek(time: Date): string {
  const daysSinceMonday = (time.getUTCDay() + 6) % 7;
  const thursday = new Date(time.getTime() + (3 - daysSinceMonday) * DAY_MS);
  const year = thursday.getUTCFullYear();
  const week = Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / DAY_MS / 7) + 1;
  return `${year}-W${String(week).padStart(2, '0')}`;
}
