import { TransientFailure } from '../database/transient-failure.ts';
import type { ErrorCode } from '../errors.ts';
import { backoffMs, pause } from '../lib/backoff.ts';

const MOST_ATTEMPTS = 5;
/** No attempt starts later: the wait for a lock comes on top, and whoever sent the rows waits for an answer. */
const LATEST_START_MS = 15_000;

/** A transaction that failed and is run again. */
export interface RunAgain {
  readonly code: ErrorCode;
  readonly detail: string;
  /** It may have been committed after all: then the ledger has it, and nothing is done again. */
  readonly inDoubt: boolean;
  /** Attempts that have failed so far: 1, 2, … */
  readonly failed: number;
}

/** What a lane's transactions are run again by. */
export interface Persistence {
  /** Aborted when the server stops: who waits for another attempt is answered with the last failure. */
  readonly stopping?: AbortSignal;
  readonly onAgain?: (again: RunAgain) => void;
}

export interface Attempt {
  /** Attempts that have failed before it. */
  readonly failed: number;
  /** An earlier attempt may have been committed after all. */
  readonly inDoubt: boolean;
}

/**
 * Runs a transaction again that lost a deadlock, its connection, or the wait for a lock: five times at most, with 30 to
 * 480 ms in between. `work` must come to the same from its start each time. A COMMIT in doubt is only followed by
 * another attempt where `ledgerDecides`: where `work` first asks the ledger, under a lock, whether it was done before.
 */
export async function persistently<T>(
  work: (attempt: Attempt) => Promise<T>,
  { stopping, onAgain }: Persistence,
  { ledgerDecides }: { readonly ledgerDecides: boolean },
): Promise<T> {
  const latest = performance.now() + LATEST_START_MS;
  let inDoubt = false;
  for (let failed = 1; ; failed += 1) {
    try {
      return await work({ inDoubt, failed: failed - 1 });
    } catch (error) {
      const again = error instanceof TransientFailure && (ledgerDecides || !error.inDoubt);
      if (!again || failed === MOST_ATTEMPTS || performance.now() > latest) throw error;
      inDoubt ||= error.inDoubt;
      await pause(backoffMs(failed, { baseMs: 60, capMs: 500 }), stopping).catch(() => Promise.reject(error));
      onAgain?.({ code: error.code, detail: error.detail, inDoubt: error.inDoubt, failed });
    }
  }
}
