import { isDeepStrictEqual } from 'node:util';
import type { Connection, Staged } from '../database/database.ts';
import { unrefined } from '../dictionary/schema/refine.ts';
import { RowferryError } from '../errors.ts';
import { findBatch, insertBatch } from '../ledger/batches.ts';
import {
  changedLoad,
  findLoad,
  type LedgerLoad,
  type LoadChange,
  lockLoad,
  publicLoad,
  updateLoad,
} from '../ledger/loads.ts';
import { insertRejects, listRejects, rejectDocument } from '../ledger/rejects.ts';
import { failpoint } from '../lib/failpoint.ts';
import type { Counts, PartReceipt } from '../model/receipt.ts';
import type { Reject } from '../model/reject.ts';
import type { Mode } from '../model/table.ts';
import { awaitAhead, awaitTurn, isAhead, type PartAhead, partsHere, TooFarAhead } from './ahead.ts';
import { intoStaging, settleAtomic } from './atomic.ts';
import { Dictionary } from './dictionary.ts';
import type { Inserted } from './insert-batch.ts';
import { type Attempt, type Persistence, persistently } from './persistently.ts';
import type { Prepared } from './prepare.ts';
import { addCounts, addReasons } from './reasons.ts';
import { exceeds, looksWrong, stoppedBy } from './stop-rules.ts';
import { account, insertPrepared, type Written } from './write.ts';

/** Rejects named in one part's answer; all of them are at GET /v1/loads/{id}/rejects. */
const REJECTS_PER_ANSWER = 10_000;

export interface PartToCommit {
  readonly load: string;
  readonly offset: number;
  /** Of the load when the part came: one that was begun anew since takes nothing of what it was before. */
  readonly fence: number;
  readonly mode: Mode;
  readonly atomic: boolean;
  /** Of the bytes that were taken: not of a record that the part does not end. */
  readonly sha256: string;
  readonly last: boolean;
  readonly schemaVersion: string;
  readonly prepared: Prepared;
  /** The offset of the part before, when the rows are inserted before their turn; they are committed in it. */
  readonly aheadOf?: number | null;
}

export interface CommitOptions extends Persistence {
  /** A part that went ahead stood in the way of the one before it. */
  readonly onWentBack?: () => void;
}

/** The receipt of a part that was committed before; null when it was not. */
export async function committedPart(
  connection: Connection,
  load: string,
  offset: number,
  sha256: string,
): Promise<PartReceipt | null> {
  const batch = await findBatch(connection, load, offset);
  if (batch?.sha256 !== sha256) await refuseMerged(connection, load);
  if (batch === null) return null;
  if (batch.sha256 !== sha256) {
    throw new RowferryError(
      'content-mismatch',
      `another part was committed at offset ${offset} of load ${load}`,
      {
        hint: 'send the content that was announced; for a changed file announce a new load',
      },
    );
  }
  const range = { firstByte: batch.firstByte, endByte: batch.endByte };
  const rejects = await listRejects(connection, load, { ...range, limit: REJECTS_PER_ANSWER });
  return toReceipt(await findLoad(connection, load), { ...batch, ...range }, rejects);
}

/** The parts of an atomic load that was loaded have become one batch. */
async function refuseMerged(connection: Connection, id: string): Promise<void> {
  const load = await findLoad(connection, id);
  if (load.atomic && load.state === 'completed') throw finished(load);
}

/**
 * Rows, rejects and receipt commit together or not at all. A part whose COMMIT was in doubt and did happen is an
 * `offset-mismatch` or `load-finished`, as for any part that was committed before.
 */
export async function commitPart(
  connection: Connection,
  part: PartToCommit,
  options: CommitOptions = {},
): Promise<PartReceipt> {
  const { onWentBack, ...persistence } = options;
  const [staged] = await connection.stage([part.prepared.encoded]);
  if (staged === undefined) throw new RowferryError('internal', 'nothing was staged');
  const write = ({ failed }: Attempt) =>
    isAhead(part) && failed === 0
      ? writeAhead(connection, staged, part, onWentBack)
      : writeInTurn(connection, staged, part);
  try {
    const written = () => persistently(write, persistence, { ledgerDecides: true });
    const { atomic, receipt } = await partsHere.during(part, written);
    return atomic && part.last ? await settlePart(connection, receipt, persistence) : receipt;
  } catch (error) {
    if (!(error instanceof WrongFile)) throw error;
    const stop = () => stopBefore(connection, part, error);
    return persistently(stop, persistence, { ledgerDecides: false });
  }
}

interface WrittenPart {
  readonly atomic: boolean;
  readonly receipt: PartReceipt;
}

/** In turn after all when the part stands in the way. */
async function writeAhead(
  connection: Connection,
  staged: Staged,
  part: PartToCommit & PartAhead,
  onWentBack: CommitOptions['onWentBack'],
): Promise<WrittenPart> {
  try {
    return await writeInTransaction(connection, staged, part, part);
  } catch (error) {
    if (!(error instanceof TooFarAhead)) throw error;
    onWentBack?.();
    return writeInTurn(connection, staged, part);
  }
}

async function writeInTurn(connection: Connection, staged: Staged, part: PartToCommit): Promise<WrittenPart> {
  if (isAhead(part)) await awaitTurn(connection, part);
  return writeInTransaction(connection, staged, part, null);
}

async function writeInTransaction(
  connection: Connection,
  staged: Staged,
  part: PartToCommit,
  ahead: PartAhead | null,
): Promise<WrittenPart> {
  const { mode, atomic } = part;
  const foreignKeys = connection.engine.foreignKeysBy(part.prepared.plan, mode);
  const work = async () => {
    const inserted = ahead === null ? null : await insertAhead(connection, staged, part, ahead);
    return writePart(connection, staged, part, inserted);
  };
  return { atomic, receipt: await connection.transaction(work, { write: true, foreignKeys }) };
}

async function insertAhead(
  connection: Connection,
  staged: Staged,
  part: PartToCommit,
  ahead: PartAhead,
): Promise<Inserted> {
  await refuseSchemaChange(connection, part);
  const inserted = await insertPrepared(connection, staged, part.prepared, 'insert');
  await awaitAhead(connection, ahead);
  return inserted;
}

async function settlePart(
  connection: Connection,
  receipt: PartReceipt,
  persistence: Persistence,
): Promise<PartReceipt> {
  if (receipt.state !== 'receiving' || receipt.offset !== receipt.size) return receipt;
  await settleAtomic(connection, receipt.id, persistence);
  const load = publicLoad(await findLoad(connection, receipt.id));
  // The only part of its load is all of it.
  const part = receipt.part.firstByte === 0 ? { ...receipt.part, ...countsOf(load) } : receipt.part;
  return { ...receipt, ...load, part };
}

const countsOf = ({ read, inserted, updated, skipped, rejected }: Counts): Counts => ({
  read,
  inserted,
  updated,
  skipped,
  rejected,
});

/** Carries what was found out of the transaction that is rolled back. */
class WrongFile extends Error {
  readonly written: Written;
  constructor(written: Written) {
    super('nearly every record was rejected');
    this.written = written;
  }
}

/** `inserted`: what came of the rows, if they went ahead. */
async function writePart(
  connection: Connection,
  staged: Staged,
  part: PartToCommit,
  inserted: Inserted | null,
): Promise<PartReceipt> {
  const { prepared } = part;
  const load = await lockLoad(connection, part.load);
  refuseElsewhere(load, part);
  if (inserted === null) await refuseSchemaChange(connection, part);
  const place = { byte: load.offset, line: load.nextLine, record: load.read };
  const writer = load.atomic ? intoStaging(connection, load.id) : connection;
  const outcome = inserted ?? (await insertPrepared(writer, staged, prepared, load.mode));
  const written = account(prepared, outcome, place);
  if (looksWrong(load.maxRejects, load.offset === 0, written)) throw new WrongFile(written);
  const endByte = part.offset + prepared.consumed;
  failpoint('before_ledger');
  await insertRejects(connection, load.id, written.rejects);
  if (prepared.consumed > 0) {
    const range = { firstByte: part.offset, endByte, sha256: part.sha256 };
    await insertBatch(connection, { load: load.id, ...range, ...written.counts });
  }
  const change = changeOf(load, part, written, endByte);
  const updatedAt = await updateLoad(connection, load, change);
  if (load.atomic && change.state === 'aborted') await connection.staging.drop(load.id);
  const receipt = { ...written.counts, firstByte: part.offset, endByte };
  return toReceipt(changedLoad(load, change, updatedAt), receipt, written.rejects);
}

function changeOf(load: LedgerLoad, part: PartToCommit, written: Written, endByte: number): LoadChange {
  const { prepared } = part;
  const counts = addCounts(load, written.counts);
  const ended = part.last && endByte === load.size;
  const stopped = exceeds(load.maxRejects, counts, ended);
  const loaded = counts.rejected > 0 ? 'completed_with_rejects' : 'completed';
  const done = load.atomic ? 'receiving' : loaded;
  const first = load.columns === null && prepared.consumed > 0;
  return {
    state: stopped ? 'aborted' : ended ? done : 'receiving',
    position: endByte,
    nextLine: load.nextLine + prepared.lines,
    counts,
    reasons: addReasons(load.reasons, written.rejects),
    strategy: written.strategy,
    ...(first
      ? { dialect: prepared.dialect, columns: prepared.plan.columns.map((column) => column.name) }
      : {}),
    ...(stopped ? { detail: stoppedBy(load.maxRejects, counts) } : {}),
  };
}

function refuseElsewhere(load: LedgerLoad, { offset, fence }: PartToCommit): void {
  if (load.state !== 'receiving') throw finished(load);
  if (load.offset === offset && load.fence === fence) return;
  throw new RowferryError(
    'offset-mismatch',
    `the part starts at ${offset}; the load stands at ${load.offset}`,
    {
      hint: `send the next part with offset=${load.offset}`,
      extra: { offset: load.offset },
    },
  );
}

export function finished(load: Pick<LedgerLoad, 'id' | 'state' | 'offset'>): RowferryError {
  return new RowferryError('load-finished', `load ${load.id} is ${load.state}`, {
    extra: { offset: load.offset },
  });
}

/** Other tables may come and go, staging tables among them. */
async function refuseSchemaChange(connection: Connection, part: PartToCommit): Promise<void> {
  if ((await connection.schemaVersion()) === part.schemaVersion) return;
  const table = unrefined(part.prepared.plan.table);
  if (isDeepStrictEqual(await new Dictionary(connection).table(table.name), table)) return;
  throw new RowferryError('database-schema-changed', `${table.name} changed while the part was checked`, {
    hint: 'send the part again',
    retryAfterSeconds: 1,
  });
}

/** Nothing of a wrong file is kept but the finding, if the load is what it was when that was made. */
async function stopBefore(
  connection: Connection,
  part: PartToCommit,
  wrong: WrongFile,
): Promise<PartReceipt> {
  const { counts, rejects } = wrong.written;
  const detail = `${counts.rejected} of the first ${counts.read} records were rejected: is this the right table and dialect?`;
  await connection.transaction(
    async () => {
      const load = await lockLoad(connection, part.load);
      refuseElsewhere(load, part);
      await updateLoad(connection, load, { state: 'aborted', detail, reasons: addReasons([], rejects) });
      if (load.atomic) await connection.staging.drop(load.id);
    },
    { write: true },
  );
  const range = { ...counts, firstByte: part.offset, endByte: part.offset };
  return toReceipt(await findLoad(connection, part.load), range, rejects.slice(0, 100));
}

function toReceipt(
  load: LedgerLoad,
  part: Counts & { readonly firstByte: number; readonly endByte: number },
  rejects: readonly Reject[],
): PartReceipt {
  const { read, inserted, updated, skipped, rejected, firstByte, endByte } = part;
  return {
    ...publicLoad(load),
    part: { read, inserted, updated, skipped, rejected, firstByte, endByte },
    rejects: rejects.slice(0, REJECTS_PER_ANSWER).map(rejectDocument),
  };
}
