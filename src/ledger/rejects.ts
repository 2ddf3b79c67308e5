import { isUtf8 } from 'node:buffer';
import { sql } from 'kysely';
import type { Connection } from '../database/database.ts';
import {
  REJECT_STATES,
  type Reject,
  type RejectDocument,
  type RejectError,
  type RejectState,
  type StoredReject,
} from '../model/reject.ts';
import { firstOf, ledgerOf, rowsOf, run } from './queries.ts';
import { insertRejectRows, type NewReject } from './reject-rows.ts';
import type { RejectRow } from './schema.ts';

/** Bytes of one INSERT: MariaDB takes a statement of 16 MiB by default, and bytes may go as three times as many. */
const BYTES_PER_INSERT = 2 << 20;

/** `index` of each reject counts from the start of the load. */
export async function insertRejects(
  connection: Connection,
  load: string,
  rejects: readonly Reject[],
  state: RejectState = 'open',
): Promise<void> {
  let rows: NewReject[] = [];
  let bytes = 0;
  for (const reject of rejects) {
    const row = toRow(reject, state);
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

function toRow({ index, line, byteOffset, raw, errors }: Reject, state: RejectState): NewReject {
  return { record: index, line, byte_offset: byteOffset, raw, errors: errorsText(errors), state };
}

/** Code and column stand side by side, so that both can be looked for. */
const errorsText = (errors: readonly RejectError[]): string =>
  JSON.stringify(errors.map(({ code, column, value, message }) => ({ code, column, value, message })));

export interface RejectFilter {
  /** Index of the last reject seen. */
  readonly after?: number;
  /** Index of the last reject wanted. */
  readonly through?: number;
  readonly limit: number;
  /** So many of them are passed over. */
  readonly skip?: number;
  readonly firstByte?: number;
  readonly endByte?: number;
  readonly state?: RejectState;
  /** With an error of this code, in this column; both of the same error. */
  readonly code?: string;
  readonly column?: string;
}

/** In the order of their lines. */
export async function listRejects(
  connection: Connection,
  load: string,
  filter: RejectFilter,
): Promise<StoredReject[]> {
  return (await rowsOf(connection, chosen(connection, load, filter).selectAll())).map(toReject);
}

/** Bytes of records and reasons that are held at a time. One reject may have more. */
export const PAGE_BYTES = 4 << 20;

export interface RejectPage {
  readonly rejects: readonly StoredReject[];
  /** Give as `after` for the next page; null at the end. */
  readonly next: number | null;
}

/** As many as `limit` says, or fewer where they are large: a record has up to 1 MiB. At least one, if there is one. */
export async function pageOfRejects(
  connection: Connection,
  load: string,
  filter: RejectFilter,
  mostBytes = PAGE_BYTES,
): Promise<RejectPage> {
  const bytes = sql<number>`octet_length(raw) + octet_length(errors)`.as('bytes');
  const sizes = await rowsOf(connection, chosen(connection, load, filter).select(['record', bytes]));
  let sum = 0;
  const over = sizes.findIndex((each, index) => {
    sum += each.bytes;
    return index > 0 && sum > mostBytes;
  });
  const through = sizes.at(over === -1 ? -1 : over - 1)?.record;
  if (through === undefined) return { rejects: [], next: null };
  const rejects = await listRejects(connection, load, { ...filter, through });
  return { rejects, next: over === -1 && sizes.length < filter.limit ? null : through };
}

const PAGE = 2000;

/** All of them, few in memory. */
export async function* pagesOfRejects(
  connection: Connection,
  load: string,
  { skip = 0, ...filter }: Omit<RejectFilter, 'limit'> = {},
): AsyncGenerator<readonly StoredReject[]> {
  let page = await pageOfRejects(connection, load, { ...filter, skip, limit: PAGE });
  for (; page.next !== null; ) {
    yield page.rejects;
    page = await pageOfRejects(connection, load, { ...filter, after: page.next, limit: PAGE });
  }
  yield page.rejects;
}

export async function* eachReject(...of: Parameters<typeof pagesOfRejects>): AsyncGenerator<StoredReject> {
  for await (const page of pagesOfRejects(...of)) yield* page;
}

function chosen(connection: Connection, load: string, filter: RejectFilter) {
  const { after = -1, through, limit, skip = 0, firstByte, endByte, state, code, column } = filter;
  let query = ledgerOf(connection)
    .selectFrom('rowferry_rejects')
    .where('load_id', '=', load)
    .where('record', '>', after)
    .orderBy('record')
    .limit(limit);
  if (through !== undefined) query = query.where('record', '<=', through);
  if (skip > 0) query = query.offset(skip);
  if (firstByte !== undefined) query = query.where('byte_offset', '>=', firstByte);
  if (endByte !== undefined) query = query.where('byte_offset', '<', endByte);
  if (state !== undefined) query = query.where('state', '=', state);
  const wanted = [
    ...(code === undefined ? [] : [`"code":${JSON.stringify(code)}`]),
    ...(column === undefined ? [] : [`"column":${JSON.stringify(column)}`]),
  ].join(',');
  return wanted === '' ? query : query.where(sql<boolean>`errors LIKE ${like(wanted)} ESCAPE '!'`);
}

/** Quotes inside a value are escaped in JSON, so only a member can match. */
const like = (text: string): string => `%${text.replace(/[!%_]/g, '!$&')}%`;

export async function countRejects(
  connection: Connection,
  load: string,
  state: RejectState,
): Promise<number> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_rejects')
    .select((select) => select.fn.countAll<number>().as('n'))
    .where('load_id', '=', load)
    .where('state', '=', state);
  return Number((await firstOf(connection, query))?.n ?? 0);
}

/** Loads into a table, newest first, that have open rejects with a reason of this code. */
export async function loadsWithOpenRejects(
  connection: Connection,
  table: string,
  code: string,
  limit: number,
): Promise<string[]> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_loads')
    .select('id')
    .where('table_name', '=', table)
    .where('rejected', '>', 0)
    .where(({ exists, selectFrom }) =>
      exists(
        selectFrom('rowferry_rejects')
          .select('record')
          .whereRef('load_id', '=', 'rowferry_loads.id')
          .where('rowferry_rejects.state', '=', 'open')
          .where(sql<boolean>`errors LIKE ${like(`"code":"${code}"`)} ESCAPE '!'`),
      ),
    )
    .orderBy('id', 'desc')
    .limit(limit);
  return (await rowsOf(connection, query)).map(({ id }) => id);
}

/** As it was, such a record takes in what stands after it, so it is not sent again with others. */
const UNCLOSED = 'quote.unclosed';

export const canGoAgain = (reject: Reject): boolean =>
  !reject.errors.some((error) => error.code === UNCLOSED);

/** Ordinals in one statement. */
const ORDINALS = 500;

/** Open rejects (ordinals of the load) that another load takes from now on; how many of them were open still. */
export async function takeRejects(
  connection: Connection,
  load: string,
  records: readonly number[],
  by: string,
): Promise<number> {
  let taken = 0;
  for (const some of inPieces(records)) {
    const update = rejectsOf(connection, load, some).set({ state: 'retried', retry_load: by });
    taken += await run(connection, update.where('state', '=', 'open'));
  }
  return taken;
}

/** Rejects that were taken and are still none to be loaded: open again, with the reasons of the last try. */
export async function giveBackRejects(
  connection: Connection,
  load: string,
  rejects: ReadonlyArray<{
    readonly index: number;
    readonly errors: readonly RejectError[];
    readonly changed: boolean;
  }>,
): Promise<void> {
  for (const some of inPieces(rejects.map(({ index }) => index))) {
    await run(connection, rejectsOf(connection, load, some).set({ state: 'open', retry_load: null }));
  }
  for (const { index, errors } of rejects.filter(({ changed }) => changed)) {
    await run(connection, rejectsOf(connection, load, [index]).set({ errors: errorsText(errors) }));
  }
}

const rejectsOf = (connection: Connection, load: string, records: readonly number[]) =>
  ledgerOf(connection)
    .updateTable('rowferry_rejects')
    .where('load_id', '=', load)
    .where('record', 'in', [...records]);

function* inPieces(records: readonly number[]): Generator<readonly number[]> {
  for (let at = 0; at < records.length; at += ORDINALS) yield records.slice(at, at + ORDINALS);
}

/** Of a load that starts over. */
export async function deleteRejects(connection: Connection, load: string): Promise<void> {
  await run(connection, ledgerOf(connection).deleteFrom('rowferry_rejects').where('load_id', '=', load));
}

const STATES: readonly RejectState[] = REJECT_STATES;

function toReject(row: RejectRow): StoredReject {
  return {
    index: row.record,
    line: row.line,
    byteOffset: row.byte_offset,
    raw: row.raw,
    errors: JSON.parse(row.errors) as RejectError[],
    state: STATES.find((state) => state === row.state) ?? 'open',
    retryLoad: row.retry_load,
  };
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

export function rejectDocument(reject: Reject): RejectDocument {
  const { index, line, byteOffset, raw, errors } = reject;
  const document = { index, line, byteOffset, raw: decoder.decode(raw), errors };
  return isUtf8(raw) ? document : { ...document, rawBase64: Buffer.from(raw).toString('base64') };
}

/** With where it stands now. */
export function storedRejectDocument(reject: StoredReject): RejectDocument {
  const { state, retryLoad } = reject;
  return { ...rejectDocument(reject), state, retryLoad };
}
