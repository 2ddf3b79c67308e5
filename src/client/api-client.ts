/** What the client is in Node and in browsers alike. Nothing here comes from Node. */
import type { BackupInfo, BackupResult, RestoreResult } from '../backup/backups.ts';
import { RowferryError } from '../errors.ts';
import { encodeText } from '../lib/bytes.ts';
import type { AuditEntry, AuditFilter, AuditVerification, ChainHead } from '../model/audit.ts';
import type { BatchReceipt, Load, LoadState } from '../model/receipt.ts';
import type { RejectDocument } from '../model/reject.ts';
import { listAudit, verifyAudit } from './audit.ts';
import { backupContent } from './download.ts';
import { type ApiKeys, apiKeys } from './keys.ts';
import { type LoadResult, loadFile, type SourceOptions } from './load-file.ts';
import type { Api, Call } from './retry.ts';
import { encodeRows, type Rows } from './rows.ts';
import type { Hash, Source } from './source.ts';
import { type BatchOptions, type CountedTable, callOptions, TableRows } from './table-rows.ts';

export interface Health {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

export interface Replacement {
  readonly table: string;
  readonly dryRun: boolean;
  /** The id of a backup, or the content of an Avro file. */
  readonly from: { readonly backup: string } | { readonly content: NonNullable<Call['body']> };
}

const JSON_TYPE = 'application/json';
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
  async tables(options: { counts?: boolean } = {}): Promise<readonly CountedTable[]> {
    const query = { counts: options.counts };
    const call = { method: 'GET', path: '/v1/tables', query } as const;
    return (await this.#api.json<{ tables: readonly CountedTable[] }>(call)).tables;
  }

  table(name: string): TableRows {
    return new TableRows(this.#api, name);
  }

  /** Newest first. */
  async loads(
    filter: { table?: string; state?: LoadState; limit?: number; before?: string } = {},
  ): Promise<readonly Load[]> {
    const call = { method: 'GET', path: '/v1/loads', query: filter } as const;
    return (await this.#api.json<{ loads: readonly Load[] }>(call)).loads;
  }

  receipt(load: string): Promise<Load> {
    return this.#api.json({ method: 'GET', path: `/v1/loads/${encodeURIComponent(load)}` });
  }

  abort(load: string): Promise<Load> {
    return this.#api.json({ method: 'DELETE', path: `/v1/loads/${encodeURIComponent(load)}` });
  }

  /** The rejects of a load in the order of their lines, a page at a time. */
  async *rejects(load: string): AsyncGenerator<RejectDocument> {
    const path = `/v1/loads/${encodeURIComponent(load)}/rejects`;
    for (let after: number | undefined; ; ) {
      const query = { after, limit: PAGE };
      const page = await this.#api.json<{ rejects: readonly RejectDocument[]; next: number | null }>({
        method: 'GET',
        path,
        query,
      });
      yield* page.rejects;
      if (page.next === null) return;
      after = page.next;
    }
  }

  /** The rejects of a load once more as they were, or corrected rows; a new load linked to it. */
  retry(load: string, rows?: Rows, options: BatchOptions = {}): Promise<BatchReceipt> {
    const path = `/v1/loads/${encodeURIComponent(load)}/rejects/retry`;
    const body = rows === undefined ? {} : { body: encodeRows(rows), contentType: JSON_TYPE };
    return this.#api.json({ method: 'POST', path, ...body, ...callOptions(options) });
  }

  /** One Avro file per table, all of one snapshot; without names every table. */
  async backup(tables?: readonly string[]): Promise<readonly BackupResult[]> {
    const body = encodeText(JSON.stringify(tables === undefined ? {} : { tables }));
    const call = { method: 'POST', path: '/v1/backups', body, contentType: JSON_TYPE } as const;
    return (await this.#api.json<{ backups: readonly BackupResult[] }>({ ...call, timeoutMs: HOURS }))
      .backups;
  }

  /** Newest first. */
  async backups(filter: { table?: string } = {}): Promise<readonly BackupInfo[]> {
    const call = { method: 'GET', path: '/v1/backups', query: filter } as const;
    return (await this.#api.json<{ backups: readonly BackupInfo[] }>(call)).backups;
  }

  /** Reads the backup's file back whole, on the server. */
  verify(backup: string): Promise<BackupInfo> {
    const path = `/v1/backups/${encodeURIComponent(backup)}/verify`;
    return this.#api.json({ method: 'POST', path, timeoutMs: HOURS });
  }

  /** Whether the server can take rows now, and if not, why. */
  async health(): Promise<Health> {
    try {
      const call = { method: 'GET', path: '/health/ready', attempts: 1 } as const;
      const { checks } = await this.#api.json<{ checks: Health['checks'] }>(call);
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

  protected send(source: Source, options: SourceOptions): Promise<LoadResult> {
    return loadFile(this.#api, source, options);
  }

  /** Throws `backup-not-found`, and `backup-checksum` at the end: nothing of it may be kept then. */
  protected async content(backup: string, hash: Hash): Promise<AsyncIterable<Uint8Array>> {
    const info = (await this.backups()).find((each) => each.id === backup);
    if (info === undefined) throw new RowferryError('backup-not-found', `there is no backup ${backup}`);
    return backupContent(this.#api, info, hash);
  }

  /** Replaces the whole table, or changes nothing. */
  protected replace({ table, from, dryRun }: Replacement): Promise<RestoreResult> {
    const path = `/v1/tables/${encodeURIComponent(table)}/restore`;
    const call = { method: 'POST', path, timeoutMs: HOURS } as const;
    if ('content' in from)
      return this.#api.json({
        ...call,
        query: { dryRun },
        body: from.content,
        contentType: 'application/avro',
      });
    const body = encodeText(JSON.stringify({ backup: from.backup, dryRun }));
    return this.#api.json({ ...call, body, contentType: JSON_TYPE });
  }
}
