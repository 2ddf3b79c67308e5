import type { MessagePort } from 'node:worker_threads';
import type { Connection } from '../database/database.ts';
import { orderByParents } from '../dictionary/order.ts';
import { RowferryError } from '../errors.ts';
import { claimAnswer, completeAnswer, releaseAnswer, renewAnswer } from '../ledger/answers.ts';
import { expireAnswers, forgetAnswers } from '../ledger/left-answers.ts';
import { release } from '../lib/release.ts';
import { giveBack } from '../lib/slabs.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { Table } from '../model/table.ts';
import { type BatchesToCommit, commitBatches } from './commit-batches.ts';
import { commitPart, committedPart, type PartToCommit } from './commit-part.ts';
import type { Answered, BatchRequest } from './ingest.ts';
import { readTables, rowsOfDocument } from './json-rows.ts';
import { abortLoad, announceLoad, announceOnce, type EarlyEnd, finishLoad } from './load-life.ts';
import { Parked } from './parked.ts';
import { type Persistence, persistently } from './persistently.ts';
import type { Prepared, Preparer } from './prepare.ts';
import { type LaneReconcile, reconcileSlice } from './reconcile.ts';
import { type LaneRetry, retryOrphans, retryRejects } from './retry.ts';
import { warmLane } from './warm-lane.ts';

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

/** A part whose bytes, of which only those of rejects are looked at, wait in a port. */
export interface LanePart extends Omit<PartToCommit, 'prepared'> {
  readonly prepared: Omit<Prepared, 'bytes'>;
  readonly bytes: MessagePort;
}

/** What `commitPart` does at its end, for a part that does not come to it. */
export function dropPart({ prepared, bytes }: LanePart): void {
  bytes.close();
  giveBack(prepared.encoded.data);
}

type Receipts = Promise<Answered<readonly BatchReceipt[]>>;

/** The operations of a lane by name: what the pool calls, and the thread answers. */
export const LANE_OPS = {
  /** Its modules are loaded, its connection is open, and its database has at hand what is asked with each part. */
  ready: ({ connection }: LaneContext, _nothing: null) => warmLane(connection),

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
    // Rows that came as JSON were written anew: of the body nothing is needed any more.
    if (format !== 'csv') release(body);
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

  retry: (context: LaneContext, request: LaneRetry): Receipts => retryRejects(context, request),

  retryOrphans: (context: LaneContext, request: Parameters<typeof retryOrphans>[1]) =>
    retryOrphans(context, request),

  reconcile: (context: LaneContext, slice: LaneReconcile) => reconcileSlice(context, slice),

  announce: ({ connection, persistence }: LaneContext, announcement: Parameters<typeof announceLoad>[1]) =>
    announceLoad(connection, announcement, persistence),

  announceOnce: ({ connection, persistence }: LaneContext, once: Parameters<typeof announceOnce>[1]) =>
    announceOnce(connection, once, persistence),

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

  settleLeft: async ({ connection }: LaneContext, now: number) => ({
    expired: await expireAnswers(connection, now),
    forgotten: await forgetAnswers(connection, now),
  }),
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
