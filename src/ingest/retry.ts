import { isDeepStrictEqual } from 'node:util';
import { resolveDialect } from '../csv/dialect.ts';
import { joinRecords, recordsOnly } from '../csv/general/again.ts';
import type { Connection } from '../database/database.ts';
import { findLoad, type LedgerLoad } from '../ledger/loads.ts';
import { canGoAgain, eachReject } from '../ledger/rejects.ts';
import type { BatchReceipt } from '../model/receipt.ts';
import type { PlacedReject, StoredReject } from '../model/reject.ts';
import type { Table } from '../model/table.ts';
import { commitBatches, RejectsTaken } from './commit-batches.ts';
import { matchCorrections } from './corrections.ts';
import type { Answered, IdempotencyClaim, RetryRequest } from './ingest.ts';
import type { Persistence } from './persistently.ts';
import type { Prepared, Preparer } from './prepare.ts';
import { wantsForParents } from './stop-rules.ts';

/** The rejects of a load go again: as they were, or by corrected rows for them. */

export interface LaneRetry extends RetryRequest {
  readonly load: string;
  readonly table: Table;
  /** Of the load, as the table was refined by it. */
  readonly schema: string | null;
  /** Of the new load; default: request. */
  readonly name?: string;
}

export interface RetryContext {
  readonly connection: Connection;
  readonly preparer: Preparer;
  readonly persistence: Persistence;
}

/** Rows that go again, and the reject that each of them is. */
interface Chosen {
  readonly prepared: Prepared;
  readonly rejects: readonly PlacedReject[];
  /** Where the next retry goes on; null at the end. As in BatchReceipt. */
  readonly next: number | null;
}

/** Raw records of one retry, together. */
const MAX_RETRY_BYTES = 16 << 20;
/** Times that other retries may be quicker. */
const MOST_TRIES = 5;

type Receipts = Answered<readonly BatchReceipt[]>;

/**
 * One transaction: the rows, the receipt, and what becomes of each reject. Those that are loaded are closed, the
 * others stay open with the reasons of this try. Where another retry took some of them meanwhile, it starts over
 * with what that one left.
 */
export async function retryRejects(context: RetryContext, request: LaneRetry): Promise<Receipts> {
  const { mode, atomic, claim, load, schema, name } = request;
  for (let tries = 1; ; tries++) {
    const { prepared, rejects, next } = await choose(context, request);
    const retryOf = { load, schema, rejects, next };
    const batches = { prepared: [prepared], mode, atomic, claim, retryOf, name };
    try {
      return await commitBatches(context.connection, batches, context.persistence);
    } catch (error) {
      if (!(error instanceof RejectsTaken) || tries === MOST_TRIES) throw error;
    }
  }
}

/**
 * Of the open rejects of a load that only want for parents, those whose parents are there now; the others are left as
 * they are. A receipt for each transaction; `claimOf` gives each a key of its own.
 */
export async function retryOrphans(
  context: RetryContext,
  request: Omit<LaneRetry, 'claim' | 'body'> & { readonly claims: readonly IdempotencyClaim[] },
): Promise<readonly BatchReceipt[]> {
  const receipts: BatchReceipt[] = [];
  let after = -1;
  for (const claim of request.claims) {
    const chosen = await asTheyWere(context, { ...request, claim, after }, ({ errors }) =>
      wantsForParents(errors),
    );
    const orphans = await orphansOf(context, chosen.prepared);
    const indexes = chosen.rejects.filter((_, row) => !orphans.has(row)).map(({ index }) => index);
    if (indexes.length > 0) {
      const to = chosen.rejects.at(-1)?.index;
      const { answer } = await retryRejects(context, { ...request, claim, after, indexes });
      receipts.push(...answer);
      after = to ?? after;
    }
    if (chosen.next === null) break;
    after = chosen.next;
  }
  return receipts;
}

/** Rows without their parents, and those that are rejects for another reason. */
async function orphansOf({ connection }: RetryContext, prepared: Prepared): Promise<Set<number>> {
  const { encoded, plan, errors } = prepared;
  const [staged] = await connection.stage([encoded]);
  if (staged === undefined) return new Set();
  const found = await connection.transaction(() => connection.missingParents(staged, encoded, plan));
  return new Set([...found, ...errors].map(({ index }) => index));
}

function choose(context: RetryContext, request: LaneRetry): Promise<Chosen> {
  const { body } = request;
  return body === undefined ? asTheyWere(context, request) : corrected(context, { ...request, body });
}

/** The open rejects of a load that can go again as they came, one after the other, as many as one request takes. */
async function asTheyWere(
  { connection, preparer }: RetryContext,
  { load: id, table, maxRows, after = -1, indexes }: LaneRetry,
  isWanted: (reject: StoredReject) => boolean = canGoAgain,
): Promise<Chosen> {
  const { columns, dialect } = await findLoad(connection, id);
  const wanted = indexes === undefined ? null : new Set(indexes);
  const rejects: StoredReject[] = [];
  let next: number | null = null;
  let size = 0;
  for await (const reject of eachReject(connection, id, { after, state: 'open' })) {
    if (!isWanted(reject) || wanted?.has(reject.index) === false) continue;
    size += reject.raw.length;
    if (rejects.length > 0 && (rejects.length === maxRows || size > MAX_RETRY_BYTES)) {
      next = rejects.at(-1)?.index ?? null;
      break;
    }
    rejects.push(reject);
  }
  const said = resolveDialect(dialect ?? {});
  const bytes = joinRecords(
    rejects.map(({ raw }) => raw),
    said,
  );
  const prepared = preparer.csv({ bytes, table, last: true, columns, dialect: recordsOnly(said) });
  return { prepared, rejects, next };
}

/** Rows for rejects that were loaded before are left out. */
async function corrected(context: RetryContext, request: CorrectedRows): Promise<Chosen> {
  const { connection, preparer } = context;
  const { load: id, table, first } = request;
  const load = await findLoad(connection, id);
  const prepared = prepareCorrected(preparer, load, request);
  const matched = await matchCorrections({ connection, load, prepared, first });
  const next = first === undefined || matched.length === 0 ? null : first + matched.length;
  const open = matched.flatMap((reject, row) => (reject.state === 'open' ? [{ reject, row }] : []));
  const rejects = open.map(({ reject }) => reject);
  if (open.length === matched.length) return { prepared, rejects, next };
  const { recordStarts, recordEnds } = prepared;
  const raws = open.map(({ row }) => prepared.bytes.slice(recordStarts[row], recordEnds[row]));
  const said = resolveDialect(prepared.dialect);
  const part = { bytes: joinRecords(raws, said), table, last: true, dialect: recordsOnly(said) };
  return { prepared: preparer.csv({ ...part, columns: namesOf(prepared) }), rejects, next };
}

type CorrectedRows = LaneRetry & { readonly body: NonNullable<LaneRetry['body']> };

/** CSV is read as the content of the load was. A header may stand in front; without one the columns are the load's. */
function prepareCorrected(preparer: Preparer, load: LedgerLoad, request: CorrectedRows): Prepared {
  const { table, format, dialect, maxRows, body, first = 0 } = request;
  if (format !== 'csv') return preparer.rows(format, body, table, {}, maxRows);
  const { columns } = load;
  const own = { ...load.dialect, header: load.dialect?.headerRows.length === 1 ? null : true, ...dialect };
  const asFile = () => preparer.rows(format, body, table, own, maxRows);
  const asRecords = () => {
    const said = { ...recordsOnly(resolveDialect(own)), header: false };
    return preparer.csv({ bytes: body, table, last: true, columns, dialect: said, maxRows });
  };
  if (columns === null) return asFile();
  if (first > 0) return asRecords();
  const prepared = asFile();
  const named = prepared.dialect.header === true || isDeepStrictEqual(namesOf(prepared), columns);
  return named ? prepared : asRecords();
}

const namesOf = ({ plan }: Prepared): string[] => plan.columns.map(({ name }) => name);
