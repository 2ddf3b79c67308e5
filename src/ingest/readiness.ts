import type { Connection } from '../database/database.ts';
import { ledgerVersion } from '../ledger/migrate.ts';
import { pause } from '../lib/backoff.ts';
import type { Ingest } from './ingest.ts';

/** A database that stands still is not ready either. */
const WITHIN_MS = 5000;
/** From one look at a database that is away to the next one. */
const PAUSE_MS = 1000;

/** Whether the database answers, and since when it does not: since its connection was lost, or somebody asked in vain. */
export class Readiness {
  readonly #connection: Connection;
  readonly #closing = new AbortController();
  #awaySince: string | null = null;
  #isWatching = false;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  async look(): ReturnType<Ingest['ready']> {
    const asked = new Date().toISOString();
    const stop = new AbortController();
    const silence = pause(WITHIN_MS, stop.signal).then(() => Promise.reject(new Error('it says nothing')));
    const version = await Promise.race([ledgerVersion(this.#connection), silence])
      .then(String, (error: Error) => error.message)
      .finally(() => stop.abort());
    const ok = /^\d+$/.test(version);
    this.#awaySince = ok ? null : (this.#awaySince ?? asked);
    const database = ok ? 'ok' : `does not answer since ${this.#awaySince}: ${version}`;
    return { ok, checks: { database, ledger: ok ? `version ${version}` : 'unknown' } };
  }

  /**
   * The connection was lost: looks until the database is back, so that the next time it is away is told by its own
   * beginning. It may have been the session alone that ended.
   */
  async watch(): Promise<void> {
    if (this.#isWatching) return;
    this.#isWatching = true;
    const { signal } = this.#closing;
    while (!signal.aborted && !(await this.look()).ok) await pause(PAUSE_MS, signal).catch(() => undefined);
    this.#isWatching = false;
  }

  close(): void {
    this.#closing.abort();
  }
}
