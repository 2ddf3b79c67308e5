import type { Engine } from '../database/database.ts';
import { CarefulReadNeeded, type Replacement } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import type { StoredColumn } from '../model/stored-table.ts';
import { type Conversion, intoMissing, intoPresent, type Length, type Parents } from './conversion.ts';
import { ConvertedRows } from './converted-rows.ts';
import { fillTable } from './fill-table.ts';
import type { Progress } from './job-progress.ts';
import type { BackupFacts } from './manifest.ts';
import { pushRows } from './read-backup.ts';

/** A backup of another engine: its values go in as texts, and must mean the same when they are read back. */

export interface ConvertedSource {
  readonly backup: BackupFacts;
  readonly path: string;
  readonly fileKey: Uint8Array | null;
  /** That is replaced, or made. */
  readonly table: string;
}

/** Says what would become of each column; changes nothing. */
export async function planConversion(
  engine: Engine,
  replacement: Replacement,
  source: ConvertedSource,
  progress: Progress,
): Promise<Conversion> {
  const { backup, table } = source;
  const { existing, snapshot } = replacement;
  if (existing !== null) {
    const present = await snapshot.table(existing, false);
    return intoPresent(backup, existing, present.facts.columns);
  }
  const lengths = await longest(source, progress);
  const parents = engine.capabilities.looseTypes ? new Map() : await parentsOf(replacement, backup);
  return intoMissing(backup, table, engine.ddl, lengths, snapshot.tables, parents);
}

async function parentsOf({ snapshot }: Replacement, { foreignKeys }: BackupFacts): Promise<Parents> {
  const names = new Set(foreignKeys.map(({ parentTable }) => parentTable.toLowerCase()));
  const parents = new Map<string, readonly StoredColumn[]>();
  for (const table of snapshot.tables.filter((each) => names.has(each.toLowerCase()))) {
    parents.set(table, (await snapshot.table(table, false)).facts.columns);
  }
  return parents;
}

async function longest(
  { backup, path, fileKey, table }: ConvertedSource,
  progress: Progress,
): Promise<Length[]> {
  progress.begin('proving', table, backup.rows);
  const facts = whole(backup);
  const lengths = facts.columns.map(() => ({ characters: 0, bytes: 0 }));
  const rows = new ConvertedRows(
    facts.columns,
    facts.columns.map(() => 'plain'),
  );
  rows.onRow((texts) => {
    for (const [index, length] of lengths.entries()) {
      const text = texts[index] ?? '';
      length.characters = Math.max(length.characters, text.length);
      length.bytes = Math.max(length.bytes, Buffer.byteLength(text));
    }
  });
  await pushRows(path, facts, rows, fileKey, progress);
  return lengths;
}

/** Generated columns have values in a backup, and none of their own in a table of another engine. */
const whole = (backup: BackupFacts): BackupFacts => ({
  ...backup,
  columns: backup.columns.map((column) => ({ ...column, generated: false })),
});

/** Inside the transaction; `restore-schema-drift` naming a column and a value that would not be what it is in the backup. */
export async function applyConversion(
  engine: Engine,
  replacement: Replacement,
  source: ConvertedSource,
  { facts, kinds }: Conversion,
  progress: Progress,
): Promise<void> {
  const { backup, path, fileKey } = source;
  const saved = whole(backup);
  const given = await fillTable(replacement, facts, backup.rows, progress, async (target) => {
    const rows = new ConvertedRows(saved.columns, kinds, target, engine.name === 'mysql');
    await pushRows(path, saved, rows, fileKey, progress);
    return rows;
  });
  progress.begin('comparing', facts.table, null);
  const columns = await columnsNow(engine, replacement, facts);
  const found = await readBack(replacement, facts.table, columns, kinds);
  if (found.rows === given.rows && found.digest() === given.digest()) return;
  throw await different(replacement, source, facts, columns, kinds);
}

/** As they can be read now, in the order of the backup. */
async function columnsNow(
  engine: Engine,
  replacement: Replacement,
  facts: BackupFacts,
): Promise<readonly StoredColumn[]> {
  // A table that has not its name yet is read as text.
  if (replacement.existing === null && !engine.capabilities.transactionalDdl) return facts.columns;
  const now = await replacement.snapshot.table(facts.table, false);
  return facts.columns.map(({ name }) => {
    const column = now.facts.columns.find((each) => each.name === name);
    if (column === undefined) throw new TypeError(`a table without the column ${name} that it was made with`);
    return column;
  });
}

async function readBack(
  { snapshot }: Replacement,
  table: string,
  columns: readonly StoredColumn[],
  kinds: Conversion['kinds'],
  onRow?: (meanings: ReadonlyArray<string | null>) => void,
): Promise<ConvertedRows> {
  for (const careful of [false, true]) {
    const rows = new ConvertedRows(columns, kinds);
    if (onRow !== undefined) rows.onRow(onRow);
    try {
      for await (const _ of snapshot.read(table, columns, careful)(rows));
      return rows;
    } catch (error) {
      if (!(error instanceof CarefulReadNeeded) || careful) throw error;
    }
  }
  throw new TypeError('neither way of reading came to an end');
}

/** More distinct values of a column are not kept to find one that is not there. */
const MOST_VALUES = 1_000_000;

async function different(
  replacement: Replacement,
  { backup, path, fileKey }: ConvertedSource,
  { table }: BackupFacts,
  columns: readonly StoredColumn[],
  kinds: Conversion['kinds'],
): Promise<RowferryError> {
  const held = columns.map(() => new Set<string | null>());
  await readBack(replacement, table, columns, kinds, (meanings) => {
    for (const [index, values] of held.entries()) {
      if (values.size < MOST_VALUES) values.add(meanings[index] ?? null);
    }
  });
  const saved = whole(backup);
  const given = new ConvertedRows(saved.columns, kinds);
  let found = '';
  given.onRow((meanings) => {
    if (found !== '') return;
    const index = held.findIndex(
      (values, column) => values.size < MOST_VALUES && !values.has(meanings[column] ?? null),
    );
    if (index < 0) return;
    const value = meanings[index] ?? 'NULL';
    found = `column ${columns[index]?.name} (${columns[index]?.sqlType}) does not keep ${value.slice(0, 60)}`;
  });
  await pushRows(path, saved, given, fileKey);
  return new RowferryError(
    'restore-schema-drift',
    `${table} would not hold the values of the backup: ${found === '' ? 'rows are others afterwards' : found}`,
    { hint: 'make the table with types that take the values, or name one that is not there with --table' },
  );
}
