import type { BackupResult, RestoreResult } from './backups.ts';
import { withBackupsLocked } from './lock.ts';
import { type Manifest, Signer } from './manifest.ts';
import { orNothing } from './nothing-changed.ts';
import { restore } from './restore.ts';
import { runBackup } from './run.ts';
import { verifyBackup } from './verify.ts';

/** What the worker thread of backups does, and what it answers. */

/** Every job belongs to one home, one database and one key. */
export interface JobPlace {
  readonly home: string;
  readonly databaseUrl: string;
  readonly signingKey: Uint8Array;
  /** Of age; none: backups are not encrypted. */
  readonly recipients: readonly string[];
}

export type Job =
  | { readonly kind: 'run'; readonly tables: readonly string[] | undefined }
  | { readonly kind: 'verify'; readonly path: string; readonly fileKey: Uint8Array | null }
  | {
      readonly kind: 'restore';
      readonly table: string;
      readonly path: string;
      readonly dryRun: boolean;
      readonly fileKey: Uint8Array | null;
    };

export interface JobResults {
  run: readonly BackupResult[];
  verify: Manifest;
  restore: RestoreResult;
}

export async function runJob(place: JobPlace, job: Job): Promise<JobResults[Job['kind']]> {
  const { home, databaseUrl, recipients } = place;
  const signer = new Signer(place.signingKey);
  const options = { home, databaseUrl, signer, recipients };
  switch (job.kind) {
    case 'run':
      return withBackupsLocked(home, () => runBackup({ ...options, tables: job.tables }));
    case 'verify':
      return withBackupsLocked(home, () => verifyBackup(job.path, signer, job.fileKey));
    case 'restore':
      return orNothing(() => withBackupsLocked(home, () => restore({ ...options, ...job })));
  }
}
