import { RowferryError } from '../errors.ts';
import { type BackupFacts, type Manifest, readManifest, type Signer, writeManifest } from './manifest.ts';
import { manifestPath } from './paths.ts';
import { readBackup } from './read-backup.ts';

/** Proves backups against what their file and their manifest say. */

/** Codes that say the file itself is bad, not that it could not be read just now. */
const CORRUPT = new Set([
  'backup-truncated',
  'backup-checksum',
  'backup-invalid',
  'backup-rowcount',
  'backup-signature',
]);

/** Reads the file whole and records the outcome in the manifest; rejects when the file is not good. */
export async function verifyBackup(path: string, signer: Signer): Promise<Manifest> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest === null) throw noManifest(path);
  const record = async (state: Manifest['state']): Promise<Manifest> => {
    const recorded = { ...manifest, state, verifiedAt: new Date().toISOString() };
    await writeManifest(manifestPath(path), recorded, signer);
    return recorded;
  };
  try {
    await proveAgainst(path, manifest, signer);
  } catch (error) {
    if (error instanceof RowferryError && CORRUPT.has(error.code)) await record('corrupt');
    throw error;
  }
  return record('verified');
}

/** The facts of a file that is whole and, where it has a manifest, is the file that the manifest names. */
export async function proveRestorable(path: string, signer: Signer): Promise<BackupFacts> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest !== null) return proveAgainst(path, manifest, signer);
  return (await readBackup(path, signer)).facts;
}

async function proveAgainst(path: string, manifest: Manifest, signer: Signer): Promise<BackupFacts> {
  const { facts, sha256 } = await readBackup(path, signer);
  if (sha256 === manifest.sha256) return facts;
  throw new RowferryError('backup-checksum', `${path} is not the file that its manifest names`, {
    hint: 'use another backup of the table: rowferry backups',
  });
}

function noManifest(path: string): RowferryError {
  return new RowferryError('backup-not-found', `${manifestPath(path)} is not there`);
}
