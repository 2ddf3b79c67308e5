/** Content of a load held against the table it was loaded into. Records, if nothing else is said. */

export interface ReconcileCounts {
  readonly read: number;
  /** By the ledger; what was loaded of them since, among them. */
  readonly rejected: number;
  /** Rows that stand in the table as the file has them. */
  readonly found: number;
  /** Rows that are not there. */
  readonly missing: number;
  /** Rows whose key is there with other values. */
  readonly changed: number;
}

/** read = rejected + found + missing + changed. */
export interface ReconcileReceipt extends ReconcileCounts {
  readonly load: string;
  readonly table: string;
  /** What was taken of the slice: whole records. */
  readonly firstByte: number;
  readonly endByte: number;
  /** Physical lines in it. */
  readonly lines: number;
  /** In the order of their lines, at most a thousand. */
  readonly differences: readonly Difference[];
  /** The load that the missing rows were sent again as; null: none was. */
  readonly resent: string | null;
  readonly seconds: number;
}

export interface Difference {
  readonly kind: 'missing' | 'changed';
  /** 1-based first physical line. */
  readonly line: number;
  readonly byteOffset: number;
  /** The record as it came, where it is text. */
  readonly raw: string;
  /** Of a changed row: what the file has and what the table has, as the database writes it. */
  readonly columns: ReadonlyArray<{
    readonly column: string;
    readonly file: string | null;
    readonly table: string | null;
  }>;
}

/** A committed slice of a load. */
export interface LedgerBatch {
  readonly firstByte: number;
  readonly endByte: number;
  /** Of its bytes in the file, hex. */
  readonly sha256: string;
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly rejected: number;
}
