import type { BatchReceipt } from '../model/receipt.ts';
import type { Mode } from '../model/table.ts';
import type { CountedTable } from './documents.ts';
import type { Api } from './retry.ts';
import { type Rows, rowsBody } from './rows.ts';

export interface BatchOptions {
  /** All rows or none. */
  readonly atomic?: boolean;
  /** Give the same one to send the same rows again without loading them twice. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Batches of rows into one table; each a request of at most 100,000 rows and 16 MiB. */
export class TableRows {
  readonly #api: Api;
  readonly #name: string;

  constructor(api: Api, name: string) {
    this.#api = api;
    this.#name = name;
  }

  describe(): Promise<CountedTable> {
    return this.#api.call('GET /v1/tables/{table}', { path: { table: this.#name } });
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
    return this.#api.call('POST /v1/tables/{table}/rows', {
      path: { table: this.#name },
      query: { mode, atomic: options.atomic },
      ...rowsBody(rows),
      ...callOptions(options),
    });
  }
}

/** What of the options belongs to the call. */
export function callOptions({ idempotencyKey, signal }: BatchOptions) {
  return { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), signal };
}
