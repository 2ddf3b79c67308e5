import type { LoadResult } from '../client/client.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { isRefusedWhole } from '../model/receipt.ts';

/** 0 all rows loaded · 1 failed · 2 wrong use · 3 done, with rejects · 4 stopped because of its rejects. */
export type ExitCode = 0 | 1 | 2 | 3 | 4;

/** The caller can mend these by typing something else. */
const WRONG_USE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'usage',
  'config-invalid',
  'dialect-invalid',
  'schema-invalid',
  'table-not-found',
]);

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof RowferryError && WRONG_USE.has(error.code) ? 2 : 1;
}

/**
 * A duplicate answers as the load did that is there: 3 when that one had rejects. Reasons without rejects are those of
 * a first batch that looked like the wrong file, of which nothing was kept.
 */
export function exitCodeOfLoad(
  result: Pick<LoadResult, 'state' | 'detail' | 'rejected' | 'reasons'>,
): ExitCode {
  if (result.state === 'failed' || isRefusedWhole(result)) return 1;
  if (result.state === 'aborted') return result.rejected > 0 || result.reasons.length > 0 ? 4 : 1;
  return result.rejected > 0 ? 3 : 0;
}

/** Of several files the worst counts: failed, stopped, with rejects, all well. */
export function worst(codes: readonly ExitCode[]): ExitCode {
  return ([1, 2, 4, 3] as const).find((code) => codes.includes(code)) ?? 0;
}
