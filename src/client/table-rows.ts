import type { BatchReceipt } from '../model/receipt.ts';
import type { Mode, Table } from '../model/table.ts';
import type { Api } from './retry.ts';
import { encodeRows, type Rows } from './rows.ts';

export interface BatchOptions {
  /** All rows or none. */
  readonly atomic?: boolean;
  /** Give the same one to send the same rows again without loading them twice. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** `rows` is null where it was not asked for, or is not to be known with this key. */
export interface CountedTable extends Table {
  readonly rows: number | null;
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
    const call = {
      method: 'POST',
      path: `${this.#path}/rows`,
      query,
      contentType: 'application/json',
    } as const;
    return this.#api.json({ ...call, body: encodeRows(rows), ...callOptions(options) });
  }
}

/** What of the options belongs to the call. */
export function callOptions({ idempotencyKey, signal }: BatchOptions) {
  return { ...(idempotencyKey === undefined ? {} : { idempotencyKey }), signal };
}
