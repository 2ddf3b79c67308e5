import { stat } from 'node:fs/promises';
import { RowferryError } from '../errors.ts';
import type { VerifyLevel } from './backups.ts';
import { type Progress, unwatched } from './job-progress.ts';
import { type Manifest, readManifest, type Signer, writeManifest } from './manifest.ts';
import { manifestPath } from './paths.ts';
import { testRestore } from './test-restore.ts';
import { digestOf, verifyBackup } from './verify.ts';

/** How much is proven of a backup: 0 it is there, 1 its SHA-256, 2 it is decoded, 3 it is restored into a scratch table. */

export interface VerifyOptions {
  readonly path: string;
  readonly level: VerifyLevel;
  readonly databaseUrl: string;
  readonly signer: Signer;
  readonly fileKey: Uint8Array | null;
  readonly progress: Progress;
}

/** Records what it found in the manifest. A look at the file alone makes no corrupt backup good again. */
export async function verifyAtLevel(options: VerifyOptions): Promise<Manifest> {
  const { path, level, signer, fileKey, progress } = options;
  if (level === 0 || level === 1) return compareFile(path, level, signer, progress);
  if (level === 3) await expectAll(options);
  const manifest = await verifyBackup(path, signer, fileKey, progress);
  return level === 3 && manifest.state === 'verified' ? testRestore(manifest, options) : manifest;
}

async function expectAll({ path, signer, progress }: VerifyOptions): Promise<void> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest !== null) progress.expect('check', manifest.rows, ['proving', 'restoring', 'comparing']);
}

/** Levels 0 and 1: only a file that is another one than the manifest names changes the manifest. */
export async function compareFile(
  path: string,
  level: 0 | 1,
  signer: Signer,
  progress = unwatched(),
): Promise<Manifest> {
  const manifest = await readManifest(manifestPath(path), signer);
  if (manifest === null)
    throw new RowferryError('backup-not-found', 'the manifest of the backup is not there');
  const problem = await problemOf(path, manifest, level, progress);
  if (problem === null) return manifest;
  const recorded: Manifest = { ...manifest, state: 'corrupt', problem, verifiedAt: new Date().toISOString() };
  await writeManifest(manifestPath(path), recorded, signer);
  return recorded;
}

async function problemOf(
  path: string,
  { table, bytes, sha256 }: Manifest,
  level: 0 | 1,
  progress: Progress,
): Promise<string | null> {
  const { size } = await stat(path);
  if (size !== bytes) return `the backup has ${size} bytes and should have ${bytes}`;
  if (level === 0) return null;
  const found = await digestOf(path, { progress, phase: 'proving', table });
  return found.sha256 === sha256 ? null : 'the backup is not the file that its manifest names';
}
