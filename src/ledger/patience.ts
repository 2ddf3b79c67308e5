import { RowferryError } from '../errors.ts';
import { backoffMs, pause } from '../lib/backoff.ts';

/** How long a write waits for a lock that others hold. Milliseconds. */
const PATIENCE_MS = 10_000;

/**
 * Tries again while the database is locked. The driver of an embedded database waits for a lock by standing still,
 * and the event loop with it; so the connection waits a moment only, and the patience is here.
 */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const busy = error instanceof RowferryError && error.code === 'database-busy';
      if (!busy || performance.now() >= deadline) throw error;
      await pause(backoffMs(attempt, { baseMs: 20, capMs: 500 }));
    }
  }
}
