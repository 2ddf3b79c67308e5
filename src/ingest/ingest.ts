import type { ErrorCode } from '../errors.ts';
import type { Dialect } from '../model/dialect.ts';
import type { BatchReceipt, Load, LoadState, PartReceipt } from '../model/receipt.ts';
import type { LedgerBatch, ReconcileReceipt } from '../model/reconciliation.ts';
import type { RejectDocument, RejectState } from '../model/reject.ts';
import type { Mode, Table } from '../model/table.ts';
import type { Followed } from './follow-ups.ts';
import type { ReconcileSlice } from './reconcile.ts';

/**
 * What the server needs to move rows: tables, batches, loads, rejects. Made by `openIngest` (open-ingest.ts).
 * Every promise rejects with a RowferryError whose code says what went wrong.
 */
export interface Ingest {
  /** The dictionary, read again when the schema changed. */
  tables(): Promise<readonly Table[]>;
  /** `table-not-found` with near names when there is none. */
  table(name: string): Promise<Table>;
  rowCount(table: string): Promise<number>;

  /** One request's body into one table, in one transaction. */
  batch(request: BatchRequest): Promise<Answered<BatchReceipt>>;
  /** Several tables in one request, parents first; in one transaction if atomic. */
  batches(request: MultiBatchRequest): Promise<Answered<MultiBatchReceipt>>;

  /** A new load, or the one that exists for this table and content. `existing` tells which. */
  announce(announcement: Announcement): Promise<Announced>;
  /** The same under an Idempotency-Key; or the stored answer of an equal request, whose status and body it has. */
  announceOnce(announcement: Announcement, claim: IdempotencyClaim): Promise<Announced | StoredAnswer>;
  /** The next part. A part that was committed before gives its receipt again. `offset-mismatch` otherwise. */
  part(id: string, part: Part): Promise<PartReceipt>;
  finish(id: string): Promise<Load>;
  abort(id: string, detail: string): Promise<Load>;

  load(id: string): Promise<Load>;
  /** Newest first. */
  loads(filter: LoadFilter): Promise<readonly Load[]>;
  /** In the order of their lines; `after` is the cursor of the last reject seen. */
  rejects(id: string, page: RejectQuery): Promise<RejectPage>;
  /**
   * The open rejects of a load again (no body) or corrected rows for them, as a new load linked to it. Of a load that
   * is a retry itself: those of the load it retries. Each is loaded once; one that is still none stays open.
   */
  retry(id: string, request: RetryRequest): Promise<Answered<BatchReceipt>>;
  /** The committed slices of a load, in the order of their offsets; `after` is the last offset seen. */
  batchesOf(id: string, page: { after?: number; limit: number }): Promise<readonly LedgerBatch[]>;
  /** A slice of the content of a load, held against its table. */
  reconcile(id: string, slice: ReconcileSlice): Promise<ReconcileReceipt>;
  /**
   * For a server that stays: looks once for rejects whose parents came before it began, and calls back for each load
   * of which rejects are loaded by themselves.
   */
  followUp(onFollowed: (followed: Followed) => void): void;
  /** Calls back on every change of any load; returns the function that ends it. */
  watch(listener: (load: Load) => void): () => void;

  /**
   * Called whenever an answer to rows is about to be made, which may be much larger than they are; what it throws is the
   * answer then.
   */
  beforeAnswers(mayAnswer: () => void): void;

  /** For stored answers of requests that are not batches (restore, backups, announce …). */
  readonly answers: StoredAnswers;
  /** True when the database answers and the ledger is there. */
  ready(): Promise<{ ok: boolean; checks: Record<string, string> }>;
  /** Resolves when rows are taken as fast as they will be, within a second or so. */
  warmUp(): Promise<void>;
  /** How many transactions were run again since the start, by what had failed. */
  readonly retries: ReadonlyMap<ErrorCode, number>;
  /** Transactions that wait to be run again are answered at once; for a server that stops. */
  stopWaiting(): void;
  /** Rows whose writing has not begun are refused with `shutting-down`; for a server whose time is over. */
  giveUp(): void;
  /** Ends what is running and closes the lanes; what waits for one is refused. */
  close(): Promise<void>;
}

export type BodyFormat = 'json' | 'ndjson' | 'csv';

/** Scope and fingerprint of an Idempotency-Key (wire.md, Idempotency). */
export interface IdempotencyClaim {
  readonly owner: string;
  readonly key: string;
  /** method + path + query + content type. */
  readonly fingerprint: string;
  /** SHA-256 of the plaintext body, hex. */
  readonly bodySha256: string;
}

export interface BatchRequest {
  readonly table: string;
  readonly format: BodyFormat;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly mode: Mode;
  readonly atomic: boolean;
  readonly claim: IdempotencyClaim;
  readonly dialect?: Partial<Dialect>;
  /** Most rows accepted; more is `too-many-rows`. */
  readonly maxRows: number;
}

export interface MultiBatchRequest extends Omit<BatchRequest, 'table' | 'format'> {
  /** Called for each table named in the body before anything runs; throws when the key may not. */
  readonly authorize: (table: string) => Promise<void> | void;
}

export interface MultiBatchReceipt {
  readonly receipts: readonly BatchReceipt[];
}

export interface Answered<T> {
  readonly answer: T;
  /** The stored answer of an earlier, equal request. */
  readonly replayed: boolean;
}

export interface Announcement {
  readonly table: string;
  readonly name: string;
  readonly size: number;
  /** Hex. */
  readonly sha256: string;
  readonly owner: string;
  readonly dialect?: Partial<Dialect>;
  /** A Table Schema descriptor. */
  readonly schema?: unknown;
  readonly mode?: Mode;
  readonly atomic?: boolean;
  /** "100" or "5%". */
  readonly maxRejects?: string;
}

export interface Announced {
  readonly load: Load;
  readonly existing: boolean;
}

export interface StoredAnswer {
  readonly status: number;
  readonly body: string;
}

export interface Part {
  readonly offset: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** This part ends the file. */
  readonly last: boolean;
}

export interface LoadFilter {
  readonly table?: string;
  readonly state?: LoadState;
  /** Of the content of a file. */
  readonly sha256?: string;
  /** Retries of this load. */
  readonly parent?: string;
  readonly limit: number;
  /** Only loads older than this id. */
  readonly before?: string;
}

export interface RejectQuery {
  readonly after?: number;
  readonly limit: number;
  /** Of records and reasons: a page ends before more than so many, but has one reject at least. */
  readonly mostBytes?: number;
  readonly state?: RejectState;
  /** An error of this code, in this column. */
  readonly code?: string;
  readonly column?: string;
}

export interface RejectPage {
  readonly rejects: readonly RejectDocument[];
  /** Give as `after` for the next page; null at the end. */
  readonly next: number | null;
}

export interface RetryRequest extends Omit<BatchRequest, 'table' | 'body'> {
  /** Corrected rows; undefined sends the rejected records again as they were. */
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Without a body: only rejects behind this index. */
  readonly after?: number;
  /** Without a body: only these. */
  readonly indexes?: readonly number[];
  /** With a body: the rows are the rejects from this one on, counted from 0; see corrections.ts. */
  readonly first?: number;
}

export type Claimed =
  | { readonly kind: 'new'; readonly fence: number }
  | ({ readonly kind: 'done' } & StoredAnswer);

export interface StoredAnswers {
  /** Throws `idempotency-key-reused` or `request-running`. */
  claim(claim: IdempotencyClaim): Promise<Claimed>;
  complete(claim: IdempotencyClaim, fence: number, status: number, body: string): Promise<void>;
  /** Holds the key longer; to be called at least every 30 s while the request runs. */
  renew(claim: IdempotencyClaim, fence: number): Promise<void>;
  /** Gives the key free again after a failure that is not stored. */
  release(claim: IdempotencyClaim, fence: number): Promise<void>;
}
