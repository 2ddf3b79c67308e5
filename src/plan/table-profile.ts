import type { Dialect } from '../model/dialect.ts';
import type { RejectCode } from '../model/reject.ts';
import { ColumnProfile } from './column-profile.ts';
import type { KeyBudget } from './key-set.ts';
import type { PlannedFile, Stretch } from './planned-file.ts';
import { asRead, chosen, declaredReadings, type ReadColumn, type Reading } from './readings.ts';

/** What is known of a table from its files: one profile for each column. */
export interface TableProfile {
  readonly name: string;
  readonly files: readonly PlannedFile[];
  /** As the files name them; null where they have no header. */
  readonly header: readonly string[] | null;
  readonly columns: readonly ColumnProfile[];
  /** How the values of each column are read; null: as they stand. */
  readonly readings: readonly (Reading | null)[];
  /** Records that were read, and those left out because no load can read them, by the code that they get. */
  readonly rows: number;
  readonly leftOut: ReadonlyMap<RejectCode, number>;
  readonly leftOutRows: number;
  /** How values are read that are not written as the check takes them, and what that rests on. */
  readonly notes: readonly string[];
  /** What the values do not decide. */
  readonly doubts: readonly string[];
}

const NONE: ReadonlyMap<number, ReadonlySet<Reading>> = new Map();

export interface ProfileRequest {
  readonly name: string;
  readonly files: readonly PlannedFile[];
  readonly budget: KeyBudget;
  /** Readings of some columns beside those that are declared. */
  readonly guessed?: ReadonlyMap<number, ReadonlySet<Reading>>;
  /** Bytes that were read since the last call. */
  readonly onRead: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Reads all files of a table from their first byte to their last. */
export async function profileTable(request: ProfileRequest): Promise<TableProfile> {
  const { name, files, budget, guessed = NONE, onRead, signal } = request;
  const declared = files.flatMap((file) => declaredReadings(file.declared));
  const readings = new Set([...declared, ...[...guessed.values()].flatMap((own) => [...own])]);
  const columns = Array.from({ length: files[0]?.width ?? 0 }, (_, field) => ({
    plain: new ColumnProfile(budget),
    read: new Map(
      [...new Set([...declared, ...(guessed.get(field) ?? [])])].map((reading) => [
        reading,
        new ColumnProfile(budget),
      ]),
    ),
  }));
  const leftOut = new Map<RejectCode, number>();
  let rows = 0;
  let leftOutRows = 0;
  for (const file of files) {
    let done = 0;
    for await (const stretch of file.read(signal)) {
      const { tape, bad, codes, done: now } = stretch;
      for (const [field, { plain }] of columns.entries()) plain.take(stretch, field);
      for (const reading of readings) takeRead(stretch, file.dialect, columns, reading);
      for (const code of codes) leftOut.set(code, (leftOut.get(code) ?? 0) + 1);
      const out = bad.reduce((sum, each) => sum + (each === 0 ? 0 : 1), 0);
      rows += tape.records - out;
      leftOutRows += out;
      onRead(now - done);
      done = now;
    }
  }
  const best = columns.map(chosen);
  return {
    name,
    files,
    header: files[0]?.header ?? null,
    columns: best.map(({ profile }) => profile),
    readings: best.map(({ reading }) => reading),
    rows,
    leftOut,
    leftOutRows,
    notes: [],
    doubts: [],
  };
}

/** A column that turned out to be text is not looked at again. */
function takeRead(
  stretch: Stretch,
  dialect: Dialect,
  columns: readonly ReadColumn[],
  reading: Reading,
): void {
  const open = columns
    .map(({ read }) => read.get(reading))
    .map((each) => (each?.madeText === null ? each : undefined));
  const read = asRead(
    stretch,
    dialect,
    open.map((each) => (each === undefined ? null : reading)),
  );
  for (const [field, profile] of open.entries()) profile?.take(read, field);
}
