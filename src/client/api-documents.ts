/** Made from /openapi.json by scripts/api-types.ts: not to be edited. */
export interface Schemas {
  readonly Problem: {
    readonly type: string;
    readonly title: string;
    readonly status: number;
    readonly detail: string;
    readonly code: string;
    readonly instance: string;
    readonly retryable: boolean;
    readonly hint?: string;
    readonly errors?: ReadonlyArray<{
      readonly pointer: string;
      readonly code: string;
      readonly detail?: string;
    }>;
    readonly receipt?: Schemas['BatchReceipt'];
    readonly receipts?: ReadonlyArray<Schemas['BatchReceipt']>;
  };

  // biome-ignore format: made
  readonly RejectError: {readonly code: 'missing' | 'type.integer' | 'type.decimal' | 'type.float' | 'type.boolean' | 'type.date' | 'type.time' | 'type.datetime' | 'type.uuid' | 'type.json' | 'type.binary' | 'range' | 'length' | 'scale' | 'enum' | 'pattern' | 'columns.few' | 'columns.many' | 'quote.unclosed' | 'quote.stray' | 'encoding' | 'nul' | 'record.too_long' | 'unique.file' | 'unique.table' | 'foreign_key' | 'check' | 'database'; readonly column: string | null; readonly value: string | null; readonly message: string; };

  // biome-ignore format: made
  readonly Reject: {readonly index: number; readonly line: number; readonly byteOffset: number; readonly raw: string; readonly rawBase64?: string; readonly errors: ReadonlyArray<Schemas['RejectError']>; readonly state?: 'open' | 'retried' | 'returned'; readonly retryLoad?: string | null; };

  // biome-ignore format: made
  readonly RejectPage: {readonly rejects: ReadonlyArray<Schemas['Reject']>; readonly next: number | null; };

  // biome-ignore format: made
  readonly Dialect: {readonly delimiter: string; readonly lineTerminator: string | null; readonly quoteChar: string | null; readonly doubleQuote: boolean; readonly escapeChar: string | null; readonly nullSequence: string | null; readonly skipInitialSpace: boolean; readonly header: boolean | null; readonly headerRows: ReadonlyArray<number>; readonly headerJoin: string; readonly commentChar: string | null; readonly commentRows: ReadonlyArray<number>; readonly encoding: string; readonly skipRows: number; readonly skipFooterRows: number; readonly skipBlankRows: boolean; readonly ragged: 'reject' | 'pad' | 'trim' | 'repair'; readonly decimalChar: string; readonly groupChar: string | null; readonly dateFormat: string | null; readonly datetimeFormat: string | null; readonly timeZone: string | null; readonly trueValues: ReadonlyArray<string> | null; readonly falseValues: ReadonlyArray<string> | null; };

  // biome-ignore format: made
  readonly Reason: {readonly code: 'missing' | 'type.integer' | 'type.decimal' | 'type.float' | 'type.boolean' | 'type.date' | 'type.time' | 'type.datetime' | 'type.uuid' | 'type.json' | 'type.binary' | 'range' | 'length' | 'scale' | 'enum' | 'pattern' | 'columns.few' | 'columns.many' | 'quote.unclosed' | 'quote.stray' | 'encoding' | 'nul' | 'record.too_long' | 'unique.file' | 'unique.table' | 'foreign_key' | 'check' | 'database'; readonly column: string | null; readonly count: number; readonly firstLine: number; };

  // biome-ignore format: made
  readonly BatchReceipt: {readonly load: string; readonly table: string; readonly state: 'receiving' | 'completed' | 'completed_with_rejects' | 'aborted' | 'failed'; readonly mode: 'insert' | 'skip' | 'upsert'; readonly atomic: boolean; readonly reasons: ReadonlyArray<Schemas['Reason']>; readonly rejects: ReadonlyArray<Schemas['Reject']>; readonly strategy: string; readonly seconds: number; readonly next?: number | null; readonly read: number; readonly inserted: number; readonly updated: number; readonly skipped: number; readonly rejected: number; };

  // biome-ignore format: made
  readonly MultiBatchReceipt: {readonly receipts: ReadonlyArray<Schemas['BatchReceipt']>; };

  // biome-ignore format: made
  readonly Load: {readonly id: string; readonly table: string; readonly name: string; readonly state: 'receiving' | 'completed' | 'completed_with_rejects' | 'aborted' | 'failed'; readonly size: number; readonly offset: number; readonly sha256: string; readonly mode: 'insert' | 'skip' | 'upsert'; readonly atomic: boolean; readonly maxRejects: string | null; readonly dialect: Schemas['Dialect'] | null; readonly columns: ReadonlyArray<string> | null; readonly reasons: ReadonlyArray<Schemas['Reason']>; readonly strategy: string | null; readonly detail: string | null; readonly parent: string | null; readonly schema: string | null; readonly createdAt: string; readonly updatedAt: string; readonly read: number; readonly inserted: number; readonly updated: number; readonly skipped: number; readonly rejected: number; };

  // biome-ignore format: made
  readonly LoadList: {readonly loads: ReadonlyArray<Schemas['Load']>; };
  readonly PartReceipt: {
    readonly id: string;
    readonly table: string;
    readonly name: string;
    readonly state: 'receiving' | 'completed' | 'completed_with_rejects' | 'aborted' | 'failed';
    readonly size: number;
    readonly offset: number;
    readonly sha256: string;
    readonly mode: 'insert' | 'skip' | 'upsert';
    readonly atomic: boolean;
    readonly maxRejects: string | null;
    readonly dialect: Schemas['Dialect'] | null;
    readonly columns: ReadonlyArray<string> | null;
    readonly reasons: ReadonlyArray<Schemas['Reason']>;
    readonly strategy: string | null;
    readonly detail: string | null;
    readonly parent: string | null;
    readonly schema: string | null;
    readonly createdAt: string;
    readonly updatedAt: string;
    readonly read: number;
    readonly inserted: number;
    readonly updated: number;
    readonly skipped: number;
    readonly rejected: number;
    readonly part: {
      readonly read: number;
      readonly inserted: number;
      readonly updated: number;
      readonly skipped: number;
      readonly rejected: number;
      readonly firstByte: number;
      readonly endByte: number;
    };
    readonly rejects: ReadonlyArray<Schemas['Reject']>;
  };

  // biome-ignore format: made
  readonly Batch: {readonly firstByte: number; readonly endByte: number; readonly sha256: string; readonly read: number; readonly inserted: number; readonly updated: number; readonly skipped: number; readonly rejected: number; };

  // biome-ignore format: made
  readonly BatchList: {readonly batches: ReadonlyArray<Schemas['Batch']>; readonly next: number | null; };

  // biome-ignore format: made
  readonly ReconcileReceipt: {readonly load: string; readonly table: string; readonly firstByte: number; readonly endByte: number; readonly lines: number; readonly read: number; readonly rejected: number; readonly found: number; readonly missing: number; readonly changed: number; readonly differences: ReadonlyArray<Schemas['Difference']>; readonly resent: string | null; readonly seconds: number; };
  readonly Difference: {
    readonly kind: 'missing' | 'changed';
    readonly line: number;
    readonly byteOffset: number;
    readonly raw: string;
    readonly columns: ReadonlyArray<{
      readonly column: string;
      readonly file: string | null;
      readonly table: string | null;
    }>;
  };

  // biome-ignore format: made
  readonly Column: {readonly name: string; readonly sqlType: string; readonly kind: string; readonly nullable: boolean; readonly default: string | null; readonly generated: boolean; readonly identity: boolean; readonly maxLength?: number; readonly precision?: number; readonly scale?: number; readonly significantDigits?: number; readonly minimum?: number | string; readonly maximum?: number | string; readonly withZone?: boolean; readonly fractionDigits?: number; readonly enum?: ReadonlyArray<string>; };
  readonly Table: {
    readonly schema?: string;
    readonly name: string;
    readonly rows: number | null;
    readonly columns: ReadonlyArray<Schemas['Column']>;
    readonly primaryKey: ReadonlyArray<string>;
    readonly uniqueKeys: ReadonlyArray<{
      readonly name: string;
      readonly columns: ReadonlyArray<string>;
      readonly primary: boolean;
    }>;
    readonly foreignKeys: ReadonlyArray<{
      readonly name: string;
      readonly columns: ReadonlyArray<string>;
      readonly parentTable: string;
      readonly parentColumns: ReadonlyArray<string>;
      readonly onDelete: string;
      readonly onUpdate: string;
    }>;
    readonly checks: ReadonlyArray<string>;
    readonly triggers: ReadonlyArray<string>;
    readonly createSql?: string;
  };

  // biome-ignore format: made
  readonly TableList: {readonly tables: ReadonlyArray<Schemas['Table']>; };

  // biome-ignore format: made
  readonly BackupResult: {readonly id: string; readonly table: string; readonly file: string; readonly rows: number; readonly bytes: number; readonly sha256: string; readonly state: 'complete' | 'verified' | 'corrupt'; readonly seconds: number; readonly verifySeconds: number; };

  // biome-ignore format: made
  readonly BackupResultList: {readonly backups: ReadonlyArray<Schemas['BackupResult']>; };
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

  // biome-ignore format: made
  readonly PrunedBackup: {readonly backup: Schemas['Backup']; readonly keep: boolean; readonly reasons: ReadonlyArray<string>; };
  readonly BackupList: {
    readonly backups: ReadonlyArray<Schemas['Backup']>;
    readonly nextRun: string | null;
    readonly lastRun: {
      readonly due: string;
      readonly state: 'running' | 'done' | 'failed' | 'cut' | 'skipped';
      readonly startedAt: string;
      readonly finishedAt: string | null;
    } | null;
  };

  // biome-ignore format: made
  readonly BackupJob: {readonly kind: 'backup' | 'verify' | 'restore' | 'prune' | 'hold'; readonly request: string | null; readonly startedAt: string | null; readonly phase: 'counting' | 'writing' | 'reading-back' | 'proving' | 'restoring' | 'finishing' | 'comparing' | null; readonly table: string | null; readonly rows: number | null; readonly total: number | null; readonly rowsPerSecond: number | null; readonly share: number | null; readonly endsAt: string | null; readonly tablesDone: number; readonly tables: number | null; };

  // biome-ignore format: made
  readonly BackupJobList: {readonly jobs: ReadonlyArray<Schemas['BackupJob']>; };

  // biome-ignore format: made
  readonly PrunedList: {readonly backups: ReadonlyArray<Schemas['PrunedBackup']>; readonly dryRun: boolean; };

  // biome-ignore format: made
  readonly RestoreResult: {readonly table: string; readonly backupTable: string; readonly rows: number; readonly replaced: number; readonly strategy: string; readonly seconds: number; readonly safetyBackup: string | null; readonly notTaken: ReadonlyArray<string>; readonly changes: ReadonlyArray<string>; readonly createTable: string | null; readonly compared: string; readonly dryRun: boolean; };

  // biome-ignore format: made
  readonly Key: {readonly id: string; readonly owner: string; readonly name: string; readonly scopes: ReadonlyArray<string>; readonly sealedOnly: boolean; readonly createdAt: string; readonly expiresAt: string; readonly revokedAt: string | null; readonly lastUsedAt: string | null; };

  // biome-ignore format: made
  readonly KeyList: {readonly keys: ReadonlyArray<Schemas['Key']>; };

  // biome-ignore format: made
  readonly CreatedKey: {readonly token: string | null; readonly key: Schemas['Key']; };

  // biome-ignore format: made
  readonly AuditEntry: {readonly sequence: number; readonly time: string; readonly event: 'auth-failed' | 'denied' | 'first-key-created' | 'key-created' | 'key-rotated' | 'key-revoked' | 'restore-started' | 'restore-finished' | 'backup-downloaded' | 'backup-deletion-started' | 'backup-deleted' | 'backup-held' | 'backup-released' | 'events-dropped'; readonly owner: string | null; readonly keyId: string | null; readonly address: string | null; readonly subject: string | null; readonly detail: Readonly<Record<string, unknown>>; readonly previous: string; readonly hash: string; };

  // biome-ignore format: made
  readonly AuditList: {readonly entries: ReadonlyArray<Schemas['AuditEntry']>; readonly next: number | null; };
  readonly AuditVerification: {
    readonly ok: boolean;
    readonly entries: number;
    readonly head: { readonly sequence: number; readonly hash: string };
    readonly problem: { readonly sequence: number; readonly detail: string } | null;
  };

  // biome-ignore format: made
  readonly Health: {readonly status: 'ok' | 'unavailable'; readonly checks: Readonly<Record<string, string>>; };
}
