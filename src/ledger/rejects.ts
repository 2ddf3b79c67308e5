import { isUtf8 } from 'node:buffer';
import type { Connection } from '../database/database.ts';
import type { Reject, RejectDocument, RejectError } from '../model/reject.ts';
import { ledgerOf, rowsOf, run } from './queries.ts';
import { insertRejectRows, type NewReject } from './reject-rows.ts';
import type { RejectRow } from './schema.ts';

/** Bytes of one INSERT: MariaDB takes a statement of 16 MiB by default, and bytes may go as three times as many. */
const BYTES_PER_INSERT = 2 << 20;

/** `index` of each reject counts from the start of the load. */
export async function insertRejects(
  connection: Connection,
  load: string,
  rejects: readonly Reject[],
): Promise<void> {
  let rows: NewReject[] = [];
  let bytes = 0;
  for (const reject of rejects) {
    const row = toRow(reject);
    const size = row.raw.length + row.errors.length;
    if (bytes + size > BYTES_PER_INSERT && rows.length > 0) {
      await insertRejectRows(connection, load, rows);
      rows = [];
      bytes = 0;
    }
    rows.push(row);
    bytes += size;
  }
  if (rows.length > 0) await insertRejectRows(connection, load, rows);
}

function toRow({ index, line, byteOffset, raw, errors }: Reject): NewReject {
  return { record: index, line, byte_offset: byteOffset, raw, errors: JSON.stringify(errors) };
}

/** In the order of their lines. `after`: index of the last reject seen. */
export async function listRejects(
  connection: Connection,
  load: string,
  page: { after?: number; limit: number; firstByte?: number; endByte?: number; open?: boolean },
): Promise<Reject[]> {
  let query = ledgerOf(connection)
    .selectFrom('rowferry_rejects')
    .selectAll()
    .where('load_id', '=', load)
    .where('record', '>', page.after ?? -1)
    .orderBy('record')
    .limit(page.limit);
  if (page.firstByte !== undefined) query = query.where('byte_offset', '>=', page.firstByte);
  if (page.endByte !== undefined) query = query.where('byte_offset', '<', page.endByte);
  if (page.open) query = query.where('state', '=', 'open');
  return (await rowsOf(connection, query)).map(toReject);
}

/** As it was, such a record takes in what stands after it, so it is not sent again with others. */
const UNCLOSED = 'quote.unclosed';

export const canGoAgain = (reject: Reject): boolean =>
  !reject.errors.some((error) => error.code === UNCLOSED);

/**
 * Open rejects of the load that are loaded or rejected again by another load from now on: all of them when the rows
 * were corrected, else those that can go again as they were.
 */
export async function markRetried(
  connection: Connection,
  load: string,
  { corrected }: { corrected: boolean },
): Promise<number> {
  const open = ledgerOf(connection)
    .updateTable('rowferry_rejects')
    .set({ state: 'retried' })
    .where('load_id', '=', load)
    .where('state', '=', 'open');
  // Quotes inside a value are escaped in JSON, so only a code can match.
  const query = corrected ? open : open.where('errors', 'not like', `%"code":"${UNCLOSED}"%`);
  return run(connection, query);
}

/** Of a load that starts over. */
export async function deleteRejects(connection: Connection, load: string): Promise<void> {
  await run(connection, ledgerOf(connection).deleteFrom('rowferry_rejects').where('load_id', '=', load));
}

function toReject(row: RejectRow): Reject {
  return {
    index: row.record,
    line: row.line,
    byteOffset: row.byte_offset,
    raw: row.raw,
    errors: JSON.parse(row.errors) as RejectError[],
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function rejectDocument(reject: Reject): RejectDocument {
  const { index, line, byteOffset, raw, errors } = reject;
  const document = { index, line, byteOffset, raw: decoder.decode(raw), errors };
  return isUtf8(raw) ? document : { ...document, rawBase64: Buffer.from(raw).toString('base64') };
}
