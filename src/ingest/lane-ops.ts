import type { MessagePort } from 'node:worker_threads';
import { resolveDialect } from '../csv/dialect.ts';
import { joinRecords, recordsOnly } from '../csv/general/again.ts';
import type { Connection } from '../database/database.ts';
import { orderByParents } from '../dictionary/order.ts';
import { RowferryError } from '../errors.ts';
import { claimAnswer, completeAnswer, releaseAnswer, renewAnswer } from '../ledger/answers.ts';
import { findLoad } from '../ledger/loads.ts';
import { canGoAgain, listRejects } from '../ledger/rejects.ts';
import { giveBack } from '../lib/slabs.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { Table } from '../model/table.ts';
import { type BatchesToCommit, commitBatches } from './commit-batches.ts';
import { commitPart, committedPart, type PartToCommit } from './commit-part.ts';
import type { Answered, BatchRequest, RetryRequest } from './ingest.ts';
import { readTables, rowsOfDocument } from './json-rows.ts';
import { abortLoad, announceLoad, type EarlyEnd, finishLoad } from './load-life.ts';
import { Parked } from './parked.ts';
import { type Persistence, persistently } from './persistently.ts';
import type { CsvPart, Prepared, Preparer } from './prepare.ts';

/** What a lane works with. */
export interface LaneContext {
  readonly connection: Connection;
  readonly preparer: Preparer;
  readonly persistence: Persistence;
}

/** A request's body for one table, with what the lane needs of the dictionary. */
export interface LaneBatch extends Omit<BatchRequest, 'table'> {
  readonly table: Table;
}

export interface LaneBatches extends Omit<BatchRequest, 'table' | 'format'> {
  readonly tables: readonly Table[];
}

export interface LaneRetry extends RetryRequest {
  readonly load: string;
  readonly table: Table;
  /** Of the load, as the table was refined by it. */
  readonly schema: string | null;
}

/** A part whose bytes, of which only those of rejects are looked at, wait in a port. */
export interface LanePart extends Omit<PartToCommit, 'prepared'> {
  readonly prepared: Omit<Prepared, 'bytes'>;
  readonly bytes: MessagePort;
}

type Receipts = Promise<Answered<readonly BatchReceipt[]>>;

/** Raw records of one retry, together. */
const MAX_RETRY_BYTES = 64 << 20;

/** The operations of a lane by name: what the pool calls, and the thread answers. */
export const LANE_OPS = {
  commitPart: async ({ connection, persistence }: LaneContext, { bytes, ...part }: LanePart) => {
    const parked = new Parked(bytes);
    const prepared = {
      ...part.prepared,
      get bytes() {
        return parked.bytes;
      },
    };
    let wentBack = false;
    const onWentBack = () => {
      wentBack = true;
    };
    try {
      const receipt = await commitPart(connection, { ...part, prepared }, { ...persistence, onWentBack });
      return { receipt, wentBack };
    } finally {
      parked.close();
      giveBack(part.prepared.encoded.data);
    }
  },

  committedPart: ({ connection }: LaneContext, part: { load: string; offset: number; sha256: string }) =>
    committedPart(connection, part.load, part.offset, part.sha256),

  batch: async (context: LaneContext, request: LaneBatch): Receipts => {
    const { format, body, table, dialect, maxRows, mode, atomic, claim } = request;
    const prepared = context.preparer.rows(format, body, table, dialect ?? {}, maxRows);
    return commit(context, { prepared: [prepared], mode, atomic, claim, retryOf: null });
  },

  batches: async (context: LaneContext, request: LaneBatches): Receipts => {
    const { body, tables, maxRows, mode, atomic, claim } = request;
    const prepared = prepareTables(context.preparer, readTables(body), tables, maxRows);
    return commit(context, { prepared, mode, atomic, claim, retryOf: null });
  },

  tablesOf: async (_context: LaneContext, body: Uint8Array): Promise<string[]> => [
    ...readTables(body).keys(),
  ],

  retry: (context: LaneContext, request: LaneRetry): Receipts => retry(context, request),

  announce: ({ connection, persistence }: LaneContext, announcement: Parameters<typeof announceLoad>[1]) =>
    announceLoad(connection, announcement, persistence),

  finish: ({ connection, persistence }: LaneContext, id: string) => finishLoad(connection, id, persistence),

  abort: ({ connection, persistence }: LaneContext, end: EarlyEnd) => abortLoad(connection, end, persistence),

  claim: ({ connection, persistence }: LaneContext, key: Parameters<typeof claimAnswer>[1]) => {
    const work = () => connection.transaction(() => claimAnswer(connection, key), { write: true });
    return persistently(work, persistence, { ledgerDecides: false });
  },

  complete: ({ connection }: LaneContext, done: CompleteRequest) =>
    completeAnswer(connection, done.key, done.fence, done),

  renew: ({ connection }: LaneContext, held: HeldKey) => renewAnswer(connection, held.key, held.fence),

  release: ({ connection }: LaneContext, held: HeldKey) => releaseAnswer(connection, held.key, held.fence),
};

interface HeldKey {
  readonly key: Parameters<typeof completeAnswer>[1];
  readonly fence: number;
}

interface CompleteRequest extends HeldKey {
  readonly status: number;
  readonly body: string;
}

export type LaneOps = typeof LANE_OPS;

function prepareTables(
  preparer: Preparer,
  bodies: ReadonlyMap<string, unknown>,
  tables: readonly Table[],
  maxRows: number,
): Prepared[] {
  const byName = bodiesByTable(bodies, tables);
  return orderByParents(tables, byName.keys()).flatMap((name) => {
    const found = byName.get(name);
    if (found === undefined) return [];
    return [preparer.jsonRows(rowsOfDocument(found.body, found.table), found.table, maxRows)];
  });
}

/** The tables stand in the order of the bodies, whose own names for them may be spelled otherwise. */
function bodiesByTable(bodies: ReadonlyMap<string, unknown>, tables: readonly Table[]) {
  const byName = new Map<string, { table: Table; body: unknown }>();
  for (const [i, body] of [...bodies.values()].entries()) {
    const table = tables[i];
    if (table === undefined) throw new RowferryError('internal', 'a table of the request was not looked up');
    if (byName.has(table.name)) {
      throw new RowferryError('body-invalid', `table ${table.name} is named twice in the request`, {
        hint: 'put its rows under one name',
      });
    }
    byName.set(table.name, { table, body });
  }
  return byName;
}

const commit = ({ connection, persistence }: LaneContext, batches: BatchesToCommit): Receipts =>
  commitBatches(connection, batches, persistence);

async function retry(context: LaneContext, request: LaneRetry): Receipts {
  const { connection, preparer } = context;
  const { table, mode, atomic, claim, maxRows, load } = request;
  const prepared =
    request.body === undefined
      ? preparer.csv(await rejectedAgain(connection, load, table))
      : preparer.rows(request.format, request.body, table, request.dialect ?? {}, maxRows);
  const retryOf = { load, corrected: request.body !== undefined, schema: request.schema };
  return commit(context, { prepared: [prepared], mode, atomic, claim, retryOf });
}

/** The open rejects of a load that can go again as they came, one after the other. */
async function rejectedAgain(connection: Connection, id: string, table: Table): Promise<CsvPart> {
  const { columns, dialect } = await findLoad(connection, id);
  const open = await listRejects(connection, id, { limit: 1_000_000, open: true });
  const rejects = open.filter(canGoAgain);
  const size = rejects.reduce((sum, reject) => sum + reject.raw.length + 1, 0);
  if (size > MAX_RETRY_BYTES) {
    throw new RowferryError(
      'body-too-large',
      `the rejects of load ${id} have ${size} bytes; at most ${MAX_RETRY_BYTES} go in one retry`,
      {
        hint: 'mend the file under not_added/ and load it: rowferry load FILE',
      },
    );
  }
  const said = resolveDialect(dialect ?? {});
  const bytes = joinRecords(
    rejects.map(({ raw }) => raw),
    said,
  );
  return { bytes, table, last: true, columns, dialect: recordsOnly(said) };
}
