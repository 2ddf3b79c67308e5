import { RowferryError } from '../errors.ts';
import type { EncodedBatch, Staged } from './database.ts';
import { type LaidOutRows, laidOutRows, withoutRecords } from './row-layout.ts';

/** Batches that wait in memory; nothing is sent before they are inserted. */
export class StagedBatches {
  readonly #batches = new Map<string, StagedBatch>();

  /** Takes the data over: the buffers of the batches are detached. */
  stage(batches: readonly EncodedBatch[]): Staged[] {
    this.clear();
    return batches.map((batch, nth) => {
      const source = `batch${nth}`;
      this.#batches.set(source, new StagedBatch(takeOver(laidOutRows(batch))));
      return { source };
    });
  }

  get({ source }: Staged): StagedBatch {
    const batch = this.#batches.get(source);
    if (batch === undefined) throw new RowferryError('internal', `${source} is not staged`);
    return batch;
  }

  /** As they were staged: what took rows out was rolled back. */
  restore(): void {
    for (const batch of this.#batches.values()) batch.restore();
  }

  clear(): void {
    this.#batches.clear();
  }
}

export class StagedBatch {
  readonly #staged: LaidOutRows;
  #rows: LaidOutRows;
  readonly #gone = new Set<number>();
  #fresh = false;

  constructor(rows: LaidOutRows) {
    this.#staged = rows;
    this.#rows = rows;
  }

  unstage(records: readonly number[]): void {
    for (const record of records) this.#gone.add(record);
    this.#fresh ||= records.length > 0;
  }

  restore(): void {
    this.#rows = this.#staged;
    this.#gone.clear();
    this.#fresh = false;
  }

  /** Those that are left. */
  get rows(): LaidOutRows {
    if (this.#fresh) this.#rows = withoutRecords(this.#rows, this.#gone);
    this.#fresh = false;
    return this.#rows;
  }
}

function takeOver({ data, layout }: LaidOutRows): LaidOutRows {
  const { byteOffset, length } = data;
  if (data.buffer instanceof SharedArrayBuffer) return { data, layout };
  return { data: new Uint8Array(data.buffer.transfer(), byteOffset, length), layout };
}
