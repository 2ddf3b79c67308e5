/** What the client is in Node and in browsers alike. Nothing here comes from Node. */
import { RowferryError } from '../errors.ts';
import { toBase64 } from '../lib/bytes.ts';
import type { AuditEntry, AuditFilter, AuditVerification, ChainHead } from '../model/audit.ts';
import type { AvroOptions } from '../model/avro-options.ts';
import type { BatchReceipt, Load } from '../model/receipt.ts';
import type { RejectDocument } from '../model/reject.ts';
import { listAudit, verifyAudit } from './audit.ts';
import type {
  BackupInfo,
  BackupJob,
  BackupResult,
  BackupSchedule,
  CountedTable,
  PrunedBackup,
  RestoreResult,
} from './documents.ts';
import { backupContent } from './download.ts';
import { type ApiKeys, apiKeys } from './keys.ts';
import { type LoadResult, loadFile, type SourceOptions } from './load-file.ts';
import type { Filter } from './operations.ts';
import { type ReconcileOptions, type ReconcileResult, reconcileFile } from './reconcile.ts';
import type { Api } from './retry.ts';
import { retryAll, type SendRecords, sendRecords } from './retry-rejects.ts';
import { type Rows, rowsBody } from './rows.ts';
import type { Hash, Source } from './source.ts';
import { type BatchOptions, callOptions, TableRows } from './table-rows.ts';
import type { StreamBody } from './transport.ts';
import { type WatchOptions, watched } from './watched-job.ts';

export interface Health {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface BackupOptions extends WatchOptions {
  /** Of the Avro files; default: as the server is configured. Not every program that reads Avro knows zstandard. */
  readonly codec?: AvroOptions['codec'] | undefined;
  /** `standard`: local-timestamp-micros for moments without a zone; default: as the server is configured. */
  readonly profile?: AvroOptions['profile'] | undefined;
}

export interface VerifyOptions extends WatchOptions {
  readonly level?: '0' | '1' | '2' | '3';
  readonly fileKey?: Uint8Array | null;
}

export interface Replacement {
  readonly table: string;
  readonly dryRun: boolean;
  /** The backup may be one of another kind of database. */
  readonly convert: boolean;
  /** The id of a backup, or the content of an Avro file. */
  readonly from: { readonly backup: string } | { readonly content: StreamBody };
  /** Of an encrypted file: 16 bytes. */
  readonly fileKey?: Uint8Array | null;
}

/** Rejects in this state, with an error of this code, in this column. */
export type RejectFilter = Pick<Filter<'GET /v1/loads/{id}/rejects'>, 'state' | 'code' | 'column'>;

/** The key in front of the file: the server keeps it in memory alone. */
function keyed(content: StreamBody, fileKey: Uint8Array): StreamBody {
  async function* open(): AsyncGenerator<Uint8Array> {
    yield fileKey;
    yield* content.open();
  }
  return { length: fileKey.length + content.length, open };
}

const PAGE = 1000;
/** Backups and restores of large tables say nothing until they are done. */
const HOURS = 3_600_000;

/** Every method rejects with a RowferryError whose code says what went wrong. */
export abstract class ApiClient {
  readonly keys: ApiKeys;
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
    this.keys = apiKeys(api);
  }

  /** The audit log, newest first, for a key with the scope keys:admin; at most 100 entries unless said otherwise. */
  audit(filter: AuditFilter = {}): Promise<readonly AuditEntry[]> {
    return listAudit(this.#api, filter);
  }

  /** Whether the audit log is as it was written; with a head that was kept, its end too. */
  verifyAudit(kept?: ChainHead): Promise<AuditVerification> {
    return verifyAudit(this.#api, kept);
  }

  /** The dictionary: every table the key may see; with `counts` the rows of each, which takes a moment. */
  async tables(filter: Filter<'GET /v1/tables'> = {}): Promise<readonly CountedTable[]> {
    return (await this.#api.call('GET /v1/tables', { query: filter })).tables;
  }

  table(name: string): TableRows {
    return new TableRows(this.#api, name);
  }

  /** Newest first. */
  async loads(filter: Filter<'GET /v1/loads'> = {}): Promise<readonly Load[]> {
    return (await this.#api.call('GET /v1/loads', { query: filter })).loads;
  }

  receipt(load: string): Promise<Load> {
    return this.#api.call('GET /v1/loads/{id}', { path: { id: load } });
  }

  abort(load: string): Promise<Load> {
    return this.#api.call('DELETE /v1/loads/{id}', { path: { id: load } });
  }

  /** The rejects of a load in the order of their lines. */
  async *rejects(load: string, filter: RejectFilter = {}): AsyncGenerator<RejectDocument> {
    for await (const page of this.rejectPages(load, filter)) yield* page;
  }

  /** The same, as many at a time as one answer holds. */
  async *rejectPages(load: string, filter: RejectFilter = {}): AsyncGenerator<readonly RejectDocument[]> {
    for (let after: number | undefined; ; ) {
      const query = { ...filter, after, limit: PAGE };
      const page = await this.#api.call('GET /v1/loads/{id}/rejects', { path: { id: load }, query });
      yield page.rejects;
      if (page.next === null) return;
      after = page.next;
    }
  }

  /** The open rejects of a load once more as they were, in as many requests as that takes: a receipt for each. */
  retryAll(load: string, signal?: AbortSignal): AsyncGenerator<BatchReceipt> {
    return retryAll(this.#api, load, signal);
  }

  /**
   * The open rejects of a load once more as they were, or corrected rows for them, in one request; a new load linked to
   * it. Where `next` of the receipt is no null there are more.
   */
  retry(load: string, rows?: Rows, options: BatchOptions = {}): Promise<BatchReceipt> {
    const body = rows === undefined ? {} : rowsBody(rows);
    const call = { path: { id: load }, ...body, ...callOptions(options) };
    return this.#api.call('POST /v1/loads/{id}/rejects/retry', call);
  }

  /** One Avro file per table, all of one snapshot; without names every table. */
  async backup(tables?: readonly string[], options: BackupOptions = {}): Promise<readonly BackupResult[]> {
    const { codec, profile, ...watch } = options;
    const json = {
      ...(tables === undefined ? {} : { tables }),
      ...(codec === undefined ? {} : { codec }),
      ...(profile === undefined ? {} : { profile }),
    };
    const call = { json, timeoutMs: HOURS };
    const send = (idempotencyKey: string) => this.#api.call('POST /v1/backups', { ...call, idempotencyKey });
    return (await watched(this.#api, watch, send)).backups;
  }

  /** Backups, verifications and restores under way on the server; the first one runs, the others wait. */
  async backupJobs(): Promise<readonly BackupJob[]> {
    return (await this.#api.call('GET /v1/backups/jobs', {})).jobs;
  }

  /** The last run of the schedule and the next one; each null where there is none. */
  async backupSchedule(): Promise<BackupSchedule> {
    const { lastRun, nextRun } = await this.#api.call('GET /v1/backups', { query: {} });
    return { lastRun, nextRun };
  }

  /** By the server's rules: every backup that the key may see, with what keeps it; what nothing keeps is deleted. */
  async prune(
    options: { readonly table?: string; readonly dryRun?: boolean } = {},
  ): Promise<readonly PrunedBackup[]> {
    const call = { json: options, timeoutMs: HOURS };
    return (await this.#api.call('POST /v1/backups/prune', call)).backups;
  }

  /** The rules do not delete it until it is released. */
  holdBackup(backup: string): Promise<BackupInfo> {
    return this.#api.call('POST /v1/backups/{id}/hold', { path: { id: backup } });
  }

  releaseBackup(backup: string): Promise<BackupInfo> {
    return this.#api.call('POST /v1/backups/{id}/release', { path: { id: backup } });
  }

  /** Newest first. */
  async backups(filter: Filter<'GET /v1/backups'> = {}): Promise<readonly BackupInfo[]> {
    return (await this.#api.call('GET /v1/backups', { query: filter })).backups;
  }

  /**
   * Proves the backup on the server: level 0 the file is there, 1 its SHA-256, 2 it is decoded (the default), 3 it is
   * restored into a scratch table, which is compared. With `fileKey` (16 bytes) an encrypted one is decoded too.
   */
  verify(backup: string, options: VerifyOptions = {}): Promise<BackupInfo> {
    const { fileKey = null, onProgress, signal, ...query } = options;
    const json = fileKey === null ? {} : { fileKey: toBase64(fileKey) };
    const call = { path: { id: backup }, query, json, timeoutMs: HOURS };
    return watched(this.#api, { onProgress, signal }, (idempotencyKey) =>
      this.#api.call('POST /v1/backups/{id}/verify', { ...call, idempotencyKey }),
    );
  }

  /** Whether the server can take rows now, and if not, why. */
  async health(): Promise<Health> {
    try {
      const { checks } = await this.#api.call('GET /health/ready', { attempts: 1 });
      return { ok: true, checks };
    } catch (error) {
      // 503 with the checks is an answer too.
      const checks = error instanceof RowferryError ? error.extra?.checks : undefined;
      if (typeof checks !== 'object' || checks === null) throw error;
      return { ok: false, checks: Object.fromEntries(Object.entries(checks)) };
    }
  }

  /** Closes the kept-alive connections. */
  close(): void {
    this.#api.close();
  }

  /** Corrected records for the rejects of a load. */
  protected corrections(load: string): SendRecords {
    return sendRecords(this.#api, load);
  }

  /** A content that was loaded, held against its table. */
  protected hold(source: Source, options: ReconcileOptions): Promise<ReconcileResult> {
    return reconcileFile(this.#api, source, options);
  }

  protected send(source: Source, options: SourceOptions): Promise<LoadResult> {
    return loadFile(this.#api, source, options);
  }

  /** A backup of the list, or `backup-not-found`. */
  protected async named(backup: string): Promise<BackupInfo> {
    const info = (await this.backups()).find((each) => each.id === backup);
    if (info !== undefined) return info;
    throw new RowferryError('backup-not-found', `there is no backup ${backup}`, {
      hint: 'list the backups: rowferry backups',
    });
  }

  /** From `offset` on. Throws `backup-checksum` at the end: nothing of it may be kept then. */
  protected content(backup: BackupInfo, hash: Hash, offset = 0): AsyncIterable<Uint8Array> {
    return backupContent(this.#api, backup, hash, offset);
  }

  /** Replaces the whole table, or changes nothing. */
  protected replace(replacement: Replacement, watch: WatchOptions = {}): Promise<RestoreResult> {
    return watched(this.#api, watch, (key) => this.#replace(replacement, key));
  }

  #replace(
    { table, from, dryRun, convert, fileKey = null }: Replacement,
    idempotencyKey: string,
  ): Promise<RestoreResult> {
    const call = { path: { table }, timeoutMs: HOURS, idempotencyKey };
    if ('backup' in from) {
      const key = fileKey === null ? {} : { fileKey: toBase64(fileKey) };
      const json = { backup: from.backup, dryRun, ...(convert ? { convert } : {}), ...key };
      return this.#api.call('POST /v1/tables/{table}/restore', { ...call, json });
    }
    const { content } = from;
    const query = { dryRun, ...(convert ? { convert } : {}) };
    const body =
      fileKey === null
        ? ({ body: content, contentType: 'application/avro' } as const)
        : ({ body: keyed(content, fileKey), contentType: 'application/vnd.rowferry.keyed-age' } as const);
    return this.#api.call('POST /v1/tables/{table}/restore', { ...call, query, ...body });
  }
}
