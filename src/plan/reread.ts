import { dateForm } from '../csv/sniff/date-forms.ts';
import { inWords } from '../csv/sniff/in-words.ts';
import { signOf } from '../csv/sniff/numbers.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import { fieldText } from '../model/field-text.ts';
import { FIELD_NULL } from '../model/tape.ts';
import type { ColumnProfile } from './column-profile.ts';
import { columnType } from './column-type.ts';
import type { KeyBudget } from './key-set.ts';
import type { PlannedFile, Stretch } from './planned-file.ts';
import type { Reading } from './readings.ts';
import { profileTable, type TableProfile } from './table-profile.ts';
import { Witnesses } from './witnesses.ts';
import { type OpenColumn, type WrittenValues, writtenValues } from './written-values.ts';

export interface RereadOptions {
  readonly declared: Partial<Dialect>;
  readonly budget: KeyBudget;
  /** The files are read again. */
  readonly onAgain: () => void;
  /** Bytes that were read since the last call. */
  readonly onRead: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/** Numbers and dates are no longer. Bytes. */
const LONGEST = 40;

/**
 * The profile of a table whose files write numbers or dates in a way of their own, read by what all of their values
 * say of it; the given one where no column looks like that, or nothing is decided.
 */
export async function reread(profile: TableProfile, options: RereadOptions): Promise<TableProfile> {
  const fields = openFields(profile);
  if (fields.length === 0) return profile;
  options.onAgain();
  const found: Array<{ file: PlannedFile; written: WrittenValues }> = [];
  for (const file of profile.files) {
    const columns = await witnessesOf(file, fields, options);
    found.push({ file, written: writtenValues(columns, options.declared) });
  }
  const doubts = [...new Set(found.flatMap(({ file, written }) => written.doubts.map(saidOf(file))))];
  if (found.every(({ written }) => written.readings.size === 0)) return { ...profile, doubts };
  for (const column of profile.columns) column.dropKeys();
  options.onAgain();
  const files = found.map(({ file, written }) => file.readAs(written.dialect));
  const guessed = readingsOf(found.map(({ written }) => written));
  const { name } = profile;
  const { budget, onRead, signal } = options;
  const again = await profileTable({ name, files, budget, guessed, onRead, signal });
  return { ...again, doubts, notes: found.flatMap(noteOf) };
}

const saidOf =
  ({ input }: PlannedFile) =>
  (doubt: string): string =>
    `${input.plainName}: ${doubt}`;

function noteOf({ file, written: { dialect, evidence } }: { file: PlannedFile; written: WrittenValues }) {
  if (evidence.length === 0) return [];
  const words = inWords({ ...DEFAULT_DIALECT, ...dialect });
  return [`${file.input.plainName}: values read as ${words}; ${evidence.join('; ')}`];
}

/** Texts of which the first one that is no plain number or date is one in another form; decimals with them. */
function openFields({ columns }: TableProfile): number[] {
  const marked = columns.flatMap((column, field) => (isMarked(column) ? [field] : []));
  if (marked.length === 0) return [];
  const pointed = columns.flatMap((column, field) =>
    columnType(column).kind === 'decimal' && column.pointed ? [field] : [],
  );
  return [...marked, ...pointed].sort((a, b) => a - b);
}

function isMarked({ madeText, maxBytes }: ColumnProfile): boolean {
  if (madeText === null || maxBytes > LONGEST) return false;
  return signOf(madeText.value) !== null || dateForm(madeText.value) !== null;
}

async function witnessesOf(
  file: PlannedFile,
  fields: readonly number[],
  { onRead, signal }: RereadOptions,
): Promise<OpenColumn[]> {
  const columns = fields.map((field) => ({
    field,
    name: file.header?.[field] ?? `column_${field + 1}`,
    witnesses: new Witnesses(),
  }));
  let done = 0;
  for await (const stretch of file.read(signal)) {
    for (const column of columns) if (column.witnesses.open) take(stretch, column);
    onRead(stretch.done - done);
    done = stretch.done;
  }
  return columns;
}

function take({ tape, bad, lines }: Stretch, { field, witnesses }: OpenColumn): void {
  const { flags, width, records, recordLines } = tape;
  for (let r = 0, slot = field; r < records && witnesses.open; r++, slot += width) {
    if (bad[r] !== 0 || ((flags[slot] ?? 0) & FIELD_NULL) !== 0) continue;
    witnesses.take(fieldText(tape, slot), lines + (recordLines[r] ?? 0));
  }
}

function readingsOf(all: readonly WrittenValues[]): Map<number, Set<Reading>> {
  const found = new Map<number, Set<Reading>>();
  for (const [field, reading] of all.flatMap(({ readings }) => [...readings])) {
    found.set(field, (found.get(field) ?? new Set()).add(reading));
  }
  return found;
}
