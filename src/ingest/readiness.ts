import type { Connection } from '../database/database.ts';
import { ledgerVersion } from '../ledger/migrate.ts';
import { pause } from '../lib/backoff.ts';
import type { Ingest } from './ingest.ts';

/** A database that stands still is not ready either. */
const WITHIN_MS = 5000;

/** Whether the database answers, and since when it does not as far as somebody asked. */
export class Readiness {
  readonly #connection: Connection;
  #awaySince: string | null = null;

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
}
