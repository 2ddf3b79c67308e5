import { setImmediate as breathe } from 'node:timers/promises';
import type { Connection } from '../database/database.ts';
import type { Logger } from '../log.ts';
import {
  type AuditDraft,
  type AuditEntry,
  type AuditFilter,
  type AuditVerification,
  type ChainHead,
  NOBODY,
} from '../model/audit.ts';
import { deriveAuditKey } from '../seal/keys.ts';
import { CHAIN_START, faultIn } from './audit-chain.ts';
import { type AuditBatch, AuditQueue, draftsOf } from './audit-queue.ts';
import { appendEntries, listEntries, readHead, rowsAfter } from './audit-table.ts';
import { patiently } from './patience.ts';

/** The audit log: who made and revoked keys, who was refused, what was restored. Entries are added, never changed. */
export interface Audit {
  /**
   * Kept in memory and written within ten seconds; like ones of that time become one entry with a count. Neither waits
   * nor throws.
   */
  note(draft: AuditDraft): void;
  /** Resolves when the entries are committed, all of them or none. `database-busy` when others hold the lock for long. */
  write(...drafts: readonly AuditDraft[]): Promise<void>;
  /** Newest first; what was noted before is written first. */
  list(filter?: AuditFilter): Promise<readonly AuditEntry[]>;
  /** Walks the whole chain. With a head that was kept elsewhere it is seen too whether entries are gone from the end. */
  verify(kept?: ChainHead): Promise<AuditVerification>;
  /** Events since the start that found no room in memory. */
  readonly dropped: number;
  /** Writes what was noted. */
  close(): Promise<void>;
}

export interface AuditOptions {
  /** Used for the audit log alone and closed with it; give it a short lock timeout. */
  readonly connection: Connection;
  /** Asks instead of `connection`, so that no question lands in a transaction that writes; not closed with it. */
  readonly reader?: Connection;
  readonly keyEncryptionKey: Buffer;
  readonly log: Logger;
  /** How long what is noted may wait. Milliseconds; default 10,000. */
  readonly windowMs?: number;
}

const WINDOW_MS = 10_000;
const PAGE = 1000;

export function openAudit(options: AuditOptions): Audit {
  return new LedgerAudit(options);
}

class LedgerAudit implements Audit {
  readonly #connection: Connection;
  readonly #reader: Connection;
  readonly #key: Buffer;
  readonly #log: Logger;
  readonly #queue = new AuditQueue();
  readonly #timer: NodeJS.Timeout;
  #dropped = 0;
  #told = 0;
  /** A connection holds one transaction at a time. */
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor({
    connection,
    reader = connection,
    keyEncryptionKey,
    log,
    windowMs = WINDOW_MS,
  }: AuditOptions) {
    this.#connection = connection;
    this.#reader = reader;
    this.#key = deriveAuditKey(keyEncryptionKey);
    this.#log = log;
    this.#timer = setInterval(() => void this.#tick(), windowMs).unref();
  }

  get dropped(): number {
    return this.#dropped;
  }

  note(draft: AuditDraft): void {
    if (!this.#queue.add({ ...draft, at: draft.at ?? Date.now() })) this.#dropped += 1;
  }

  async write(...drafts: readonly AuditDraft[]): Promise<void> {
    if (drafts.length > 0) await this.#append(drafts);
  }

  async list(filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
    await this.#flush();
    return listEntries(this.#reader, filter);
  }

  async verify(kept: ChainHead = CHAIN_START): Promise<AuditVerification> {
    await this.#flush();
    let head = CHAIN_START;
    for (;;) {
      const rows = await rowsAfter(this.#reader, head.sequence, PAGE);
      for (const row of rows) {
        const detail = faultIn(this.#key, head, row) ?? keptFault(kept, row);
        if (detail !== null) return failed(head, head.sequence + 1, detail);
        head = { sequence: Number(row.sequence), hash: row.hash };
      }
      if (rows.length < PAGE) break;
      await breathe();
    }
    if (head.sequence < kept.sequence) return failed(head, head.sequence + 1, endGone(head, kept));
    return { ok: true, entries: head.sequence, head, problem: null };
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#tick();
    await this.#lastWrite;
    await this.#connection.close();
  }

  async #tick(): Promise<void> {
    await this.#flush();
    const head = await readHead(this.#reader).catch(() => CHAIN_START);
    if (head.sequence <= this.#told) return;
    this.#told = head.sequence;
    // A copy of the head that is not in the database: only against one is it seen that the end was cut off.
    this.#log.info({ keep: true, head: `${head.sequence}:${head.hash}` }, 'head of the audit log');
  }

  /** What cannot be written now waits for the next time. */
  async #flush(): Promise<void> {
    if (this.#queue.isEmpty) return;
    const batch: AuditBatch = this.#queue.take();
    try {
      await this.#append(draftsOf(batch, Date.now(), NOBODY));
    } catch (error) {
      this.#dropped += this.#queue.putBack(batch);
      this.#log.warn({ err: error }, 'the audit log cannot be written now; its entries wait in memory');
    }
  }

  #append(drafts: readonly AuditDraft[]): Promise<ChainHead> {
    const append = () => appendEntries(this.#connection, this.#key, drafts);
    const work = () => patiently(() => this.#connection.transaction(append, { write: true }));
    const result = this.#lastWrite.then(work);
    this.#lastWrite = result.catch(() => undefined);
    return result;
  }
}

function keptFault({ sequence, hash }: ChainHead, row: ChainHead): string | null {
  if (sequence !== Number(row.sequence) || hash === row.hash) return null;
  return `entry ${sequence} is not the one whose hash was kept: the log was written anew from there or before`;
}

function endGone(head: ChainHead, kept: ChainHead): string {
  return `the log ends with entry ${head.sequence}; ${kept.sequence} was there, so its end was cut off`;
}

function failed(head: ChainHead, sequence: number, detail: string): AuditVerification {
  return { ok: false, entries: head.sequence, head, problem: { sequence, detail } };
}
