import { type ErrorCode, type ErrorDetails, RowferryError } from '../errors.ts';

export interface TransientDetails extends ErrorDetails {
  readonly inDoubt?: boolean;
}

/**
 * A failure that may not come again when the same transaction is run from its start: it lost a deadlock, a lock was
 * held too long, or the connection was lost. Nothing of the transaction is there, unless it is in doubt.
 */
export class TransientFailure extends RowferryError {
  /** The connection was lost after COMMIT was sent: whether it was carried out only the database can tell. */
  readonly inDoubt: boolean;

  constructor(code: ErrorCode, detail: string, { inDoubt = false, ...details }: TransientDetails = {}) {
    super(code, detail, details);
    this.inDoubt = inDoubt;
  }
}

/** What became of a COMMIT that failed so: of a lost connection nobody knows, other failures took it back. */
export function failedCommit(error: unknown): unknown {
  if (!(error instanceof TransientFailure) || error.code !== 'database-unavailable') return error;
  const { code, detail, hint, cause } = error;
  const details = { inDoubt: true, cause, ...(hint === undefined ? {} : { hint }) };
  return new TransientFailure(code, `${detail} (on COMMIT)`, details);
}
