import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { loadsWithOpenRejects } from '../ledger/rejects.ts';
import type { Logger } from '../log.ts';
import type { Load } from '../model/receipt.ts';
import type { Table } from '../model/table.ts';

export interface FollowUpWays {
  readonly connection: Connection;
  /** After rows came into a table, this long; what comes meanwhile is waited for too. Null: nothing follows. */
  readonly afterMs: number | null;
  readonly tables: () => Promise<readonly Table[]>;
  /** Loads of a load's open rejects those whose parents are there; how many records that were. */
  readonly retry: (load: string) => Promise<number>;
  readonly log: Logger;
}

/** Rejects of a load that were loaded by themselves. */
export interface Followed {
  readonly table: string;
  readonly load: string;
  readonly loaded: number;
}

/** Loads of one table that are looked at after each load into a parent, the newest first. */
const MOST_LOADS = 100;
/** And at the start of a server, for any table with parents. */
const MOST_AT_START = 20;

/**
 * When rows came into a table, the rejects of its children that only wanted for a parent are tried again. Nothing of
 * this is kept: what a server that ends leaves undone the next one does at its start, or after the next load into the
 * parent. Rows that come in this way are parents in their turn, so it goes on until nothing more gets in.
 */
export class FollowUps {
  readonly #ways: FollowUpWays;
  readonly #parents = new Set<string>();
  #timer: NodeJS.Timeout | null = null;
  #atStart: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #closed = false;
  #onFollowed: (followed: Followed) => void = () => undefined;

  constructor(ways: FollowUpWays) {
    this.#ways = ways;
  }

  /** What an earlier server left undone; and who is to be told. */
  begin(onFollowed: (followed: Followed) => void): void {
    this.#onFollowed = onFollowed;
    const { afterMs } = this.#ways;
    if (afterMs === null || this.#closed) return;
    this.#atStart = setTimeout(() => this.#run(() => this.#follow(null)), afterMs);
    this.#atStart.unref();
  }

  /** To be told of every change of a load. */
  note({ table, state, inserted, updated }: Pick<Load, 'table' | 'state' | 'inserted' | 'updated'>): void {
    const { afterMs } = this.#ways;
    const ended = state === 'completed' || state === 'completed_with_rejects';
    if (afterMs === null || this.#closed || !ended || inserted + updated === 0) return;
    this.#parents.add(table);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#start(), afterMs);
    this.#timer.unref();
  }

  /** Ends what is running; nothing new begins. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of [this.#timer, this.#atStart]) if (timer !== null) clearTimeout(timer);
    await this.#running;
  }

  #start(): void {
    const parents = new Set(this.#parents);
    this.#parents.clear();
    this.#timer = null;
    this.#run(() => this.#follow(parents));
  }

  #run(work: () => Promise<void>): void {
    this.#running = this.#running
      .then(work)
      .catch((error) =>
        this.#ways.log.warn({ err: error }, 'rejects could not be tried again by themselves'),
      );
  }

  /** Null: whatever the parents are. */
  async #follow(parents: ReadonlySet<string> | null): Promise<void> {
    const { connection, tables, retry, log } = this.#ways;
    const children = (await tables()).filter(({ foreignKeys }) =>
      foreignKeys.some(({ parentTable }) => parents === null || parents.has(parentTable)),
    );
    const most = parents === null ? MOST_AT_START : MOST_LOADS;
    for (const { name: table } of children) {
      for (const load of await loadsWithOpenRejects(connection, table, 'foreign_key', most)) {
        if (this.#closed) return;
        const loaded = await retry(load).catch((error) => this.#passOver({ load, table }, error));
        if (loaded === 0) continue;
        log.info({ load, table, loaded }, 'rejects whose parents have come were loaded');
        this.#onFollowed({ load, table, loaded });
      }
    }
  }

  /** One whose table was changed holds up no other; a database that is away holds up all of them. */
  #passOver(what: { readonly load: string; readonly table: string }, err: unknown): number {
    if (!(err instanceof RowferryError) || err.retryable) throw err;
    this.#ways.log.warn({ ...what, err }, 'the rejects of a load could not be tried again by themselves');
    return 0;
  }
}
