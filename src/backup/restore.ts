import { MisfitError, RowEncoder } from '../avro/encoder.ts';
import { engineOf } from '../database/open.ts';
import { CarefulReadNeeded, type Replacement, type Snapshot } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import { classesOf, type StoredColumn } from '../model/stored-table.ts';
import type { RestoreResult } from './backups.ts';
import { ContentDigest } from './content-digest.ts';
import { refuseDrift } from './drift.ts';
import type { BackupFacts, Signer } from './manifest.ts';
import { pushRows } from './read-backup.ts';
import { proveRestorable } from './verify.ts';
import { newRun, seconds, writeBackup } from './write-backup.ts';

/** Replaces a whole table by the rows of a backup, or changes nothing. */

export interface RestoreOptions {
  readonly home: string;
  readonly databaseUrl: string;
  readonly signer: Signer;
  readonly table: string;
  /** Absolute path of the Avro file. */
  readonly path: string;
  readonly dryRun: boolean;
  /** Of an encrypted file. */
  readonly fileKey: Uint8Array | null;
  /** For the backup of what was there. */
  readonly recipients: readonly string[];
  readonly database: string | null;
}

export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const started = performance.now();
  const facts = await proveRestorable(options.path, options.signer, options.fileKey, options.dryRun);
  refuseOtherTable(facts, options.table);
  const engine = await engineOf(options.databaseUrl);
  const replacement = await engine.openReplacement(options.databaseUrl, facts.table);
  try {
    const plan = await preflight(replacement, facts);
    const safetyBackup = options.dryRun || plan.replaced === 0 ? null : await keep(replacement, options);
    if (!options.dryRun) await apply(replacement, facts, options);
    return {
      table: replacement.existing ?? facts.table,
      rows: facts.rows,
      ...plan,
      seconds: seconds(started),
      safetyBackup,
      dryRun: options.dryRun,
    };
  } finally {
    await replacement.close();
  }
}

async function preflight(
  replacement: Replacement,
  facts: BackupFacts,
): Promise<{ replaced: number; strategy: string }> {
  if (facts.engine !== replacement.snapshot.engine) {
    throw new RowferryError(
      'restore-engine-mismatch',
      `the backup comes from ${facts.engine}, the database is ${replacement.snapshot.engine}`,
    );
  }
  const strategy = await replacement.strategy(facts);
  if (replacement.existing === null) return { replaced: 0, strategy };
  const present = await replacement.snapshot.table(replacement.existing, false);
  refuseDrift(facts, present.facts);
  return { replaced: present.rows, strategy };
}

function refuseOtherTable(facts: BackupFacts, table: string): void {
  if (facts.table.toLowerCase() === table.toLowerCase()) return;
  throw new RowferryError(
    'restore-schema-drift',
    `this is a backup of the table ${facts.table}, not of ${table}`,
    { hint: `restore it into ${facts.table}, or find one of ${table}: rowferry backups` },
  );
}

/** What is there now, read in the transaction that replaces it: no row can come in between. */
async function keep(
  replacement: Replacement,
  { home, signer, table, recipients, database }: RestoreOptions,
): Promise<string | null> {
  const target = { home, signer, recipients, database, run: newRun() };
  const { id } = await writeBackup(replacement.snapshot, table, target);
  return id;
}

async function apply(
  replacement: Replacement,
  facts: BackupFacts,
  { path, fileKey }: RestoreOptions,
): Promise<void> {
  await pushRows(path, facts, await replacement.clear(facts), fileKey);
  await replacement.finish(facts);
  await refuseOtherContent(replacement.snapshot, facts);
  await replacement.commit();
}

/** The table is read back in the same transaction: what would be committed is what was backed up. */
async function refuseOtherContent(snapshot: Snapshot, facts: BackupFacts): Promise<void> {
  const found = await contentOf(snapshot, facts);
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
export async function contentOf(snapshot: Snapshot, facts: BackupFacts): Promise<Content> {
  try {
    return await digestRows(snapshot, facts, facts.columns.some(holdsInvalidText));
  } catch (error) {
    if (error instanceof CarefulReadNeeded) return digestRows(snapshot, facts, true);
    if (error instanceof MisfitError) return { rows: 0, contentDigest: `unknown (${error.message})` };
    throw error;
  }
}

function holdsInvalidText(column: StoredColumn): boolean {
  return classesOf(column).includes('invalid-text');
}

async function digestRows(snapshot: Snapshot, facts: BackupFacts, careful: boolean): Promise<Content> {
  const encoder = new RowEncoder(facts.columns, { integersAreBigint: true });
  const digest = new ContentDigest();
  let rows = 0;
  const take = (): void => {
    const block = encoder.takeBlock();
    digest.addRows(block);
    rows += block.rows;
  };
  for await (const _ of snapshot.read(facts.table, facts.columns, careful)(encoder)) take();
  take();
  return { rows, contentDigest: digest.hex() };
}
