/** `rowferry/client` in browsers: fetch and WebCrypto, Files and Blobs. Nothing it imports comes from Node. */
import type { BackoffOptions } from '../lib/backoff.ts';
import { Sha256 } from '../lib/sha256.ts';
import { ApiClient } from './api-client.ts';
import type { RestoreResult } from './documents.ts';
import { fetchTransport } from './fetch-transport.ts';
import type { LoadResult, SourceOptions } from './load-file.ts';
import { Api } from './retry.ts';
import { sealedTransport } from './sealed-transport.ts';
import { tokenOf } from './sealer.ts';
import { SourceBlob } from './source-blob.ts';
import { type StreamBody, serverUrl, type Transport } from './transport.ts';
import { webSealer } from './web-sealer.ts';

export { ERROR_CODES, type ErrorCode, RowferryError } from '../errors.ts';
export type {
  AuditEntry,
  AuditEvent,
  AuditFilter,
  AuditVerification,
  ChainHead,
} from '../model/audit.ts';
export type { BackupOptions, Health } from './api-client.ts';
export type {
  BackupInfo,
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
export type { LoadProgress, LoadResult, ResultState, SourceOptions as LoadOptions } from './load-file.ts';
export type { Waiting } from './patience.ts';
export type { Row, Rows } from './rows.ts';
export { type BatchOptions, TableRows } from './table-rows.ts';

export interface RowferryOptions {
  /** Of the server, the page's own origin: `location.origin`. */
  readonly url: string;
  /** An API key: rfk_… It seals every request and opens every answer; it does not travel. */
  readonly key: string;
  readonly backoff?: BackoffOptions;
}

export interface RestoreOptions {
  readonly table: string;
  /** The id of a backup, or an Avro file. */
  readonly from: { readonly backup: string } | { readonly file: Blob };
  readonly dryRun?: boolean;
  /** The backup may be one of another kind of database. Default false. */
  readonly convert?: boolean;
  /** Of an encrypted backup: 16 bytes. Nothing here finds it with an identity; `rowferry restore` does. */
  readonly fileKey?: Uint8Array | null;
}

/**
 * A rowferry server, as in Node but for what files are. Every method rejects with a RowferryError whose code says
 * what went wrong; so does the constructor for a key that is none. It throws TypeError where WebCrypto is not to be had.
 */
export class Rowferry extends ApiClient {
  constructor(options: RowferryOptions) {
    const { backoff } = options;
    super(new Api({ transport: transportOf(options), ...(backoff === undefined ? {} : { backoff }) }));
  }

  /** One file: see LoadOptions and LoadResult. */
  load(file: Blob, options: SourceOptions): Promise<LoadResult> {
    return this.send(new SourceBlob(file), options);
  }

  /** A backup's Avro file, or the file of age with it in it; its SHA-256 is checked. */
  async download(backup: string): Promise<Blob> {
    const info = await this.named(backup);
    const type = info.encryption === null ? 'application/avro' : 'application/vnd.age';
    return gatherBlob(this.content(info, new Sha256()), type);
  }

  /** Replaces the whole table, or changes nothing. A file is sealed as a whole before it is sent. */
  restore(options: RestoreOptions): Promise<RestoreResult> {
    const { table, from, dryRun = false, convert = false, fileKey = null } = options;
    if ('backup' in from) return this.replace({ table, from, dryRun, convert, fileKey });
    const content = { length: from.file.size, open: () => slices(from.file) };
    return this.replace({ table, from: { content }, dryRun, convert, fileKey });
  }
}

const SLICE_BYTES = 1 << 20;

/** Not Blob.stream(): not every browser's streams can be iterated over. */
async function* slices(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += SLICE_BYTES) {
    yield new Uint8Array(await blob.slice(at, at + SLICE_BYTES).arrayBuffer());
  }
}

function transportOf({ url, key }: RowferryOptions): Transport {
  if (globalThis.crypto?.subtle === undefined)
    throw new TypeError('WebCrypto is not there: open the page over https:// or from localhost');
  const transport = fetchTransport(serverUrl(url), (...request) => fetch(...request), whole);
  return sealedTransport(transport, webSealer(tokenOf(key)));
}

/** Browsers send streams over HTTP/2 alone. The browser keeps a large Blob on the disk. */
async function whole(body: StreamBody): Promise<RequestInit> {
  return { body: await gatherBlob(body.open()) };
}

async function gatherBlob(chunks: AsyncIterable<Uint8Array>, type = ''): Promise<Blob> {
  const parts: Blob[] = [];
  for await (const chunk of chunks) parts.push(new Blob([new Uint8Array(chunk)]));
  return new Blob(parts, { type });
}
