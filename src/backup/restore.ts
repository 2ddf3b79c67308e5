import { MisfitError, RowEncoder } from '../avro/encoder.ts';
import type { Engine } from '../database/database.ts';
import { engineOf } from '../database/open.ts';
import { CarefulReadNeeded, type Replacement, type Snapshot } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import { release } from '../lib/release.ts';
import type { AvroOptions } from '../model/avro-options.ts';
import { classesOf, type StoredColumn } from '../model/stored-table.ts';
import type { RestoreResult } from './backups.ts';
import { ContentDigest } from './content-digest.ts';
import { refuseDrift } from './drift.ts';
import { fillTable } from './fill-table.ts';
import { type Phase, type Progress, unwatched } from './job-progress.ts';
import type { BackupFacts, Signer } from './manifest.ts';
import { pushRows } from './read-backup.ts';
import { applyConversion, type ConvertedSource, planConversion } from './restore-converted.ts';
import { proveRestorable } from './verify.ts';
import { newRun, seconds, writeBackup } from './write-backup.ts';

/** Replaces a whole table by the rows of a backup, its own or one of another table, or changes nothing. */

export interface RestoreOptions {
  readonly home: string;
  readonly databaseUrl: string;
  readonly signer: Signer;
  /** The table that is replaced, or made. */
  readonly table: string;
  /** Absolute path of the Avro file. */
  readonly path: string;
  readonly dryRun: boolean;
  /** The backup may be one of another engine. */
  readonly convert?: boolean;
  /** Of an encrypted file. */
  readonly fileKey: Uint8Array | null;
  /** For the backup of what was there, as the next two. */
  readonly recipients: readonly string[];
  readonly database: string | null;
  readonly avro: AvroOptions;
  readonly progress?: Progress;
}

/** The ways that the rows of a backup go into a table. */
const WHOLE_RESTORE: readonly Phase[] = ['restoring', 'finishing', 'comparing'];

export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const started = performance.now();
  const { progress = unwatched() } = options;
  refuseOwnTable(options.table);
  progress.begin('proving', options.table, null);
  const told = { progress, phase: 'proving', table: options.table } as const;
  const { path, signer, fileKey, dryRun } = options;
  const backup = await proveRestorable(path, signer, fileKey, dryRun, told);
  const engine = await engineOf(options.databaseUrl);
  const table = isOf(backup, options.table) ? backup.table : options.table;
  const replacement = await engine.openReplacement(options.databaseUrl, table);
  try {
    if (backup.engine !== engine.name && options.convert === true) {
      const source = { backup, path: options.path, fileKey: options.fileKey, table };
      return await restoreConverted(engine, replacement, source, options, started);
    }
    refuseOtherEngine(replacement, backup);
    const { facts, notTaken } = await factsFor(replacement, backup, table);
    const plan = await preflight(replacement, backup, facts);
    progress.expect('restore', facts.rows, WHOLE_RESTORE);
    const safetyBackup =
      options.dryRun || plan.replaced === 0 ? null : await keep(replacement, facts, options);
    if (!options.dryRun) await apply(replacement, facts, options, progress);
    return {
      table: replacement.existing ?? facts.table,
      backupTable: backup.table,
      rows: facts.rows,
      ...plan,
      seconds: seconds(started),
      safetyBackup,
      notTaken,
      changes: [],
      createTable: null,
      compared: 'every byte',
      dryRun: options.dryRun,
    };
  } finally {
    await replacement.close();
  }
}

async function restoreConverted(
  engine: Engine,
  replacement: Replacement,
  source: ConvertedSource,
  options: RestoreOptions,
  started: number,
): Promise<RestoreResult> {
  const { backup } = source;
  const { progress = unwatched() } = options;
  const conversion = await planConversion(engine, replacement, source, progress);
  const { facts, changes, notTaken } = conversion;
  const strategy = await replacement.strategy(facts);
  const { existing, snapshot } = replacement;
  const replaced = existing === null ? 0 : (await snapshot.table(existing, false)).rows;
  progress.expect('restore', backup.rows, WHOLE_RESTORE);
  const safetyBackup = options.dryRun || replaced === 0 ? null : await keep(replacement, facts, options);
  if (!options.dryRun) {
    await applyConversion(engine, replacement, source, conversion, progress);
    progress.check();
    await replacement.commit();
  }
  return {
    table: facts.table,
    backupTable: backup.table,
    rows: backup.rows,
    replaced,
    strategy,
    seconds: seconds(started),
    safetyBackup,
    notTaken,
    changes,
    createTable: existing === null ? facts.createTable : null,
    compared: 'rows, and what each value means',
    dryRun: options.dryRun,
  };
}

/** Names are compared without case, as they are where tables are looked for. */
const isOf = (backup: BackupFacts, table: string): boolean =>
  backup.table.toLowerCase() === table.toLowerCase();

/** Those of the backup, for the table that takes its rows. */
async function factsFor(
  replacement: Replacement,
  backup: BackupFacts,
  table: string,
): Promise<{ facts: BackupFacts; notTaken: readonly string[] }> {
  const { existing } = replacement;
  if (isOf(backup, table)) return { facts: backup, notTaken: [] };
  if (existing !== null) return { facts: { ...backup, table: existing }, notTaken: [] };
  const { facts, notTaken } = await replacement.renamed(backup, table);
  return { facts: { ...backup, ...facts }, notTaken };
}

async function preflight(
  replacement: Replacement,
  backup: BackupFacts,
  facts: BackupFacts,
): Promise<{ replaced: number; strategy: string }> {
  const strategy = await replacement.strategy(facts);
  if (replacement.existing === null) return { replaced: 0, strategy };
  const present = await replacement.snapshot.table(replacement.existing, false);
  refuseDrift(backup, present.facts);
  return { replaced: present.rows, strategy };
}

/** The program's own tables are no one's to make or to replace. */
function refuseOwnTable(table: string): void {
  if (!/^rowferry_/i.test(table)) return;
  throw new RowferryError('table-unsupported', `${table} is a name of rowferry's own tables`, {
    hint: 'take a name that does not begin with rowferry_',
  });
}

function refuseOtherEngine({ snapshot }: Replacement, { engine }: BackupFacts): void {
  if (engine === snapshot.engine) return;
  throw new RowferryError(
    'restore-engine-mismatch',
    `the backup comes from ${engine}, the database is ${snapshot.engine}`,
    { hint: 'see what would become of each column: rowferry restore … --convert --dry-run' },
  );
}

/** What is there now, read in the transaction that replaces it: no row can come in between. */
async function keep(
  replacement: Replacement,
  facts: BackupFacts,
  { home, signer, recipients, database, avro, progress = unwatched() }: RestoreOptions,
): Promise<string | null> {
  const target = { home, signer, recipients, database, avro, progress, run: newRun() };
  const { id } = await writeBackup(replacement.snapshot, replacement.existing ?? facts.table, target);
  return id;
}

async function apply(
  replacement: Replacement,
  facts: BackupFacts,
  { path, fileKey }: RestoreOptions,
  progress: Progress,
): Promise<void> {
  await fillTable(replacement, facts, facts.rows, progress, (target) =>
    pushRows(path, facts, target, fileKey, progress),
  );
  await refuseOtherContent(replacement.snapshot, facts, progress);
  progress.check();
  await replacement.commit();
}

/** The table is read back in the same transaction: what would be committed is what was backed up. */
async function refuseOtherContent(snapshot: Snapshot, facts: BackupFacts, progress: Progress): Promise<void> {
  const found = await contentOf(snapshot, facts, progress);
  if (found.rows === facts.rows && found.contentDigest === facts.contentDigest) return;
  throw new RowferryError(
    'restore-schema-drift',
    `${facts.table} would not hold what the backup holds: ${found.rows} rows with digest ${found.contentDigest}, expected ${facts.rows} with ${facts.contentDigest}`,
    { hint: 'the table alters values on their way in; drop it: it is then made as it was' },
  );
}

interface Content {
  readonly rows: number;
  readonly contentDigest: string;
}

/** Of a table that holds what these facts tell. */
export async function contentOf(
  snapshot: Snapshot,
  facts: BackupFacts,
  progress: Progress,
): Promise<Content> {
  try {
    return await digestRows(snapshot, facts, facts.columns.some(holdsInvalidText), progress);
  } catch (error) {
    if (error instanceof CarefulReadNeeded) return digestRows(snapshot, facts, true, progress);
    if (error instanceof MisfitError) return { rows: 0, contentDigest: `unknown (${error.message})` };
    throw error;
  }
}

function holdsInvalidText(column: StoredColumn): boolean {
  return classesOf(column).includes('invalid-text');
}

async function digestRows(
  snapshot: Snapshot,
  facts: BackupFacts,
  careful: boolean,
  progress: Progress,
): Promise<Content> {
  progress.begin('comparing', facts.table, facts.rows);
  const encoder = new RowEncoder(facts.columns, { integersAreBigint: true });
  const digest = new ContentDigest();
  let rows = 0;
  const take = (): void => {
    const block = encoder.takeBlock();
    digest.addRows(block);
    rows += block.rows;
    release(block.data);
    progress.add(block.rows);
  };
  for await (const _ of snapshot.read(facts.table, facts.columns, careful)(encoder)) take();
  take();
  return { rows, contentDigest: digest.hex() };
}
