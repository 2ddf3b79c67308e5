import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { isHeaderOf } from '../age/header.ts';
import { RowferryError } from '../errors.ts';
import type { Progress } from './job-progress.ts';
import { type BackupFacts, type Manifest, readManifest, type Signer, writeManifest } from './manifest.ts';
import { manifestPath } from './paths.ts';
import { type ProvenBackup, readBackup, readBackupBytes, type Told } from './read-backup.ts';

/** Proves backups against what their file and their manifest say. */

/** Codes that say the file itself is bad, not that it could not be read just now. */
const CORRUPT = new Set([
  'backup-truncated',
  'backup-checksum',
  'backup-invalid',
  'backup-rowcount',
  'backup-signature',
]);

/**
 * Reads the file whole and records the outcome in the manifest; rejects when it could not be read at all. An encrypted
 * file without its key is compared with its SHA-256.
 */
export async function verifyBackup(
  path: string,
  signer: Signer,
  fileKey: Uint8Array | null = null,
  progress?: Progress,
): Promise<Manifest> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest === null) throw noManifest();
  refuseOtherKey(manifest, fileKey);
  const told = progress && ({ progress, phase: 'proving', table: manifest.table } as const);
  const problem = await problemOf(path, manifest, signer, fileKey, told);
  const state = problem === null ? 'verified' : 'corrupt';
  const recorded: Manifest = { ...manifest, state, verifiedAt: new Date().toISOString(), problem };
  await writeManifest(manifestPath(path), recorded, signer);
  return recorded;
}

async function problemOf(
  path: string,
  manifest: Manifest,
  signer: Signer,
  fileKey: Uint8Array | null,
  told: Told | undefined,
): Promise<string | null> {
  try {
    if (manifest.encryption !== undefined && fileKey === null) await compareBytes(path, manifest, told);
    else factsAgainst(manifest, await readBackup(path, signer, fileKey, told));
    return null;
  } catch (error) {
    if (error instanceof RowferryError && CORRUPT.has(error.code)) return error.detail;
    throw error;
  }
}

/**
 * The facts of a file that is whole and, where it has a manifest, is the file that the manifest names. Its rows are
 * decoded only when asked for: who restores them compares their count and digest anyway.
 */
export async function proveRestorable(
  path: string,
  signer: Signer,
  fileKey: Uint8Array | null,
  decode: boolean,
  told?: Told,
): Promise<BackupFacts> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest !== null) refuseOtherKey(manifest, fileKey);
  const proven = await (decode ? readBackup : readBackupBytes)(path, signer, fileKey, told);
  return manifest === null ? proven.facts : factsAgainst(manifest, proven);
}

/** The manifest has the header as it was written: a key that does not fit it says nothing of the file. */
function refuseOtherKey({ encryption }: Manifest, fileKey: Uint8Array | null): void {
  if (encryption === undefined || fileKey === null) return;
  if (isHeaderOf(Buffer.from(encryption.header, 'base64'), fileKey)) return;
  throw new RowferryError('backup-no-key', 'the key that was given is not that of this backup', {
    hint: 'give the identity of one of its recipients: --identity FILE',
  });
}

function factsAgainst(manifest: Manifest, { facts, sha256 }: ProvenBackup): BackupFacts {
  if (sha256 === manifest.sha256) return facts;
  throw otherFile();
}

/** Without its key all that can be told of an encrypted file is that it is the one that was decoded when it was made. */
async function compareBytes(path: string, manifest: Manifest, told?: Told): Promise<void> {
  const { sha256, bytes } = await digestOf(path, told);
  if (bytes < manifest.bytes) {
    throw new RowferryError(
      'backup-truncated',
      `the backup has ${bytes} bytes and should have ${manifest.bytes}`,
    );
  }
  if (sha256 !== manifest.sha256) throw otherFile();
}

/** Of the file as it lies there, hex. `job-stopped`. */
export async function digestOf(path: string, told?: Told): Promise<{ sha256: string; bytes: number }> {
  told?.progress.begin(told.phase, told.table, null);
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of createReadStream(path)) {
    told?.progress.check();
    hash.update(chunk);
    bytes += chunk.length;
  }
  return { sha256: hash.digest('hex'), bytes };
}

function otherFile(): RowferryError {
  return new RowferryError('backup-checksum', 'the backup is not the file that its manifest names', {
    hint: 'use another backup of the table: rowferry backups',
  });
}

function noManifest(): RowferryError {
  return new RowferryError('backup-not-found', 'the manifest of the backup is not there');
}
