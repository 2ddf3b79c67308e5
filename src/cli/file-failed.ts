import type { App } from './app.ts';
import { type ExitCode, exitCodeOf } from './exit-codes.ts';
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

/** The same for one that was stopped by a person; `next` says what that means. */
export function fileStopped(app: App, { file, table }: NamedFile, error: unknown, next: string): ExitCode {
  app.ui.data({ file, table, state: 'aborted', error: errorDocument(error) });
  app.ui.note(`rowferry: ${file} ${next}`);
  return 1;
}
