import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { BackupInfo, BackupResult, RestoreResult } from '../backup/backups.ts';
import { RowferryError } from '../errors.ts';
import type { BackoffOptions } from '../lib/backoff.ts';
import type { BatchReceipt, Load, LoadState } from '../model/receipt.ts';
import type { RejectDocument } from '../model/reject.ts';
import type { Mode, Table } from '../model/table.ts';
import { download } from './download.ts';
import { fetchTransport } from './fetch-transport.ts';
import { type ApiKeys, apiKeys } from './keys.ts';
import { type LoadOptions, type LoadResult, loadFile } from './load-file.ts';
import { nodeSealer } from './node-sealer.ts';
import { nodeTransport } from './node-transport.ts';
import { Api } from './retry.ts';
import { encodeRows, type Rows } from './rows.ts';
import { sealedTransport } from './sealed-transport.ts';
import { tokenOf } from './sealer.ts';
import type { Transport } from './transport.ts';
import { webSealer } from './web-sealer.ts';

export type { ApiKeys, CreatedKey, KeyInfo, NewKey } from './keys.ts';
export type { LoadOptions, LoadProgress, LoadResult, ResultState } from './load-file.ts';
export type { Row, Rows } from './rows.ts';

export interface RowferryOptions {
  /** Of the server, such as http://127.0.0.1:5000. */
  readonly url: string;
  /** An API key: rfk_… It seals every request and opens every answer; it does not travel. */
  readonly key: string;
  /** In place of node:http; sealed with WebCrypto. */
  readonly fetch?: typeof fetch;
  readonly backoff?: BackoffOptions;
}

export interface BatchOptions {
  /** All rows or none. */
  readonly atomic?: boolean;
  /** Give the same one to send the same rows again without loading them twice. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface RestoreOptions {
  readonly table: string;
  /** The id of a backup, or the path of an Avro file. */
  readonly from: { readonly backup: string } | { readonly file: string };
  readonly dryRun?: boolean;
}

/** `rows` is null where it was not asked for, or is not to be known with this key. */
export interface CountedTable extends Table {
  readonly rows: number | null;
}

export interface Health {
  readonly ok: boolean;
  readonly checks: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json';
const PAGE = 1000;
/** Backups and restores of large tables say nothing until they are done. */
const HOURS = 3_600_000;

/**
 * A rowferry server. What it is sent and what it answers is sealed (docs/protocol.md). Every method rejects with a
 * RowferryError whose code says what went wrong; so does the constructor for a key that is none.
 */
export class Rowferry {
  readonly keys: ApiKeys;
  readonly #api: Api;

  constructor(options: RowferryOptions) {
    const { backoff } = options;
    const transport = transportOf(options);
    this.#api = new Api({ transport, ...(backoff === undefined ? {} : { backoff }) });
    this.keys = apiKeys(this.#api);
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

  /** One file: see LoadOptions and LoadResult. */
  load(file: string, options: LoadOptions): Promise<LoadResult> {
    return loadFile(this.#api, file, options);
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
    const body = Buffer.from(JSON.stringify(tables === undefined ? {} : { tables }));
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

  /** Writes a backup's Avro file to `path`, whole or not at all; its SHA-256 is checked. */
  async download(backup: string, path: string): Promise<void> {
    const info = (await this.backups()).find((each) => each.id === backup);
    if (info === undefined) throw new RowferryError('backup-not-found', `there is no backup ${backup}`);
    await download(this.#api, info, path);
  }

  /** Replaces the whole table, or changes nothing. */
  async restore({ table, from, dryRun = false }: RestoreOptions): Promise<RestoreResult> {
    const call = {
      method: 'POST',
      path: `/v1/tables/${encodeURIComponent(table)}/restore`,
      timeoutMs: HOURS,
    } as const;
    if ('backup' in from) {
      const body = Buffer.from(JSON.stringify({ backup: from.backup, dryRun }));
      return this.#api.json({ ...call, body, contentType: JSON_TYPE });
    }
    const length = (await stat(from.file)).size;
    const body = { length, open: () => createReadStream(from.file) };
    return this.#api.json({ ...call, query: { dryRun }, body, contentType: 'application/avro' });
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
}

/** Batches of rows into one table; each a request of at most 100,000 rows and 16 MiB. */
export class TableRows {
  readonly #api: Api;
  readonly #path: string;

  constructor(api: Api, name: string) {
    this.#api = api;
    this.#path = `/v1/tables/${encodeURIComponent(name)}`;
  }

  describe(): Promise<CountedTable> {
    return this.#api.json({ method: 'GET', path: this.#path });
  }

  /** A row whose key exists is rejected. */
  insert(rows: Rows, options: BatchOptions = {}): Promise<BatchReceipt> {
    return this.#send(rows, 'insert', options);
  }

  /** A row whose key exists is updated. */
  upsert(rows: Rows, options: BatchOptions = {}): Promise<BatchReceipt> {
    return this.#send(rows, 'upsert', options);
  }

  /** A row whose key exists is passed over. */
  skip(rows: Rows, options: BatchOptions = {}): Promise<BatchReceipt> {
    return this.#send(rows, 'skip', options);
  }

  #send(rows: Rows, mode: Mode, options: BatchOptions): Promise<BatchReceipt> {
    const query = { mode, atomic: options.atomic };
    const call = { method: 'POST', path: `${this.#path}/rows`, query, contentType: JSON_TYPE } as const;
    return this.#api.json({ ...call, body: encodeRows(rows), ...callOptions(options) });
  }
}

function callOptions({ idempotencyKey, signal }: BatchOptions) {
  return { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), signal };
}

/** Plain HTTP will do anywhere: what travels is sealed. Paths, and with them the names of tables, can be read. */
function transportOf({ url: text, key, fetch: fetcher }: RowferryOptions): Transport {
  const url = serverUrl(text);
  const token = tokenOf(key);
  if (fetcher === undefined) return sealedTransport(nodeTransport(url), nodeSealer(token));
  return sealedTransport(fetchTransport(url, fetcher), webSealer(token));
}

function serverUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && /^https?:$/.test(url.protocol)) return url;
  throw new TypeError(`url is ${JSON.stringify(text)}; expected something like http://127.0.0.1:5000`);
}
