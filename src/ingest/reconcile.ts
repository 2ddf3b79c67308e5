import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { findLoad, type LedgerLoad } from '../ledger/loads.ts';
import { eachReject } from '../ledger/rejects.ts';
import type { Difference, ReconcileReceipt } from '../model/reconciliation.ts';
import type { Table } from '../model/table.ts';
import { commitBatches } from './commit-batches.ts';
import type { IdempotencyClaim } from './ingest.ts';
import { compareMisfits, prepareAgain } from './misfits.ts';
import type { Prepared } from './prepare.ts';
import type { RetryContext } from './retry.ts';

/** A slice of the content of a load, held against its table. */
export interface ReconcileSlice {
  readonly offset: number;
  /** 0-based physical line on which it starts. */
  readonly line: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** It ends the content. */
  readonly last: boolean;
  /** Sends the missing rows again, as a load linked to this one; null: nothing is written. */
  readonly resend: IdempotencyClaim | null;
}

export interface LaneReconcile extends ReconcileSlice {
  readonly load: string;
  readonly table: Table;
  readonly schema: string | null;
}

/** Differences that are told one by one. */
const MOST_TOLD = 1000;

/** Read and encoded as the load did it, less what the ledger has as rejects, and compared by the database. */
export async function reconcileSlice(context: RetryContext, slice: LaneReconcile): Promise<ReconcileReceipt> {
  const started = performance.now();
  const { connection, preparer } = context;
  const load = await findLoad(connection, slice.load);
  const { bytes, table, last, offset } = slice;
  const columns = offset === 0 ? null : load.columns;
  const prepared = preparer.csv({ bytes, table, last, columns, dialect: load.dialect ?? {} });
  const rejected = await rejectedIn(connection, load, offset, prepared);
  const refused = prepared.errors.filter(({ index }) => !rejected.has(index));
  const limit = slice.resend === null ? MOST_TOLD : prepared.records;
  const compared = await compare(connection, prepared, { rejected, limit });
  const unfit = await compareMisfits(context, prepared, [...refused, ...compared.unfit], limit);
  const differences = [...compared.differences, ...unfit.differences].sort((a, b) => a.record - b.record);
  const missing = differences.filter((each) => each.columns === null).map(({ record }) => record);
  const resent =
    slice.resend === null || missing.length === 0
      ? null
      : await resend(context, { ...slice, claim: slice.resend }, { load, prepared, records: missing });
  return {
    load: load.id,
    table: table.name,
    firstByte: offset,
    endByte: offset + prepared.consumed,
    lines: prepared.lines,
    read: prepared.records,
    rejected: rejected.size,
    found: compared.found + unfit.found,
    missing: compared.missing + unfit.missing,
    changed: compared.changed + unfit.changed,
    differences: differences
      .slice(0, MOST_TOLD)
      .map((each) => differenceAt(prepared, each, { byte: offset, line: slice.line })),
    resent,
    seconds: Math.round(performance.now() - started) / 1000,
  };
}

async function compare(
  connection: Connection,
  { encoded, plan }: Prepared,
  { rejected, limit }: { readonly rejected: ReadonlySet<number>; readonly limit: number },
) {
  const [staged] = await connection.stage([encoded]);
  if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
  return connection.transaction(async () => {
    await connection.unstage(staged, [...rejected]);
    return connection.compareStaged(staged, plan, { limit });
  });
}

/** Ordinals of the records in the slice that are rejects of the load, whatever became of them since. */
async function rejectedIn(
  connection: Connection,
  load: LedgerLoad,
  offset: number,
  { recordStarts, consumed }: Prepared,
): Promise<Set<number>> {
  const found = new Set<number>();
  if (load.rejected === 0) return found;
  const ordinals = new Map(Array.from(recordStarts, (start, record) => [offset + start, record]));
  const range = { firstByte: offset, endByte: offset + consumed };
  for await (const { byteOffset } of eachReject(connection, load.id, range)) {
    const record = ordinals.get(byteOffset);
    if (record !== undefined) found.add(record);
  }
  return found;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function differenceAt(
  prepared: Prepared,
  { record, columns }: { readonly record: number; readonly columns: Difference['columns'] | null },
  at: { readonly byte: number; readonly line: number },
): Difference {
  const start = prepared.recordStarts[record] ?? 0;
  return {
    kind: columns === null ? 'missing' : 'changed',
    line: at.line + (prepared.recordLines[record] ?? 0) + 1,
    byteOffset: at.byte + start,
    raw: decoder.decode(prepared.bytes.subarray(start, prepared.recordEnds[record])),
    columns: columns ?? [],
  };
}

/** In the mode of the load. The id of the new load. */
async function resend(
  { connection, preparer, persistence }: RetryContext,
  { table, schema, claim }: LaneReconcile & { readonly claim: IdempotencyClaim },
  { load, prepared, records }: { load: LedgerLoad; prepared: Prepared; records: readonly number[] },
): Promise<string | null> {
  const retryOf = { load: load.id, schema, rejects: [], next: null };
  const again = prepareAgain(preparer, prepared, records, table);
  const batches = { prepared: [again], mode: load.mode, atomic: false, claim, retryOf };
  const { answer } = await commitBatches(connection, batches, persistence);
  return answer[0]?.load ?? null;
}
