import { engineOf } from '../database/open.ts';
import type { Scratch } from '../database/snapshot.ts';
import { RowferryError } from '../errors.ts';
import type { BackupInfo } from './backups.ts';
import type { Progress } from './job-progress.ts';
import { type Manifest, type Signer, writeManifest } from './manifest.ts';
import { manifestPath } from './paths.ts';
import { pushRows } from './read-backup.ts';
import { contentOf } from './restore.ts';

/** Restores a backup into a scratch table, reads that back and compares: what no reading of the file alone can prove. */

export interface TestRestoreOptions {
  readonly path: string;
  readonly databaseUrl: string;
  readonly signer: Signer;
  readonly fileKey: Uint8Array | null;
  readonly progress: Progress;
}

/** Of a file that was decoded just now; records the outcome. Rejects when it could not be tried. */
export async function testRestore(manifest: Manifest, options: TestRestoreOptions): Promise<Manifest> {
  const problem = await problemOf(manifest, options);
  const at = new Date().toISOString();
  const recorded: Manifest =
    problem === null ? { ...manifest, testRestoredAt: at } : { ...manifest, state: 'corrupt', problem };
  await writeManifest(manifestPath(options.path), recorded, options.signer);
  return recorded;
}

async function problemOf(
  manifest: Manifest,
  { path, databaseUrl, fileKey, progress }: TestRestoreOptions,
): Promise<string | null> {
  const engine = await engineOf(databaseUrl);
  if (engine.name !== manifest.engine) {
    throw new RowferryError(
      'restore-engine-mismatch',
      `the backup comes from ${manifest.engine}, the database is ${engine.name}`,
    );
  }
  let scratch: Scratch | undefined;
  try {
    scratch = await engine.openScratch(databaseUrl, manifest);
    progress.begin('restoring', manifest.table, manifest.rows);
    await pushRows(path, manifest, scratch.target, fileKey, progress);
    progress.begin('finishing', manifest.table, null);
    await scratch.finish();
    const { rows, contentDigest } = await contentOf(scratch.snapshot, manifest, progress);
    if (rows === manifest.rows && contentDigest === manifest.contentDigest) return null;
    return `a scratch table holds ${rows} rows with digest ${contentDigest} after a restore, expected ${manifest.rows} with ${manifest.contentDigest}`;
  } catch (error) {
    if (error instanceof RowferryError && error.code === 'restore-schema-drift') return error.detail;
    throw error;
  } finally {
    await scratch?.close();
  }
}

/**
 * The ids of the newest good backup of each table of a database, those left out that were restored before, and those
 * that the server cannot open.
 */
export function toTestRestore(backups: readonly BackupInfo[], database: string | null): readonly string[] {
  const good = backups.filter((backup) => backup.database === database && backup.state === 'verified');
  const newest = new Map(good.toReversed().map((backup) => [backup.table, backup]));
  return [...newest.values()]
    .filter((backup) => backup.testRestoredAt === null && backup.encryption === null)
    .map(({ id }) => id);
}
