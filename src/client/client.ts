import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import type { RowferryError } from '../errors.ts';
import type { BackoffOptions } from '../lib/backoff.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import { ApiClient, type VerifyOptions } from './api-client.ts';
import type { BackupInfo, RestoreResult } from './documents.ts';
import { fetchTransport } from './fetch-transport.ts';
import { fileKeyOfBackup, fileKeyOfFile } from './file-key.ts';
import type { LoadResult, SourceOptions } from './load-file.ts';
import { nodeGzip } from './node-gzip.ts';
import { nodeSealer } from './node-sealer.ts';
import { nodeTransport } from './node-transport.ts';
import type { ReconcileOptions, ReconcileResult } from './reconcile.ts';
import { Api } from './retry.ts';
import type { MendOptions } from './retry-rejects.ts';
import { sealedTransport } from './sealed-transport.ts';
import { tokenOf } from './sealer.ts';
import { type HashedElsewhere, SourceFile } from './source-file.ts';
import { type StreamBody, serverUrl, type Transport } from './transport.ts';
import type { WatchOptions } from './watched-job.ts';
import { webSealer } from './web-sealer.ts';

export type {
  AuditEntry,
  AuditEvent,
  AuditFilter,
  AuditVerification,
  ChainHead,
} from '../model/audit.ts';
export type { BackupOptions, Health, RejectFilter } from './api-client.ts';
export type {
  BackupInfo,
  BackupJob,
  BackupResult,
  BackupSchedule,
  CountedTable,
  CreatedKey,
  KeyInfo,
  NewKey,
  PrunedBackup,
  RestoreResult,
} from './documents.ts';
export type { ApiKeys } from './keys.ts';
export type { LoadProgress, LoadResult, ResultState } from './load-file.ts';
export type { Waiting } from './patience.ts';
export type { ReconcileOptions, ReconcileResult, ReconcileState } from './reconcile.ts';
export type { MendOptions } from './retry-rejects.ts';
export type { Row, Rows } from './rows.ts';
export { type BatchOptions, TableRows } from './table-rows.ts';
export type { WatchOptions } from './watched-job.ts';

export interface RowferryOptions {
  /** Of the server, such as http://127.0.0.1:5000. */
  readonly url: string;
  /** An API key: rfk_… It seals every request and opens every answer; it does not travel. */
  readonly key: string;
  /** In place of node:http; sealed with WebCrypto. */
  readonly fetch?: typeof fetch;
  /**
   * Compress bodies of more than 1 KiB with gzip before they are sealed. For networks of less than some 200 Mbit/s:
   * on faster ones it costs more than it saves. Default false.
   */
  readonly compress?: boolean;
  readonly backoff?: BackoffOptions;
  /**
   * Before a request waits for two seconds or more to be sent again, and when its first attempt finds no server or no
   * database; a load with `waitMs` tells of it itself.
   */
  readonly onPause?: (reason: RowferryError, waitMs: number) => void;
}

export interface LoadOptions extends SourceOptions {
  /** Refuse a symbolic link. */
  readonly noFollow?: boolean;
  /** Of a file whose SHA-256 was begun elsewhere. */
  readonly hashed?: HashedElsewhere;
}

export interface BackupVerifyOptions extends VerifyOptions {
  /** Of age, for an encrypted backup: AGE-SECRET-KEY-1… They do not travel, only the key of this one file does. */
  readonly identities?: readonly string[];
}

export interface RestoreOptions extends WatchOptions {
  /** That of the backup, or another one: with the same columns, or not there; it is made then. */
  readonly table: string;
  /** The id of a backup, or the path of an Avro file. */
  readonly from: { readonly backup: string } | { readonly file: string };
  readonly dryRun?: boolean;
  /** The backup may be one of another kind of database: its values are converted. Default false. */
  readonly convert?: boolean;
  /** Of age, for an encrypted file: AGE-SECRET-KEY-1… They do not travel, only the key of this one file does. */
  readonly identities?: readonly string[];
}

/**
 * A rowferry server. What it is sent and what it answers is sealed (docs/protocol.md). Every method rejects with a
 * RowferryError whose code says what went wrong; so does the constructor for a key that is none.
 */
export class Rowferry extends ApiClient {
  constructor(options: RowferryOptions) {
    const { backoff, onPause } = options;
    super(
      new Api({ transport: transportOf(options), onPause, ...(backoff === undefined ? {} : { backoff }) }),
    );
  }

  /** One file: see LoadOptions and LoadResult. */
  async load(file: string, { noFollow = false, hashed, ...options }: LoadOptions): Promise<LoadResult> {
    return this.send(await SourceFile.open(file, { noFollow, hashed }), options);
  }

  /**
   * A file of mended records for the rejects of a load, such as the one under data/not_added: a receipt for each request.
   * Records that were loaded before are passed over.
   */
  async *mend(load: string, file: string, options: MendOptions = {}): AsyncGenerator<BatchReceipt> {
    const source = await SourceFile.open(file, {});
    try {
      const named = await this.receipt(load);
      const origin = named.parent === null ? named : await this.receipt(named.parent);
      // What a load does without is not read before it.
      const { mendFile } = await import('./mend.ts');
      yield* mendFile(this.corrections(origin.id), source, origin, options);
    } finally {
      await source.close();
    }
  }

  /** A file that was loaded, held against its table, batch by batch. `load-not-found` when its content never was. */
  async reconcile(file: string, options: ReconcileOptions): Promise<ReconcileResult> {
    return this.hold(await SourceFile.open(file, {}), options);
  }

  /**
   * Writes a backup's file to `path`, whole or not at all; its SHA-256 is checked. What came before a failure stands in
   * `path.partial`, and the next download of it goes on there.
   */
  async download(backup: string, path: string): Promise<void> {
    const info = await this.named(backup);
    const { downloadTo } = await import('./download-file.ts');
    await downloadTo(path, info.bytes, (offset, hash) => this.content(info, hash, offset));
  }

  /** With `identities` an encrypted backup is decoded too. */
  override async verify(
    backup: string,
    { identities = [], ...options }: BackupVerifyOptions = {},
  ): Promise<BackupInfo> {
    if (identities.length === 0) return super.verify(backup, options);
    const fileKey = await fileKeyOfBackup(await this.named(backup), identities);
    return super.verify(backup, { ...options, fileKey });
  }

  /** Replaces the whole table, or changes nothing. */
  async restore({
    table,
    from,
    dryRun = false,
    convert = false,
    identities = [],
    ...watch
  }: RestoreOptions): Promise<RestoreResult> {
    if ('backup' in from) {
      const isKeyed = identities.length > 0;
      const fileKey = isKeyed ? await fileKeyOfBackup(await this.named(from.backup), identities) : null;
      return this.replace({ table, from, dryRun, convert, fileKey }, watch);
    }
    const length = await sizeOf(from.file);
    const fileKey = await fileKeyOfFile(from.file, identities);
    const content = { length, open: () => createReadStream(from.file) };
    return this.replace({ table, from: { content }, dryRun, convert, fileKey }, watch);
  }
}

/** Bytes; `file-unreadable` for what is no file to be read. */
async function sizeOf(path: string): Promise<number> {
  const file = await SourceFile.open(path);
  await file.close();
  return file.size;
}

/** Plain HTTP will do anywhere: what travels is sealed. Paths, and with them the names of tables, can be read. */
function transportOf({ url: text, key, fetch: fetcher, compress = false }: RowferryOptions): Transport {
  const url = serverUrl(text);
  const token = tokenOf(key);
  const gzip = compress ? nodeGzip : null;
  if (fetcher === undefined) return sealedTransport(nodeTransport(url), nodeSealer(token), gzip);
  return sealedTransport(fetchTransport(url, fetcher, streamed), webSealer(token), gzip);
}

function streamed(body: StreamBody): RequestInit {
  const content = Readable.from(body.open(), { objectMode: false });
  return { body: Readable.toWeb(content), duplex: 'half' };
}
