import { RowferryError } from '../../errors.ts';
import type { RejectCode } from '../../model/reject.ts';
import { TransientFailure } from '../transient-failure.ts';

/** Result codes: https://www.sqlite.org/rescode.html */
const FULL = 13;
const CONSTRAINT = 19;
const MISMATCH = 20;
/** SQLITE_IOERR_SHMSIZE: the index of the WAL is a file beside the database, which found no room to grow. */
const NO_ROOM_FOR_INDEX = 4874;
const CONSTRAINT_CODES: Readonly<Record<number, RejectCode>> = {
  275: 'check',
  787: 'foreign_key',
  1299: 'missing',
  1555: 'unique.table',
  2067: 'unique.table',
  2579: 'unique.table',
};

interface SqliteFailure extends Error {
  readonly errcode: number;
}

export function isSqliteFailure(error: unknown): error is SqliteFailure {
  return error instanceof Error && 'errcode' in error && typeof error.errcode === 'number';
}

/** The reject code of a failure that is about the rows; null when it is about the world. */
export function rowFailure(error: unknown): RejectCode | null {
  if (!isSqliteFailure(error)) return null;
  const primary = error.errcode & 0xff;
  if (primary === CONSTRAINT) return CONSTRAINT_CODES[error.errcode] ?? 'database';
  return primary === MISMATCH || primary === 18 ? 'database' : null;
}

/** A deferred foreign key is held at the COMMIT (sqlite.org/foreignkeys.html, 4.2). */
export function refusedCommit(error: unknown): RowferryError | null {
  if (!isSqliteFailure(error) || rowFailure(error) === null) return null;
  return new RowferryError('database-refused', error.message, {
    hint: 'a deferred foreign key has no parent; load the parents first',
    cause: error,
  });
}

export const isUniqueFailure = (error: unknown): boolean => rowFailure(error) === 'unique.table';

/** Failures of the outside world with our codes; everything else as it came. */
export function translate(error: unknown, path: string): unknown {
  if (!isSqliteFailure(error)) return error;
  const failure = (code: 'disk-full' | 'database-unavailable', detail: string, hint: string) =>
    new RowferryError(code, detail, { hint, cause: error });
  switch (error.errcode === NO_ROOM_FOR_INDEX ? FULL : error.errcode & 0xff) {
    case 5:
    case 6:
      return new TransientFailure('database-busy', `${path} is locked by another program`, {
        hint: 'end the other program, or try again',
        cause: error,
      });
    case FULL:
      return failure(
        'disk-full',
        `no room left for ${path}`,
        'make room on the disk, then try again; a load goes on from where it stands',
      );
    case 8:
      return failure(
        'database-unavailable',
        `${path} cannot be written`,
        'check the rights of the file and its folder',
      );
    case 10:
      return failure('database-unavailable', `${path}: ${error.message}`, 'check the disk, then try again');
    case 11:
    case 26:
      return failure(
        'database-unavailable',
        `${path} is not a sound SQLite database: ${error.message}`,
        `try: sqlite3 ${path} "PRAGMA integrity_check"`,
      );
    case 14:
      return failure(
        'database-unavailable',
        `${path} cannot be opened`,
        'check that its folder exists and may be written',
      );
    default:
      return error;
  }
}
