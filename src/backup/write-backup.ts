import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ContainerWriter } from '../avro/container.ts';
import { RowEncoder, SuspectTextError } from '../avro/encoder.ts';
import { CarefulReadNeeded, type Snapshot, type StoredTable } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import { syncFolder } from '../lib/atomic-file.ts';
import { asDiskError } from '../lib/disk-error.ts';
import { type AvroOptions, USUAL_AVRO } from '../model/avro-options.ts';
import type { BackupResult } from './backups.ts';
import { ContentDigest } from './content-digest.ts';
import { ageHeaderOf, outputTo } from './content-file.ts';
import { completeHeader, metadataOf, schemaText } from './file-header.ts';
import { type Phase, type Progress, unwatched } from './job-progress.ts';
import { FORMAT_VERSION, type Manifest, type Signer, writeManifest } from './manifest.ts';
import { discardPartial } from './partial.ts';
import { backupFile, backupId, manifestPath, PARTIAL } from './paths.ts';
import { readBackup } from './read-backup.ts';

/** Writes one table of a snapshot as an Avro file; the name appears only when all of it was read back. */

export interface BackupTarget {
  readonly home: string;
  readonly signer: Signer;
  /** Shared by the files of one run. */
  readonly run: string;
  /** How the file is written; what is left out as usual. */
  readonly avro?: Partial<AvroOptions>;
  /** Who can open the file; none: everybody. */
  readonly recipients: readonly string[];
  /** The id of the database; null: not known. */
  readonly database: string | null;
  readonly progress?: Progress;
}

/** What a table's backup is called among the parts of a job, and the ways that its rows go. */
export const backupOf = (table: string): string => `backup of ${table}`;
export const WHOLE_BACKUP: readonly Phase[] = ['writing', 'reading-back'];

export function newRun(): string {
  return randomBytes(4).toString('hex');
}

export async function writeBackup(
  snapshot: Snapshot,
  table: string,
  target: BackupTarget,
): Promise<BackupResult> {
  const started = performance.now();
  const id = backupId(table, snapshot.takenAt, target.run);
  const file = backupFile(table, id, target.recipients.length > 0);
  const path = join(target.home, file);
  await mkdir(dirname(path), { recursive: true });
  try {
    const fileKey = await writePartial(path + PARTIAL, snapshot, table, id, target);
    const written = performance.now();
    const manifest = await publish(path, table, target, fileKey);
    const { rows, bytes, sha256, state } = manifest;
    const took = { seconds: seconds(started), verifySeconds: seconds(written) };
    return { id, table, file, rows, bytes, sha256, ...took, state };
  } catch (error) {
    await discardPartial(path);
    throw asDiskError(
      error,
      `no room to back ${table} up`,
      'free some space, or see which backups no rule keeps: rowferry backups prune --dry-run',
    );
  }
}

export function seconds(started: number): number {
  return Math.round(performance.now() - started) / 1000;
}

/** Reads the partial file back whole, writes the manifest, and gives the file its name: never one without the other. */
async function publish(
  path: string,
  table: string,
  { signer, recipients, progress = unwatched() }: BackupTarget,
  fileKey: Uint8Array | null,
): Promise<Manifest> {
  const readBack = { progress, phase: 'reading-back', table } as const;
  const proven = await readBackup(path + PARTIAL, signer, fileKey, readBack);
  const { facts, sha256, plaintextSha256, bytes } = proven;
  const verifiedAt = new Date().toISOString();
  const manifest: Manifest = {
    ...facts,
    state: 'verified',
    verifiedAt,
    problem: null,
    bytes,
    sha256,
    plaintextSha256,
    ...(fileKey === null ? {} : { encryption: { recipients, header: await ageHeaderOf(path + PARTIAL) } }),
  };
  await writeManifest(manifestPath(path), manifest, signer);
  await rename(path + PARTIAL, path);
  await syncFolder(dirname(path));
  return manifest;
}

/** Gives the key of the file, null where it is not encrypted. */
async function writePartial(
  path: string,
  snapshot: Snapshot,
  table: string,
  id: string,
  target: BackupTarget,
): Promise<Uint8Array | null> {
  const file = await open(path, 'w', 0o600);
  try {
    const source = await snapshot.table(table, false);
    const fileKey = await writeRows(file, snapshot, source, id, target, true).catch(async (error) => {
      if (!(error instanceof CarefulReadNeeded) && !(error instanceof SuspectTextError)) throw error;
      await file.truncate(0);
      return writeRows(file, snapshot, await snapshot.table(table, true), id, target, false);
    });
    await file.sync();
    return fileKey;
  } finally {
    await file.close();
  }
}

async function writeRows(
  file: FileHandle,
  snapshot: Snapshot,
  source: StoredTable,
  id: string,
  target: BackupTarget,
  suspectReplacement: boolean,
): Promise<Uint8Array | null> {
  const { codec, profile } = { ...USUAL_AVRO, ...target.avro };
  const facts = {
    formatVersion: FORMAT_VERSION,
    id,
    run: target.run,
    engine: snapshot.engine,
    engineVersion: snapshot.engineVersion,
    ...(target.database === null ? {} : { database: target.database }),
    snapshotAt: snapshot.takenAt.toISOString(),
    rows: source.rows,
    codec,
    ...(profile === USUAL_AVRO.profile ? {} : { profile }),
    ...source.facts,
  };
  const progress = target.progress ?? unwatched();
  progress.expect(backupOf(facts.table), source.rows, WHOLE_BACKUP);
  progress.begin('writing', facts.table, source.rows);
  const metadata = metadataOf(facts);
  const output = await outputTo(file, target.recipients);
  const writer = await ContainerWriter.create(output.sink, { schema: schemaText(facts), codec, metadata });
  const encoder = new RowEncoder(source.facts.columns, { suspectReplacement });
  const { rows, contentDigest } = await encodeRows(source, encoder, writer, progress);
  if (rows !== source.rows) throw lostRows(facts.table, source.rows, rows);
  completeHeader(writer.header, { ...(await writer.finish()), contentDigest }, target.signer);
  await writer.writeHeader();
  await output.finish();
  return output.fileKey;
}

async function encodeRows(
  source: StoredTable,
  encoder: RowEncoder,
  writer: ContainerWriter,
  progress: Progress,
): Promise<{ rows: number; contentDigest: string }> {
  const digest = new ContentDigest();
  let rows = 0;
  const append = async (): Promise<void> => {
    const block = encoder.takeBlock();
    digest.addRows(block);
    rows += block.rows;
    await writer.append(block.data, block.rows);
    progress.add(block.rows);
  };
  for await (const _ of source.read(encoder)) await append();
  if (encoder.rows > 0) await append();
  return { rows, contentDigest: digest.hex() };
}

function lostRows(table: string, counted: number, read: number): RowferryError {
  return new RowferryError(
    'backup-rowcount',
    `${table}: the snapshot counts ${counted} rows, ${read} were read; the database file may be damaged`,
    { hint: 'check it: sqlite3 FILE "PRAGMA integrity_check"' },
  );
}
