import type { Readable } from 'node:stream';

/**
 * What the server needs of backups: run, list, read, verify, restore. Made by `openBackups` (open-backups.ts).
 * One run at a time; every promise rejects with a RowferryError.
 */
export interface Backups {
  /** One Avro file and manifest per table, all from one snapshot, each verified after writing. */
  run(tables?: readonly string[]): Promise<readonly BackupResult[]>;
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
  verify(id: string, fileKey?: Uint8Array | null): Promise<BackupInfo>;
  /** Replaces the whole table, or changes nothing. */
  restore(request: RestoreRequest): Promise<RestoreResult>;
  /** When the schedule runs next; null without one. */
  nextRun(): Date | null;
  close(): Promise<void>;
}

/** Of a file in the format age-encryption.org/v1. */
export interface Encryption {
  /** Public keys of those who can open it. */
  readonly recipients: readonly string[];
  /** The header of the file in base64: with it the owner of a recipient finds the key of the file. */
  readonly header: string;
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
  readonly state: BackupState;
}

export interface BackupInfo extends Omit<BackupResult, 'seconds'> {
  /** RFC 3339 time of the snapshot. */
  readonly snapshotAt: string;
  /** The tables of one run share it. */
  readonly run: string;
  readonly verifiedAt: string | null;
  /** Why the state is `corrupt`; null otherwise. */
  readonly problem: string | null;
  readonly engine: string;
  /** Null: the file can be read by everyone. */
  readonly encryption: Encryption | null;
  /** Hex; order-independent digest of the rows (backup.md, Files). */
  readonly contentDigest: string;
}

export interface RestoreRequest {
  readonly table: string;
  /** A backup of the list, or an Avro file (an upload spooled by the server; removed by the caller). */
  readonly source: { readonly backup: string } | { readonly file: string };
  readonly dryRun: boolean;
  /** 16 bytes, of an encrypted file: found with the identity of a recipient, and kept nowhere. */
  readonly fileKey?: Uint8Array | null;
}

export interface RestoreResult {
  readonly table: string;
  readonly rows: number;
  readonly replaced: number;
  readonly strategy: string;
  readonly seconds: number;
  /** Id of the backup made of what was there before; null for a dry run or an empty table. */
  readonly safetyBackup: string | null;
  readonly dryRun: boolean;
}
