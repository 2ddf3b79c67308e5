import type { Dialect } from './dialect.ts';
import type { RejectCode, RejectDocument } from './reject.ts';
import type { Mode } from './table.ts';

/** read = inserted + updated + skipped + rejected, always. All in records. */
export interface Counts {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly rejected: number;
}

export const NO_COUNTS: Counts = { read: 0, inserted: 0, updated: 0, skipped: 0, rejected: 0 };

/** One row per code and column: how often, and where first. */
export interface Reason {
  readonly code: RejectCode;
  readonly column: string | null;
  readonly count: number;
  /** 1-based first physical line. */
  readonly firstLine: number;
}

/**
 * receiving: parts are coming. completed / completed_with_rejects: all of the content was read.
 * aborted: ended by a person or by maxRejects before all of it was read, or atomic and refused at its end.
 * failed: ended by an error.
 */
export type LoadState = 'receiving' | 'completed' | 'completed_with_rejects' | 'aborted' | 'failed';

/** The name of a load that took rejects again by itself, since their parents had come. */
export const AUTOMATIC_RETRY = 'automatic retry';

/** Begins the detail of an atomic load that was read to its end and then not loaded. */
export const ATOMIC_REFUSAL = 'atomic: ';

/** Whether an atomic load was refused as a whole, rather than stopped on the way. */
export function isRefusedWhole({
  state,
  detail,
}: Pick<Load, 'detail'> & { readonly state: string }): boolean {
  return state === 'aborted' && detail?.startsWith(ATOMIC_REFUSAL) === true;
}

/** What became of one request's body. Stored for its Idempotency-Key in the transaction of its rows. */
export interface BatchReceipt extends Counts {
  readonly load: string;
  readonly table: string;
  readonly state: LoadState;
  readonly mode: Mode;
  readonly atomic: boolean;
  readonly reasons: readonly Reason[];
  readonly rejects: readonly RejectDocument[];
  readonly strategy: string;
  readonly seconds: number;
  /**
   * Of a retry: where to go on. As `after`, the index of the last reject that was taken when more of them can go; as
   * `first`, of corrected rows that were sent with one. Null at the end.
   */
  readonly next?: number | null;
}

/** The state of a load, as GET /v1/loads/{id} and every part's answer give it. */
export interface Load extends Counts {
  readonly id: string;
  readonly table: string;
  /** The file's name as announced; never used as a path. */
  readonly name: string;
  readonly state: LoadState;
  /** Bytes announced, and where the next part starts. */
  readonly size: number;
  readonly offset: number;
  readonly sha256: string;
  readonly mode: Mode;
  readonly atomic: boolean;
  /** As announced: "100" or "5%"; null: the default rule for a wrong file. */
  readonly maxRejects: string | null;
  /** Null until the first part was read. */
  readonly dialect: Dialect | null;
  /** Table columns in the order of the file's fields; null until the first part was read. */
  readonly columns: readonly string[] | null;
  readonly reasons: readonly Reason[];
  readonly strategy: string | null;
  /** Why it was stopped or failed, for a person. */
  readonly detail: string | null;
  /** The load whose rejects this one retries. */
  readonly parent: string | null;
  /** SHA-256 of the Table Schema it was announced with, hex; null: none. */
  readonly schema: string | null;
  /** RFC 3339 times in UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The answer to PATCH /v1/loads/{id}: the load after this part, and this part's rejects. */
export interface PartReceipt extends Load {
  readonly part: Counts & { readonly firstByte: number; readonly endByte: number };
  readonly rejects: readonly RejectDocument[];
}
