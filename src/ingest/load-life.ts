import { resolveDialect } from '../csv/dialect.ts';
import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { claimAnswer, completeAnswer } from '../ledger/answers.ts';
import { deleteBatches } from '../ledger/batches.ts';
import {
  findLoad,
  insertLoad,
  type LedgerLoad,
  lockByContent,
  lockLoad,
  publicLoad,
  updateLoad,
} from '../ledger/loads.ts';
import { deleteRejects } from '../ledger/rejects.ts';
import { type KeptSchema, keepSchema } from '../ledger/schemas.ts';
import { ulid } from '../lib/ulid.ts';
import { type Load, NO_COUNTS } from '../model/receipt.ts';
import { beginStaging, settleAtomic } from './atomic.ts';
import type { Announced, Announcement, IdempotencyClaim, StoredAnswer } from './ingest.ts';
import { type Persistence, persistently } from './persistently.ts';
import { checkMaxRejects, exceeds, stoppedBy } from './stop-rules.ts';

/** Announce, finish, abort: what happens to a load between its parts. */

export interface LoadToAnnounce extends Omit<Announcement, 'schema'> {
  /** One that fits the table. */
  readonly schema?: KeptSchema | null;
}

export async function announceLoad(
  connection: Connection,
  announcement: LoadToAnnounce,
  persistence: Persistence = {},
): Promise<Announced> {
  const announce = announcer(connection, announcement);
  const work = () => connection.transaction(announce, { write: true });
  return persistently(work, persistence, { ledgerDecides: false });
}

/**
 * Under an Idempotency-Key, whose answer is stored in the same transaction: of a server that dies over it the key is
 * not held, and the disk is waited for once. Gives the stored answer of an equal request that is done. Throws
 * `idempotency-key-reused` and `request-running`.
 */
export async function announceOnce(
  connection: Connection,
  { claim, ...announcement }: LoadToAnnounce & { readonly claim: IdempotencyClaim },
  persistence: Persistence = {},
): Promise<Announced | StoredAnswer> {
  const announce = announcer(connection, announcement);
  const once = async () => {
    const claimed = await claimAnswer(connection, claim);
    if (claimed.kind === 'done') return { status: claimed.status, body: claimed.body };
    const announced = await announce();
    const answer = { status: announced.existing ? 200 : 201, body: JSON.stringify(announced.load) };
    await completeAnswer(connection, claim, claimed.fence, answer);
    return announced;
  };
  const work = () => connection.transaction(once, { write: true });
  return persistently(work, persistence, { ledgerDecides: true });
}

/** What is to be done in a transaction; done again, it comes to the same. */
function announcer(connection: Connection, announcement: LoadToAnnounce): () => Promise<Announced> {
  const dialect = announcement.dialect === undefined ? null : resolveDialect(announcement.dialect);
  const maxRejects = announcement.maxRejects === undefined ? null : checkMaxRejects(announcement.maxRejects);
  const { table, name, size, sha256, owner, mode = 'insert', atomic = false, schema = null } = announcement;
  // The same in each attempt: what was made beside a transaction that is run again is then found and replaced.
  const facts = { id: ulid(), table, name, size, sha256, owner };
  const load = { ...facts, maxRejects, dialect, mode, atomic, schema: schema?.sha256 ?? null };
  return async () => {
    if (schema !== null) await keepSchema(connection, schema);
    return insertOrReopen(connection, load);
  };
}

type Said = Pick<LedgerLoad, 'maxRejects' | 'dialect' | 'mode' | 'atomic' | 'schema'>;
type LoadFacts = Said & Pick<LedgerLoad, 'id' | 'table' | 'name' | 'size' | 'sha256' | 'owner'>;

async function insertOrReopen(connection: Connection, { dialect, ...load }: LoadFacts): Promise<Announced> {
  const { id, table, sha256, maxRejects, mode, atomic, schema } = load;
  if (await insertLoad(connection, { ...load, request: '', parent: null })) {
    if (dialect !== null) await updateLoad(connection, { id, fence: 1 }, { dialect });
    if (atomic) await beginStaging(connection, id, table);
    return { load: publicLoad(await findLoad(connection, id)), existing: false };
  }
  const known = await lockByContent(connection, { table, sha256, request: '' });
  if (known === null) throw new RowferryError('internal', 'a load was neither new nor known');
  await reopen(connection, known, { maxRejects, dialect, mode, atomic, schema });
  return { load: publicLoad(await findLoad(connection, known.id)), existing: true };
}

/**
 * A load that was stopped goes on when it is announced again; one of which no row is in the table starts over, with
 * what is said now.
 */
async function reopen(connection: Connection, load: LedgerLoad, said: Said): Promise<void> {
  const ended = load.state === 'completed' || load.state === 'completed_with_rejects';
  if (ended && !allRejected(load)) return;
  const startsOver = ended || load.offset === 0 || (load.atomic && load.state !== 'receiving');
  if (!startsOver && said.atomic && !load.atomic) throw begunOtherwise(load);
  if (!startsOver && said.schema !== null && said.schema !== load.schema) throw begunByOther(load);
  if (!startsOver && exceeds(said.maxRejects, load, load.offset === load.size)) {
    return stop(connection, load, said.maxRejects);
  }
  // A load under way keeps its limit when it is only taken up again; one that ended goes on by what is said now.
  const limited = said.maxRejects !== null || load.state !== 'receiving';
  await updateLoad(connection, load, {
    state: 'receiving',
    detail: null,
    ...(limited ? { maxRejects: said.maxRejects } : {}),
  });
  if (startsOver) await startOver(connection, load, said);
}

/** It has more rejects already than the limit that is said now, whatever the one was by which it came so far. */
async function stop(connection: Connection, load: LedgerLoad, maxRejects: string | null): Promise<void> {
  const detail = stoppedBy(maxRejects, load);
  await updateLoad(connection, load, { state: 'aborted', maxRejects, detail });
  if (load.atomic) await connection.staging.drop(load.id);
}

/** The wrong dialect, or parents that were missing: a second try takes nothing twice. */
function allRejected(load: LedgerLoad): boolean {
  return load.rejected > 0 && load.rejected === load.read;
}

async function startOver(connection: Connection, load: LedgerLoad, said: Said): Promise<void> {
  const { dialect, mode, atomic, schema } = said;
  const nothing = { position: 0, nextLine: 0, counts: NO_COUNTS, reasons: [], columns: null, strategy: null };
  const fence = load.fence + 1;
  await deleteRejects(connection, load.id);
  await deleteBatches(connection, load.id);
  await updateLoad(connection, load, { ...nothing, dialect, mode, atomic, schema, fence });
  await connection.staging.drop(load.id);
  if (atomic) await beginStaging(connection, load.id, load.table);
}

function begunOtherwise(load: LedgerLoad): RowferryError {
  return new RowferryError(
    'bad-request',
    `load ${load.id} of this content was begun without atomic; ${load.inserted + load.updated} rows of it are in ${load.table}`,
    { hint: 'go on without atomic, or take those rows out and load a file with other content' },
  );
}

function begunByOther(load: LedgerLoad): RowferryError {
  const by = load.schema === null ? 'without a schema' : 'with another schema';
  return new RowferryError(
    'bad-request',
    `load ${load.id} of this content was begun ${by}; ${load.inserted + load.updated} rows of it are in ${load.table}`,
    { hint: 'go on without --schema, or take those rows out and load a file with other content' },
  );
}

/** The final receipt; `offset-mismatch` while parts are missing. */
export async function finishLoad(
  connection: Connection,
  id: string,
  persistence: Persistence = {},
): Promise<Load> {
  await settleAtomic(connection, id, persistence);
  const work = () => connection.transaction(() => finishOnce(connection, id), { write: true });
  return persistently(work, persistence, { ledgerDecides: true });
}

async function finishOnce(connection: Connection, id: string): Promise<Load> {
  const load = await lockLoad(connection, id);
  if (load.state !== 'receiving') return publicLoad(load);
  if (load.offset !== load.size) {
    throw new RowferryError(
      'offset-mismatch',
      `${load.offset} of ${load.size} bytes of load ${id} have arrived`,
      { hint: `send the part at offset=${load.offset} first`, extra: { offset: load.offset } },
    );
  }
  const state = load.rejected > 0 ? 'completed_with_rejects' : 'completed';
  await updateLoad(connection, load, { state });
  return publicLoad({ ...load, state });
}

/** Ends a load early; what was committed stays and stands in its receipt. Of an atomic load nothing was. */
export async function abortLoad(
  connection: Connection,
  end: EarlyEnd,
  persistence: Persistence = {},
): Promise<Load> {
  const work = () => connection.transaction(() => abortOnce(connection, end), { write: true });
  return persistently(work, persistence, { ledgerDecides: true });
}

export interface EarlyEnd {
  readonly id: string;
  readonly detail: string;
  readonly state: 'aborted' | 'failed';
}

async function abortOnce(connection: Connection, end: EarlyEnd): Promise<Load> {
  const load = await lockLoad(connection, end.id);
  if (load.state === 'receiving') {
    await updateLoad(connection, load, { state: end.state, detail: end.detail });
    if (load.atomic) await connection.staging.drop(load.id);
  }
  return publicLoad(await findLoad(connection, end.id));
}
