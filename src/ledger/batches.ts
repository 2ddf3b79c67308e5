import type { Connection } from '../database/database.ts';
import type { Counts } from '../model/receipt.ts';
import { firstOf, ledgerOf, rowsOf, run } from './queries.ts';
import type { BatchRow } from './schema.ts';

/** A committed slice of a load. */
export interface Batch extends Counts {
  readonly load: string;
  readonly firstByte: number;
  readonly endByte: number;
  /** Hex, of the bytes of the slice. */
  readonly sha256: string;
}

export async function insertBatch(connection: Connection, batch: Batch): Promise<void> {
  const { read, inserted, updated, skipped, rejected } = batch;
  await run(
    connection,
    ledgerOf(connection).insertInto('rowferry_batches').values({
      load_id: batch.load,
      first_byte: batch.firstByte,
      end_byte: batch.endByte,
      sha256: batch.sha256,
      read,
      inserted,
      updated,
      skipped,
      rejected,
      committed_at: new Date().toISOString(),
    }),
  );
}

/** All of a load: it starts over, or its parts became one batch. */
export async function deleteBatches(connection: Connection, load: string): Promise<void> {
  await run(connection, ledgerOf(connection).deleteFrom('rowferry_batches').where('load_id', '=', load));
}

export async function findBatch(
  connection: Connection,
  load: string,
  firstByte: number,
): Promise<Batch | null> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_batches')
    .selectAll()
    .where('load_id', '=', load)
    .where('first_byte', '=', firstByte);
  const row = await firstOf(connection, query);
  return row === undefined ? null : toBatch(row);
}

/** In the order of their offsets. `after`: the last offset seen. */
export async function listBatches(
  connection: Connection,
  load: string,
  { after = -1, limit }: { readonly after?: number; readonly limit: number },
): Promise<Batch[]> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_batches')
    .selectAll()
    .where('load_id', '=', load)
    .where('first_byte', '>', after)
    .orderBy('first_byte')
    .limit(limit);
  return (await rowsOf(connection, query)).map(toBatch);
}

function toBatch(row: BatchRow): Batch {
  const { read, inserted, updated, skipped, rejected } = row;
  const place = { load: row.load_id, firstByte: row.first_byte, endByte: row.end_byte, sha256: row.sha256 };
  return { ...place, read, inserted, updated, skipped, rejected };
}
