import { RowferryError } from '../../errors.ts';

/** A failure of SQLite as a coded error; coded ones and those of the program pass as they are. */
export function sqliteFailure(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return error;
  const detail = `${doing}: ${error.message}`;
  // The low byte is the result code, the rest says which kind of it (https://sqlite.org/rescode.html).
  switch (error.errcode & 255) {
    case 5:
    case 6:
      return new RowferryError('lock-timeout', `${detail} (another program holds the write lock)`, {
        hint: 'try again when it is done',
        cause: error,
      });
    case 13:
      return new RowferryError('disk-full', detail, { cause: error });
    case 1:
    case 19:
      return new RowferryError('database-refused', detail, { cause: error });
    default:
      return new RowferryError('database-unavailable', detail, { cause: error });
  }
}
