import type { Readable } from 'node:stream';
import type { ScheduledRun } from '../ledger/schedules.ts';
import type { AvroOptions } from '../model/avro-options.ts';
import type { JobProgress } from './job-progress.ts';

/**
 * What the server needs of backups: run, list, read, verify, restore. Made by `openBackups` (open-backups.ts).
 * One run at a time; every promise rejects with a RowferryError.
 */
export interface Backups {
  /**
   * One Avro file and manifest per table, all from one snapshot, each verified after writing. What `avro` leaves out is
   * as configured.
   */
  run(
    tables?: readonly string[],
    asker?: Asker,
    avro?: Partial<AvroOptions>,
  ): Promise<readonly BackupResult[]>;
  /** Newest first. */
  list(filter?: { table?: string }): Promise<readonly BackupInfo[]>;
  /** `backup-not-found` when there is none. */
  find(id: string): Promise<BackupInfo>;
  /** The file from `offset` on; default 0. */
  content(id: string, offset?: number): Promise<{ info: BackupInfo; stream: Readable }>;
  /**
   * Reads the file back whole: checksum, rows, digest. Records the outcome in the manifest: the state of what it
   * resolves to is `verified`, or `corrupt` with a `problem`. Of an encrypted file without its key only the checksum.
   */
  verify(id: string, fileKey?: Uint8Array | null, level?: VerifyLevel, asker?: Asker): Promise<BackupInfo>;
  /**
   * What the rules keep of the backups of these tables and why, and what they do not: that is deleted, unless it is a
   * dry run. Null: of all tables. Nothing is deleted that `beforehand` was not told of; when it rejects, nothing at all.
   */
  prune(
    tables: readonly string[] | null,
    dryRun: boolean,
    beforehand?: (going: readonly BackupInfo[]) => Promise<void>,
  ): Promise<readonly Pruned[]>;
  /** Nothing deletes it until it is released. */
  hold(id: string, held: boolean): Promise<BackupInfo>;
  /** Replaces the whole table, or changes nothing. */
  restore(request: RestoreRequest): Promise<RestoreResult>;
  /** What is under way, and behind it what waits for its turn. */
  jobs(): readonly BackupJob[];
  /**
   * Ends the job of this asker at its next step, or takes it out of the line; it rejects with `job-stopped`. False:
   * there is none.
   */
  stopJob(asker: Asker): boolean;
  /** When the schedule runs next; null without one. */
  nextRun(): Date | null;
  /** The last run of the schedule, on whichever server; null: it never ran. */
  lastRun(): Promise<ScheduledRun | null>;
  close(): Promise<void>;
}

/** Who asked for a job: the owner of a key, and the Idempotency-Key of the request. */
export interface Asker {
  readonly owner: string;
  readonly request: string;
}

export interface BackupJob {
  readonly kind: 'backup' | 'verify' | 'restore' | 'prune' | 'hold';
  /** Null: the schedule. */
  readonly asker: Asker | null;
  /** Null: it waits for its turn. */
  readonly startedAt: Date | null;
  /** What its thread told last; null: nothing yet. */
  readonly progress: JobProgress | null;
  /** When it is done, as fast as it went so far; null: too soon to say. */
  readonly endsAt: Date | null;
}

/** Of a file in the format age-encryption.org/v1. */
export interface Encryption {
  /** Public keys of those who can open it. */
  readonly recipients: readonly string[];
  /** The header of the file in base64: with it the owner of a recipient finds the key of the file. */
  readonly header: string;
}

/**
 * 0: the file is there, as long as it was; 1: its SHA-256; 2: it is decoded, rows and digest; 3: it is restored into a
 * scratch table, which is compared.
 */
export type VerifyLevel = 0 | 1 | 2 | 3;

/** A backup as the rules of retention judge it. */
export interface Pruned {
  readonly backup: BackupInfo;
  readonly keep: boolean;
  /** In words: what keeps it, or why nothing does. */
  readonly reasons: readonly string[];
}

export type BackupState = 'complete' | 'verified' | 'corrupt';

export interface BackupResult {
  readonly id: string;
  readonly table: string;
  /** Path relative to the home folder. */
  readonly file: string;
  readonly rows: number;
  readonly bytes: number;
  /** Hex SHA-256 of the file. */
  readonly sha256: string;
  readonly seconds: number;
  /** Of them, until what was written was read back and had its name. */
  readonly verifySeconds: number;
  readonly state: BackupState;
}

export interface BackupInfo extends Omit<BackupResult, 'seconds' | 'verifySeconds'> {
  /** RFC 3339 time of the snapshot. */
  readonly snapshotAt: string;
  /** The tables of one run share it. */
  readonly run: string;
  readonly verifiedAt: string | null;
  /** When it was last restored into a scratch table and compared; null: never. RFC 3339. */
  readonly testRestoredAt: string | null;
  /** Nothing deletes it until it is released. */
  readonly held: boolean;
  /** The id of its database, as the ledger there has it; null where the backup does not say. */
  readonly database: string | null;
  /** Why the state is `corrupt`; null otherwise. */
  readonly problem: string | null;
  readonly engine: string;
  /** Null: the file can be read by everyone. */
  readonly encryption: Encryption | null;
  /** Hex; order-independent digest of the rows (backup.md, Files). */
  readonly contentDigest: string;
}

export interface RestoreRequest {
  /** The table that is replaced, or made: that of the backup, or another one. */
  readonly table: string;
  /** A backup of the list, or an Avro file (an upload spooled by the server; removed by the caller). */
  readonly source: { readonly backup: string } | { readonly file: string };
  readonly dryRun: boolean;
  /** The backup may be one of another engine: its values are converted. */
  readonly convert?: boolean;
  /** 16 bytes, of an encrypted file: found with the identity of a recipient, and kept nowhere. */
  readonly fileKey?: Uint8Array | null;
  readonly asker?: Asker | null;
}

export interface RestoreResult {
  readonly table: string;
  /** Whose backup it is: another table where one was named that is not that of the backup. */
  readonly backupTable: string;
  readonly rows: number;
  readonly replaced: number;
  readonly strategy: string;
  readonly seconds: number;
  /** Id of the backup made of what was there before; null for a dry run or an empty table. */
  readonly safetyBackup: string | null;
  /** What a table that was made under another name, or for another engine, does not have of that of the backup, in words. */
  readonly notTaken: readonly string[];
  /** Of a backup of another engine: a line for each column that is another one afterwards. */
  readonly changes: readonly string[];
  /** The statement that makes a missing table for a backup of another engine; null otherwise. */
  readonly createTable: string | null;
  /** What was compared when the table was read back, in words. */
  readonly compared: string;
  readonly dryRun: boolean;
}
