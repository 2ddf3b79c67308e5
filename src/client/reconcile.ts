import { cutPlace } from '../csv/general/cut.ts';
import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT } from '../model/dialect.ts';
import type { Load } from '../model/receipt.ts';
import type { Difference, LedgerBatch, ReconcileCounts, ReconcileReceipt } from '../model/reconciliation.ts';
import type { Api } from './retry.ts';
import { type Source, sha256Of } from './source.ts';

/** A file that was loaded, held against its table, batch by batch. Nothing here comes from Node. */

export interface ReconcileOptions {
  readonly table: string;
  /** Sends the rows that are missing again, as loads linked to the one of the file. */
  readonly resend?: boolean;
  readonly onProgress?: (bytes: number, size: number) => void;
  /** The differences of each batch, in the order of their lines; at most a thousand of each. */
  readonly onDifferences?: (differences: readonly Difference[]) => void;
  readonly signal?: AbortSignal;
}

/**
 * proved: all of the file was loaded, and every row that was is there as the file has it. differs: some are not.
 * incomplete: the load stopped before the end of the file.
 */
export type ReconcileState = 'proved' | 'differs' | 'incomplete';

export interface ReconcileResult extends ReconcileCounts {
  readonly load: string;
  readonly file: string;
  readonly table: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly state: ReconcileState;
  /** Batches of the ledger, and those whose bytes in the file have the SHA-256 of those that were loaded. */
  readonly batches: number;
  readonly batchesProved: number;
  /** Loads that missing rows were sent again as. */
  readonly resent: readonly string[];
  readonly seconds: number;
}

/** What is sent at a time of a batch that is larger, as those of atomic loads are. */
const SLICE_BYTES = 4 << 20;
const MOST_BATCH_BYTES = 15 << 20;
const PAGE = 1000;

/** Closes the source. `load-not-found` when this content was never loaded into the table. */
export async function reconcileFile(
  api: Api,
  file: Source,
  options: ReconcileOptions,
): Promise<ReconcileResult> {
  try {
    return await new Reconciliation(api, file, options).run();
  } finally {
    await file.close();
  }
}

class Reconciliation {
  readonly #api: Api;
  readonly #file: Source;
  readonly #options: ReconcileOptions;
  readonly #sum = { read: 0, rejected: 0, found: 0, missing: 0, changed: 0 };
  readonly #resent: string[] = [];
  #batches = 0;
  #proved = 0;
  #line = 0;

  constructor(api: Api, file: Source, options: ReconcileOptions) {
    this.#api = api;
    this.#file = file;
    this.#options = options;
  }

  async run(): Promise<ReconcileResult> {
    const started = performance.now();
    const { table, signal } = this.#options;
    const sha256 = await sha256Of(this.#file, undefined, signal);
    const load = await this.#find(sha256);
    for await (const batch of this.#list(load.id)) await this.#hold(load, batch);
    const { missing, changed } = this.#sum;
    const whole = load.state.startsWith('completed') && load.offset === this.#file.size;
    const differs = missing + changed > 0;
    return {
      load: load.id,
      file: this.#file.path,
      table,
      sha256,
      bytes: this.#file.size,
      state: differs ? 'differs' : whole ? 'proved' : 'incomplete',
      batches: this.#batches,
      batchesProved: this.#proved,
      ...this.#sum,
      resent: this.#resent,
      seconds: Math.round(performance.now() - started) / 1000,
    };
  }

  async #find(sha256: string): Promise<Load> {
    const { table, signal } = this.#options;
    const { loads } = await this.#api.call('GET /v1/loads', { query: { table, sha256 }, signal });
    const [load] = loads;
    if (load !== undefined) return load;
    throw new RowferryError(
      'load-not-found',
      `this content was never loaded into ${table}: SHA-256 ${sha256}`,
      {
        hint: 'the file has changed since, or it was loaded into another table: rowferry receipts',
      },
    );
  }

  async *#list(load: string): AsyncGenerator<LedgerBatch> {
    for (let after: number | undefined; ; ) {
      const query = { after, limit: PAGE };
      const page = await this.#api.call('GET /v1/loads/{id}/batches', { path: { id: load }, query });
      yield* page.batches;
      if (page.next === null) return;
      after = page.next;
    }
  }

  async #hold(load: Load, batch: LedgerBatch): Promise<void> {
    this.#batches += 1;
    const hash = this.#file.newHash();
    const most = batch.endByte - batch.firstByte > MOST_BATCH_BYTES ? SLICE_BYTES : MOST_BATCH_BYTES;
    for (let position = batch.firstByte; position < batch.endByte; ) {
      this.#options.signal?.throwIfAborted();
      const bytes = await this.#read(position, Math.min(most, batch.endByte - position));
      const rest = position + bytes.length < batch.endByte;
      const cut = rest ? cutPlace(bytes, load.dialect ?? DEFAULT_DIALECT) : 0;
      const slice = cut === 0 ? bytes : bytes.subarray(0, cut);
      const receipt = await this.#send(load, position, slice);
      if (receipt.endByte === position) throw standstill(position);
      hash.update(bytes.subarray(0, receipt.endByte - position));
      position = receipt.endByte;
      this.#options.onProgress?.(position, this.#file.size);
    }
    if (hash.digest('hex') === batch.sha256) this.#proved += 1;
  }

  async #read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = await this.#file.readAt(position + filled, bytes.subarray(filled));
      if (count === 0) break;
      filled += count;
    }
    if (filled < length) await this.#file.assertUnchanged();
    return bytes.subarray(0, filled);
  }

  async #send(load: Load, offset: number, body: Uint8Array): Promise<ReconcileReceipt> {
    const { resend, signal, onDifferences } = this.#options;
    const last = offset + body.length === load.size || undefined;
    const query = { offset, line: this.#line, last, resend: resend === true ? true : undefined };
    const call = { path: { id: load.id }, query, body, contentType: 'text/csv', signal } as const;
    const receipt = await this.#api.call('POST /v1/loads/{id}/reconcile', call);
    this.#line += receipt.lines;
    for (const name of ['read', 'rejected', 'found', 'missing', 'changed'] as const)
      this.#sum[name] += receipt[name];
    if (receipt.resent !== null) this.#resent.push(receipt.resent);
    if (receipt.differences.length > 0) onDifferences?.(receipt.differences);
    return receipt;
  }
}

function standstill(position: number): RowferryError {
  return new RowferryError('answer-invalid', `the server takes no record at byte ${position}`, {
    hint: 'was the table or the way this file is read changed since it was loaded?',
  });
}
