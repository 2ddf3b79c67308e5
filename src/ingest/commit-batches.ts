import { isDeepStrictEqual } from 'node:util';
import type { Connection, Staged } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { claimAnswer, completeAnswer } from '../ledger/answers.ts';
import { insertLoad, lockLoad, updateLoad } from '../ledger/loads.ts';
import { giveBackRejects, insertRejects, rejectDocument, takeRejects } from '../ledger/rejects.ts';
import { failpoint } from '../lib/failpoint.ts';
import { ulid } from '../lib/ulid.ts';
import type { BatchReceipt, Counts, LoadState } from '../model/receipt.ts';
import type { PlacedReject, Reject } from '../model/reject.ts';
import type { Mode } from '../model/table.ts';
import type { Answered, IdempotencyClaim } from './ingest.ts';
import { type Attempt, type Persistence, persistently } from './persistently.ts';
import type { Prepared } from './prepare.ts';
import { addReasons } from './reasons.ts';
import { readReceipts, storedReceipts } from './stored-receipts.ts';
import { START, type Written, writeStaged } from './write.ts';

/** One request's body: a prepared batch per table, parents first. */
export interface BatchesToCommit {
  readonly prepared: readonly Prepared[];
  readonly mode: Mode;
  readonly atomic: boolean;
  readonly claim: IdempotencyClaim;
  readonly retryOf: RetryOf | null;
  /** Of the loads that are made; default: request. */
  readonly name?: string | undefined;
}

/** The load whose open rejects these rows are. */
export interface RetryOf {
  readonly load: string;
  readonly schema: string | null;
  /** The reject that each row of the one batch is. */
  readonly rejects: readonly PlacedReject[];
  /** Of the receipt. */
  readonly next: number | null;
}

/** Not all of them are open any more: another retry took some. Nothing was written. */
export class RejectsTaken extends RowferryError {
  constructor(load: string) {
    super('database-busy', `other retries of load ${load} were quicker`, { retryAfterSeconds: 1 });
  }
}

/**
 * All tables of a request in one transaction with the request's answer, so that a repetition of it finds the answer
 * if and only if the rows are there.
 */
export async function commitBatches(
  connection: Connection,
  request: BatchesToCommit,
  persistence: Persistence = {},
): Promise<Answered<readonly BatchReceipt[]>> {
  const most = connection.engine.capabilities.stagedBatches;
  if (request.prepared.length > most) {
    throw new RowferryError(
      'bad-request',
      `${request.prepared.length} tables in one request; at most ${most}`,
    );
  }
  const staged = await connection.stage(request.prepared.map((prepared) => prepared.encoded));
  const options = { write: true, foreignKeys: foreignKeysBy(connection, request) };
  const work = async ({ inDoubt }: Attempt): Promise<Answered<readonly BatchReceipt[]>> => {
    const answered = await connection.transaction(() => writeAll(connection, staged, request), options);
    // An answer that is there after a COMMIT in doubt is this request's own.
    return { ...answered, replayed: answered.replayed && !inDoubt };
  };
  return persistently(work, persistence, { ledgerDecides: true });
}

/** By set only when every table of the request can. */
function foreignKeysBy(connection: Connection, { prepared, mode }: BatchesToCommit): 'set' | 'row' {
  const ways = prepared.map(({ plan }) => connection.engine.foreignKeysBy(plan, mode));
  return ways.includes('row') ? 'row' : 'set';
}

async function writeAll(
  connection: Connection,
  staged: readonly Staged[],
  request: BatchesToCommit,
): Promise<Answered<readonly BatchReceipt[]>> {
  const claimed = await claimAnswer(connection, request.claim);
  if (claimed.kind === 'done') {
    return { answer: await readReceipts(connection, claimed.body), replayed: true };
  }
  const started = performance.now();
  // Retries of one load take turns.
  if (request.retryOf !== null) await lockLoad(connection, request.retryOf.load);
  const { written, refused } = await writeTables(connection, staged, request);
  const receipts: BatchReceipt[] = [];
  failpoint('before_ledger');
  for (const [i, each] of written.entries()) {
    const prepared = request.prepared[i];
    if (prepared === undefined) continue;
    const state = refused ? 'aborted' : stateOf(each.counts);
    receipts.push(await record(connection, request, prepared, each, { started, state }));
  }
  await completeAnswer(connection, request.claim, claimed.fence, {
    status: 200,
    body: storedReceipts(receipts),
  });
  return { answer: receipts, replayed: false };
}

/** With `atomic` one reject takes the rows of all tables back. */
async function writeTables(
  connection: Connection,
  staged: readonly Staged[],
  request: BatchesToCommit,
): Promise<{ written: Written[]; refused: boolean }> {
  await connection.execute('SAVEPOINT rows_of_request');
  const written: Written[] = [];
  for (const [i, prepared] of request.prepared.entries()) {
    const handle = staged[i];
    if (handle === undefined) throw new RowferryError('internal', 'a batch was not staged');
    written.push(await writeStaged(connection, handle, prepared, request.mode, START));
  }
  const refused = request.atomic && written.some((each) => each.counts.rejected > 0);
  if (refused) await connection.execute('ROLLBACK TO SAVEPOINT rows_of_request');
  await connection.execute('RELEASE SAVEPOINT rows_of_request');
  return { written: refused ? written.map(passedOver) : written, refused };
}

/** The good rows of a refused atomic request were passed over: the balance holds, and nothing was loaded. */
function passedOver(written: Written): Written {
  const { read, rejected } = written.counts;
  return { ...written, counts: { read, inserted: 0, updated: 0, skipped: read - rejected, rejected } };
}

async function record(
  connection: Connection,
  request: BatchesToCommit,
  prepared: Prepared,
  { counts, rejects: found, strategy }: Written,
  { started, state }: { started: number; state: LoadState },
): Promise<BatchReceipt> {
  const { claim, mode, atomic, retryOf, name = 'request' } = request;
  const id = ulid();
  const rejects = retryOf === null ? found : found.map((reject) => placed(reject, retryOf));
  const table = prepared.plan.table.name;
  const reasons = addReasons([], rejects);
  await insertLoad(connection, {
    id,
    table,
    name,
    owner: claim.owner,
    size: prepared.consumed,
    sha256: claim.bodySha256,
    request: `${claim.owner} ${claim.key}`,
    mode,
    atomic,
    maxRejects: null,
    parent: retryOf?.load ?? null,
    schema: retryOf?.schema ?? null,
  });
  await updateLoad(
    connection,
    { id, fence: 1 },
    {
      state,
      counts,
      reasons,
      strategy,
      position: prepared.consumed,
      dialect: prepared.dialect,
      columns: prepared.plan.columns.map((column) => column.name),
    },
  );
  if (retryOf !== null && state !== 'aborted') await settleRejects(connection, id, retryOf, rejects);
  await insertRejects(connection, id, rejects, retryOf === null ? 'open' : 'returned');
  return {
    load: id,
    table,
    state,
    mode,
    atomic,
    ...counts,
    reasons,
    rejects: rejects.map(rejectDocument),
    strategy,
    seconds: Math.round(performance.now() - started) / 1000,
    ...(retryOf === null ? {} : { next: retryOf.next }),
  };
}

/** At its line in the content that it first came in. */
function placed(reject: Reject, { rejects }: RetryOf): Reject {
  const { line, byteOffset } = rejects[reject.index] ?? reject;
  return { ...reject, line, byteOffset };
}

/** What is loaded is open no more; what was rejected again is, with the reasons of this try. */
async function settleRejects(
  connection: Connection,
  id: string,
  { load, rejects: origins }: RetryOf,
  rejects: readonly Reject[],
): Promise<void> {
  const indexes = origins.map(({ index }) => index);
  if ((await takeRejects(connection, load, indexes, id)) !== origins.length) throw new RejectsTaken(load);
  const still = rejects.flatMap(({ index, errors }) => {
    const origin = origins[index];
    if (origin === undefined) return [];
    return [{ index: origin.index, errors, changed: !isDeepStrictEqual(errors, origin.errors) }];
  });
  await giveBackRejects(connection, load, still);
}

const stateOf = (counts: Counts): LoadState =>
  counts.rejected === 0 ? 'completed' : 'completed_with_rejects';
