/** Made from /openapi.json by scripts/api-types.ts: not to be edited. */
export interface BackupSchemas {
  readonly BackupResult: {
    readonly id: string;
    readonly table: string;
    readonly file: string;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
    readonly state: 'complete' | 'verified' | 'corrupt';
    readonly seconds: number;
  };
  readonly BackupResultList: { readonly backups: ReadonlyArray<BackupSchemas['BackupResult']> };
  readonly Backup: {
    readonly id: string;
    readonly table: string;
    readonly file: string;
    readonly rows: number;
    readonly bytes: number;
    readonly sha256: string;
    readonly state: 'complete' | 'verified' | 'corrupt';
    readonly snapshotAt: string;
    readonly run: string;
    readonly verifiedAt: string | null;
    readonly testRestoredAt: string | null;
    readonly held: boolean;
    readonly database: string | null;
    readonly engine: string;
    readonly encryption: { readonly recipients: ReadonlyArray<string>; readonly header: string } | null;
    readonly contentDigest: string;
    readonly problem: string | null;
  };
  readonly PrunedBackup: {
    readonly backup: BackupSchemas['Backup'];
    readonly keep: boolean;
    readonly reasons: ReadonlyArray<string>;
  };
  readonly BackupList: {
    readonly backups: ReadonlyArray<BackupSchemas['Backup']>;
    readonly nextRun: string | null;
    readonly lastRun: {
      readonly due: string;
      readonly state: 'running' | 'done' | 'failed' | 'cut' | 'skipped';
      readonly startedAt: string;
      readonly finishedAt: string | null;
    } | null;
  };
  readonly BackupJob: {
    readonly kind: 'backup' | 'verify' | 'restore' | 'prune' | 'hold';
    readonly request: string | null;
    readonly startedAt: string | null;
    readonly phase:
      | 'counting'
      | 'writing'
      | 'reading-back'
      | 'proving'
      | 'restoring'
      | 'finishing'
      | 'comparing'
      | null;
    readonly table: string | null;
    readonly rows: number | null;
    readonly total: number | null;
    readonly rowsPerSecond: number | null;
    readonly share: number | null;
    readonly endsAt: string | null;
    readonly tablesDone: number;
    readonly tables: number | null;
  };
  readonly BackupJobList: { readonly jobs: ReadonlyArray<BackupSchemas['BackupJob']> };
  readonly PrunedList: {
    readonly backups: ReadonlyArray<BackupSchemas['PrunedBackup']>;
    readonly dryRun: boolean;
  };
  readonly RestoreResult: {
    readonly table: string;
    readonly backupTable: string;
    readonly rows: number;
    readonly replaced: number;
    readonly strategy: string;
    readonly seconds: number;
    readonly safetyBackup: string | null;
    readonly notTaken: ReadonlyArray<string>;
    readonly changes: ReadonlyArray<string>;
    readonly createTable: string | null;
    readonly compared: string;
    readonly dryRun: boolean;
  };
}
