/** A record that was not loaded, and why. Codes and their meaning: docs/rejects.md. */

export const REJECT_CODES = [
  'missing',
  'type.integer',
  'type.decimal',
  'type.float',
  'type.boolean',
  'type.date',
  'type.time',
  'type.datetime',
  'type.uuid',
  'type.json',
  'type.binary',
  'range',
  'length',
  'scale',
  'enum',
  'pattern',
  'columns.few',
  'columns.many',
  'quote.unclosed',
  'quote.stray',
  'encoding',
  'nul',
  'record.too_long',
  'unique.file',
  'unique.table',
  'foreign_key',
  'check',
  'database',
] as const;

export type RejectCode = (typeof REJECT_CODES)[number];

export interface RejectError {
  readonly code: RejectCode;
  /** Null where the whole record is at fault. */
  readonly column: string | null;
  /** The field as it came, cut to 200 characters; null for an empty field or a whole record. */
  readonly value: string | null;
  /** What was found and what was expected, for a person. */
  readonly message: string;
}

export interface Reject {
  /** 0-based ordinal among the data records of the request or part. */
  readonly index: number;
  /** 1-based first physical line in the file; for JSON rows the 1-based row. */
  readonly line: number;
  /** Offset of the record's first byte in the file or body. */
  readonly byteOffset: number;
  /** The record as it came, without its record end. */
  readonly raw: Uint8Array;
  readonly errors: readonly RejectError[];
}

/**
 * open: not loaded yet. retried: loaded by a later load. returned: of a load that took it again, to which it is open
 * where it came from.
 */
export const REJECT_STATES = ['open', 'retried', 'returned'] as const;
export type RejectState = (typeof REJECT_STATES)[number];

/** A reject as the ledger keeps it. */
export interface StoredReject extends Reject {
  readonly state: RejectState;
  /** The load that loaded it since. */
  readonly retryLoad: string | null;
}

/** A reject without its record, which may be large. */
export type PlacedReject = Omit<StoredReject, 'raw'>;

/** A reject as the API gives it. `raw` is text; bytes that are not UTF-8 stand in `rawBase64`. */
export interface RejectDocument {
  readonly index: number;
  readonly line: number;
  readonly byteOffset: number;
  readonly raw: string;
  readonly rawBase64?: string;
  readonly errors: readonly RejectError[];
  /** Where the ledger was asked for it, not in the answer to a request. */
  readonly state?: RejectState;
  readonly retryLoad?: string | null;
}
