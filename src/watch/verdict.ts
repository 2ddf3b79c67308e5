import { type ErrorCode, RowferryError } from '../errors.ts';
import { errnoOf } from './claim.ts';
import type { LoadOutcome } from './contract.ts';

/** Whether a failure is the file's (it goes to failed/) or the outside world's (it waits in work/). */

/** Not retryable for a program, but no file is to blame either: a person mends it, then the files go on. */
const NOT_THE_FILES_FAULT: ReadonlySet<ErrorCode> = new Set([
  'unauthorized',
  'insecure-transport',
  'seal-invalid',
  'seal-stale',
  'config-invalid',
  'database-unsupported',
  'ledger-newer',
]);

const MACHINE: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
  EMFILE: 'overloaded',
  ENFILE: 'overloaded',
  ENOMEM: 'overloaded',
  EXDEV: 'config-invalid',
  EAGAIN: 'overloaded',
  ECONNREFUSED: 'unreachable',
  ECONNRESET: 'unreachable',
  ETIMEDOUT: 'unreachable',
};

const HINTS: Readonly<Record<string, string>> = {
  EXDEV:
    'let incoming, work, done and failed below data/ lie on one file system: files are renamed from one to the next',
};

export function isHeld(reason: RowferryError): boolean {
  return reason.retryable || NOT_THE_FILES_FAULT.has(reason.code);
}

export function asRowferryError(error: unknown): RowferryError {
  if (error instanceof RowferryError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const errno = errnoOf(error) ?? '';
  const hint = HINTS[errno];
  return new RowferryError(MACHINE[errno] ?? 'internal', message, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}

/** Why a load that did not read all of its file ended; null for one that did. */
export function endingOf(outcome: LoadOutcome): RowferryError | null {
  if (outcome.state !== 'aborted' && outcome.state !== 'failed') return null;
  const code = outcome.state === 'aborted' ? 'load-stopped' : 'load-finished';
  const because = outcome.detail ?? 'the server gave no reason';
  return new RowferryError(code, `load ${outcome.load} was ${outcome.state}: ${because}`, {
    hint: `see: rowferry receipts ${outcome.load}; mend the file, then move it to data/incoming again`,
  });
}
