import type { RejectCode } from '../model/reject.ts';
import { ColumnProfile } from './column-profile.ts';
import type { KeyBudget } from './key-set.ts';
import type { PlannedFile } from './planned-file.ts';

/** What is known of a table from its files: one profile for each column. */
export interface TableProfile {
  readonly name: string;
  readonly files: readonly PlannedFile[];
  /** As the files name them; null where they have no header. */
  readonly header: readonly string[] | null;
  readonly columns: readonly ColumnProfile[];
  /** Records that were read, and those left out because no load can read them, by the code that they get. */
  readonly rows: number;
  readonly leftOut: ReadonlyMap<RejectCode, number>;
  readonly leftOutRows: number;
}

/** Reads all files of a table from their first byte to their last. `onRead`: bytes that were read since the last call. */
export async function profileTable(
  name: string,
  files: readonly PlannedFile[],
  budget: KeyBudget,
  onRead: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<TableProfile> {
  const columns = Array.from({ length: files[0]?.width ?? 0 }, () => new ColumnProfile(budget));
  const leftOut = new Map<RejectCode, number>();
  let rows = 0;
  let leftOutRows = 0;
  for (const file of files) {
    let done = 0;
    for await (const { tape, view, bad, codes, lines, done: now } of file.read(signal)) {
      for (const [field, column] of columns.entries()) column.take(tape, view, field, bad, lines);
      for (const code of codes) leftOut.set(code, (leftOut.get(code) ?? 0) + 1);
      const out = bad.reduce((sum, each) => sum + (each === 0 ? 0 : 1), 0);
      rows += tape.records - out;
      leftOutRows += out;
      onRead(now - done);
      done = now;
    }
  }
  return { name, files, header: files[0]?.header ?? null, columns, rows, leftOut, leftOutRows };
}
