import type { Connection } from '../database/database.ts';
import type { Counts } from '../model/receipt.ts';
import { firstOf, ledgerOf, run } from './queries.ts';

/** A committed slice of a load. */
export interface Batch extends Counts {
  readonly load: string;
  readonly firstByte: number;
  readonly endByte: number;
  /** Hex, of the whole part as it was sent. */
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
  if (row === undefined) return null;
  const { read, inserted, updated, skipped, rejected } = row;
  const counts = { read, inserted, updated, skipped, rejected };
  return { load, firstByte, endByte: row.end_byte, sha256: row.sha256, ...counts };
}
