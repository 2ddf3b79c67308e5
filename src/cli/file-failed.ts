import { RowferryError } from '../errors.ts';
import { oneLine } from '../log.ts';
import type { App } from './app.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
import { Interrupted } from './interrupt.ts';
import { errorDocument } from './ui.ts';

/** One file of several that failed or was stopped, and what is said of it. */
export interface NamedFile {
  readonly file: string;
  readonly table: string;
}

/** Tells what became of a file that failed: in words that name it, as a line of JSON, and in log.txt. */
export function fileFailed(app: App, { file, table }: NamedFile, error: unknown): ExitCode {
  app.ui.data({ file, table, state: 'failed', error: errorDocument(error) });
  app.ui.explain(error, file);
  app.keepInLog(error);
  return exitCodeOf(error);
}

/** The same for one that was stopped by a person; `next` says what that means, and `done` what is there of it. */
export function fileStopped(
  app: App,
  { file, table }: NamedFile,
  error: unknown,
  { next, done }: { readonly next: string; readonly done?: string | null },
): ExitCode {
  const { ui } = app;
  const hint = [next, ...(done ? [done] : [])].join('; ');
  const told =
    error instanceof Interrupted ? new RowferryError('interrupted', error.message, { hint }) : error;
  ui.data({ file, table, state: 'aborted', error: errorDocument(told) });
  ui.note(`rowferry: ${oneLine(file)} ${next}`);
  if (done) ui.note(`  ${done}`);
  return 1;
}
