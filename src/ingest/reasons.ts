import type { Counts, Reason } from '../model/receipt.ts';
import type { Reject } from '../model/reject.ts';

/** Most reasons kept of a load; a reason is a code and a column, so only a strange table has more. */
const MOST = 200;

/** The reasons of more rejects added to those known, in the order of their first lines. */
export function addReasons(known: readonly Reason[], rejects: readonly Reject[]): Reason[] {
  const byKey = new Map(known.map((reason) => [`${reason.code} ${reason.column}`, reason]));
  for (const reject of rejects) {
    for (const { code, column } of reject.errors) {
      const key = `${code} ${column}`;
      const reason = byKey.get(key);
      const firstLine = Math.min(reason?.firstLine ?? reject.line, reject.line);
      byKey.set(key, { code, column, count: (reason?.count ?? 0) + 1, firstLine });
    }
  }
  return [...byKey.values()].sort((a, b) => a.firstLine - b.firstLine).slice(0, MOST);
}

export function addCounts(a: Counts, b: Counts): Counts {
  return {
    read: a.read + b.read,
    inserted: a.inserted + b.inserted,
    updated: a.updated + b.updated,
    skipped: a.skipped + b.skipped,
    rejected: a.rejected + b.rejected,
  };
}
