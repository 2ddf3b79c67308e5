import type { AvroOptions } from '../model/avro-options.ts';
import type { BackupResult, Pruned, RestoreResult, VerifyLevel } from './backups.ts';
import { holdBackup } from './hold.ts';
import { type Progress, unwatched } from './job-progress.ts';
import { withBackupsLocked } from './lock.ts';
import { type Manifest, Signer } from './manifest.ts';
import { orNothing } from './nothing-changed.ts';
import { type PruneOptions, prune } from './prune.ts';
import { restore } from './restore.ts';
import { runBackup } from './run.ts';
import { verifyAtLevel } from './verify-level.ts';

/** What the worker thread of backups does, and what it answers. */

/** Every job belongs to one home, one database and one key. */
export interface JobPlace {
  readonly home: string;
  readonly databaseUrl: string;
  readonly signingKey: Uint8Array;
  /** The id of the database, as its ledger has it; null: not known. */
  readonly database: string | null;
  /** Of age; none: backups are not encrypted. */
  readonly recipients: readonly string[];
  /** How the files are written where a job does not say. */
  readonly avro: AvroOptions;
}

export type Job =
  | {
      readonly kind: 'run';
      readonly tables: readonly string[] | undefined;
      readonly avro: Partial<AvroOptions>;
    }
  | {
      readonly kind: 'verify';
      readonly path: string;
      readonly fileKey: Uint8Array | null;
      readonly level: VerifyLevel;
    }
  | ({ readonly kind: 'prune' } & Pick<
      PruneOptions,
      'rules' | 'tables' | 'database' | 'proven' | 'only' | 'dryRun'
    >)
  | { readonly kind: 'hold'; readonly path: string; readonly held: boolean }
  | {
      readonly kind: 'restore';
      readonly table: string;
      readonly path: string;
      readonly dryRun: boolean;
      readonly convert: boolean;
      readonly fileKey: Uint8Array | null;
    };

export interface JobResults {
  run: readonly BackupResult[];
  verify: Manifest;
  prune: readonly Pruned[];
  hold: Manifest;
  restore: RestoreResult;
}

export async function runJob(
  place: JobPlace,
  job: Job,
  progress: Progress = unwatched(),
): Promise<JobResults[Job['kind']]> {
  const { home, databaseUrl, recipients, database, avro } = place;
  const signer = new Signer(place.signingKey);
  const options = { home, databaseUrl, signer, recipients, database, avro, progress };
  switch (job.kind) {
    case 'run':
      return withBackupsLocked(home, () =>
        runBackup({ ...options, tables: job.tables, avro: { ...avro, ...job.avro } }),
      );
    case 'verify':
      return withBackupsLocked(home, () => verifyAtLevel({ ...job, databaseUrl, signer, progress }));
    case 'prune':
      return withBackupsLocked(home, () => prune({ ...job, home, signer }));
    case 'hold':
      return withBackupsLocked(home, () => holdBackup(job.path, job.held, signer));
    case 'restore':
      return orNothing(() => withBackupsLocked(home, () => restore({ ...options, ...job })));
  }
}
