import { RowferryError } from '../errors.ts';

const FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT']);

/** `disk-full` where a write found no room, or no more than its owner may use; everything else as it came. */
export function asDiskError(error: unknown, detail: string, hint: string): unknown {
  if (!(error instanceof Error && 'code' in error && FULL.has(error.code))) return error;
  return new RowferryError('disk-full', detail, { hint, cause: error });
}
