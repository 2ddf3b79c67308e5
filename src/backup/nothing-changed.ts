import { TransientFailure } from '../database/transient-failure.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';

/** Runs what changes everything or nothing; its failures say that it was nothing, but for a COMMIT without an answer. */
export async function orNothing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof TransientFailure && error.inDoubt ? saidUnknown(error) : saidUnchanged(error);
  }
}

/** What to do where the failure does not say: the file itself is bad, whatever is wrong with it. */
const ANOTHER = 'use another backup of the table: rowferry backups';
const HINTS: Readonly<Partial<Record<ErrorCode, string>>> = {
  'backup-truncated': ANOTHER,
  'backup-checksum': ANOTHER,
  'backup-rowcount': ANOTHER,
  'backup-invalid': ANOTHER,
  'restore-schema-drift': 'change the table back to what it was, or drop it: it is then made as it was',
};

function saidUnknown({ code, detail, cause }: TransientFailure): RowferryError {
  return new RowferryError(code, `${detail}. Everything was changed or nothing: the answer was lost.`, {
    hint: 'when the database is there again, count the rows of the table, or restore once more',
    cause,
  });
}

function saidUnchanged(error: unknown): RowferryError {
  const message = error instanceof Error ? error.message : String(error);
  const detail = `${message.replace(/\.$/, '')}. Nothing was changed.`;
  if (!(error instanceof RowferryError)) return new RowferryError('internal', detail, { cause: error });
  const { code, hint = HINTS[code], errors, extra, retryAfterSeconds } = error;
  return new RowferryError(code, detail, {
    ...(hint === undefined ? {} : { hint }),
    ...(errors === undefined ? {} : { errors }),
    ...(extra === undefined ? {} : { extra }),
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    cause: error,
  });
}
