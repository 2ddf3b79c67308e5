import { Client, type ClientConfig, type Submittable } from 'pg';
import { RowferryError } from '../../errors.ts';
import { Slots } from '../../lib/slots.ts';
import type { ConnectOptions, SqlRow, SqlValue } from '../database.ts';
import { copyIn } from './copy.ts';
import { CopyOut } from './copy-out.ts';
import { CopyStream } from './copy-stream.ts';
import { rowFailure } from './failures.ts';

/** What an attempt came to: its value, or the failure that is about the rows. */
export type Attempt<T> = { readonly value: T } | { readonly failure: unknown };

/** A COPY FROM STDIN with the statements around it. */
export interface CopyStatements {
  readonly before?: readonly string[];
  readonly sql: string;
  readonly after?: readonly string[];
}

/**
 * One connection of the driver, with the settings that values are written and read by. It ends when the connection
 * is lost; errors are the driver's own.
 */
export class Session {
  readonly #client: Client;
  readonly #turn = new Slots(1);
  #lost = false;
  #busy = 0;
  #signs: NodeJS.Timeout | undefined;
  /** Of a session that was opened. */
  #onLost: (() => void) | undefined;

  private constructor(client: Client) {
    this.#client = client;
    // Without a listener a lost connection would end the process; the query that needs it fails anyway.
    client.on('error', () => {
      const isNews = !this.#lost;
      this.#end();
      if (isNews) this.#onLost?.();
    });
  }

  static async open(config: ClientConfig, options: ConnectOptions = {}): Promise<Session> {
    const client = new Client(config);
    const session = new Session(client);
    try {
      await client.connect();
      await client.query(settings(options));
      session.#onLost = options.onLost;
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /**
   * A transaction that waits for something else is not given up as long as this process runs (LEASE_SECONDS). Ends
   * with the session.
   */
  keepAlive(): void {
    this.#signs ??= setInterval(() => void this.#sign(), SIGN_OF_LIFE_MS).unref();
  }

  async #sign(): Promise<void> {
    if (this.#busy > 0) return;
    await this.run('').catch(() => undefined);
  }

  get lost(): boolean {
    return this.#lost;
  }

  async rows(sql: string, parameters: readonly SqlValue[] = []): Promise<SqlRow[]> {
    return (await this.#query((client) => client.query<SqlRow>(sql, [...parameters]))).rows;
  }

  /** Of a statement that is asked again and again: planned once for the connection. */
  async prepared(name: string, sql: string): Promise<SqlRow[]> {
    return (await this.#query((client) => client.query<SqlRow>({ name, text: sql }))).rows;
  }

  /** Rows affected. */
  async count(sql: string, parameters: readonly SqlValue[] = []): Promise<number> {
    return (await this.#query((client) => client.query(sql, [...parameters]))).rowCount ?? 0;
  }

  /** Statements without parameters, in one round trip. */
  async run(...statements: readonly string[]): Promise<void> {
    const sql = statements.filter((statement) => statement !== '').join(';');
    await this.#query((client) => client.query(sql));
  }

  /** COMMIT of a transaction that failed before is a ROLLBACK, and no error. */
  async commit(): Promise<void> {
    const { command } = await this.#query((client) => client.query('COMMIT'));
    if (command !== 'COMMIT') {
      throw new RowferryError('internal', 'the transaction had failed before its COMMIT');
    }
  }

  /** A connection that does not take its transaction back is given up, so that nothing goes on in it. */
  async rollback(): Promise<void> {
    await this.run('ROLLBACK').catch(() => void this.close());
  }

  /** Takes back what `work` did when it fails because of the rows. Other failures are thrown. */
  async attempt<T>(work: () => Promise<T>, ...first: readonly string[]): Promise<Attempt<T>> {
    try {
      await this.run('SAVEPOINT attempt', ...first);
      const value = await work();
      await this.run('RELEASE attempt');
      return { value };
    } catch (failure) {
      if (rowFailure(failure) === null) throw failure;
      await this.run('ROLLBACK TO attempt', 'RELEASE attempt');
      return { failure };
    }
  }

  /** The same for a COPY and what goes with it, in one round trip; the rows copied. */
  async attemptCopy(copy: CopyStatements, data: Uint8Array): Promise<Attempt<number>> {
    const { before = [], sql, after = [] } = copy;
    const statements = ['SAVEPOINT attempt', ...before, sql, ...after, 'RELEASE attempt'];
    try {
      return { value: await this.#query((client) => copyIn(client, statements.join(';'), data)) };
    } catch (failure) {
      if (rowFailure(failure) === null) throw failure;
      await this.run('ROLLBACK TO attempt', 'RELEASE attempt');
      return { failure };
    }
  }

  /** The same for one statement, in one round trip; the rows affected. */
  async attemptCount(sql: string): Promise<Attempt<number>> {
    try {
      const statements = `SAVEPOINT attempt; ${sql}; RELEASE attempt`;
      const results: unknown = await this.#query((client) => client.query(statements));
      return { value: rowCounts(results) };
    } catch (failure) {
      if (rowFailure(failure) === null) throw failure;
      await this.run('ROLLBACK TO attempt', 'RELEASE attempt');
      return { failure };
    }
  }

  /** A `COPY … TO STDOUT`; the connection is busy until it was read or discarded. */
  copyOut(sql: string): Promise<CopyOut> {
    return this.#start(new CopyOut(sql));
  }

  /** A `COPY … FROM STDIN`; the connection is busy until it ended or was cancelled. */
  copyFrom(sql: string): Promise<CopyStream> {
    return this.#start(new CopyStream(sql));
  }

  #start<Q extends Submittable & { readonly over: Promise<void> }>(query: Q): Promise<Q> {
    return new Promise((resolve) => {
      void this.#query((client) => {
        resolve(client.query(query));
        return query.over;
      });
    });
  }

  /** One after the other: the driver is to be asked nothing while it is busy. */
  async #query<T>(work: (client: Client) => Promise<T>): Promise<T> {
    this.#busy += 1;
    try {
      return await this.#turn.run(() => work(this.#client));
    } finally {
      this.#busy -= 1;
    }
  }

  async close(): Promise<void> {
    this.#end();
    await this.#client.end().catch(() => undefined);
  }

  #end(): void {
    clearInterval(this.#signs);
    this.#lost = true;
  }
}

/** A transaction in which nothing is asked for so long was left by a process that stands still. */
const LEASE_SECONDS = 60;
const SIGN_OF_LIFE_MS = 15_000;

/** What text forms depend on, and how long a lock is waited for. The search_path stays the role's own. */
function settings({ lockTimeoutMs = 10_000, readOnly = false }: ConnectOptions): string {
  return [
    "SET client_encoding = 'UTF8'",
    "SET TimeZone = 'UTC'",
    "SET DateStyle = 'ISO, YMD'",
    "SET IntervalStyle = 'iso_8601'",
    "SET bytea_output = 'hex'",
    'SET array_nulls = on',
    'SET extra_float_digits = 1',
    "SET lc_monetary = 'C'",
    'SET standard_conforming_strings = on',
    `SET lock_timeout = ${Math.max(1, Math.round(lockTimeoutMs))}`,
    `SET default_transaction_read_only = ${readOnly ? 'on' : 'off'}`,
    // A process that was stopped within a transaction holds its locks no longer; a server's own limit stays.
    `SELECT set_config('idle_in_transaction_session_timeout', '${LEASE_SECONDS}s', false)
      WHERE current_setting('idle_in_transaction_session_timeout') = '0'`,
  ].join(';');
}

/** Of several statements the driver gives a list of results. */
function rowCounts(results: unknown): number {
  if (!Array.isArray(results)) return 0;
  return results.reduce((sum: number, { rowCount }) => sum + (Number(rowCount) || 0), 0);
}
