import { isUtf8 } from 'node:buffer';
import type { Connection } from '../database/database.ts';
import type { Reject, RejectDocument, RejectError } from '../model/reject.ts';
import { ledgerOf, rowsOf, run } from './queries.ts';
import type { RejectRow } from './schema.ts';

/** Rows of one INSERT: seven parameters each, far below any engine's limit. */
const ROWS_PER_INSERT = 100;
/** Bytes of them: MariaDB takes a statement of 16 MiB by default, and bytes may go as twice as many digits. */
const BYTES_PER_INSERT = 2 << 20;

/** `index` of each reject counts from the start of the load. */
export async function insertRejects(
  connection: Connection,
  load: string,
  rejects: readonly Reject[],
): Promise<void> {
  for (let at = 0; at < rejects.length; ) {
    const end = endOfInsert(rejects, at);
    const rows = rejects.slice(at, end).map((reject) => ({
      load_id: load,
      record: reject.index,
      line: reject.line,
      byte_offset: reject.byteOffset,
      raw: reject.raw,
      errors: JSON.stringify(reject.errors),
      state: 'open',
    }));
    await run(connection, ledgerOf(connection).insertInto('rowferry_rejects').values(rows));
    at = end;
  }
}

/** One row at least. */
function endOfInsert(rejects: readonly Reject[], start: number): number {
  let bytes = 0;
  for (let at = start; at < rejects.length; at++) {
    bytes += rejects[at]?.raw.length ?? 0;
    if (at > start && bytes > BYTES_PER_INSERT) return at;
    if (at - start + 1 === ROWS_PER_INSERT) return at + 1;
  }
  return rejects.length;
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
