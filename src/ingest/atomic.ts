import type { Connection } from '../database/database.ts';
import { type ErrorCode, RowferryError } from '../errors.ts';
import { deleteBatches, insertBatch } from '../ledger/batches.ts';
import { type LedgerLoad, lockLoad, updateLoad } from '../ledger/loads.ts';
import { failpoint } from '../lib/failpoint.ts';
import { ATOMIC_REFUSAL, type Counts, NO_COUNTS } from '../model/receipt.ts';
import { namedPlan } from './columns.ts';
import { Dictionary } from './dictionary.ts';
import type { BatchWriter } from './insert-batch.ts';
import { type Persistence, persistently } from './persistently.ts';

/**
 * Atomic loads: all rows of a file or none. The parts go into a staging table; when all of them are there, one
 * transaction moves the rows and drops it. Until then they count as skipped, which is what becomes of them unless
 * all can be loaded, so that read = inserted + updated + skipped + rejected holds at every moment.
 */

/** In the transaction that announces the load. */
export async function beginStaging(connection: Connection, load: string, table: string): Promise<void> {
  await connection.staging.create(load, await new Dictionary(connection).table(table));
}

/** Writes the batches of a part to where they wait. */
export function intoStaging(connection: Connection, load: string): BatchWriter {
  return {
    missingParents: (staged, batch, plan) => connection.missingParents(staged, batch, plan, load),
    unstage: (staged, records) => connection.unstage(staged, records),
    insertStaged: (staged, plan, mode) => connection.staging.insert(load, staged, plan, mode),
  };
}

/** Failures of a move that the rows or the table are to blame for. The same again would fail again. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'database-refused',
  'table-not-found',
  'header-invalid',
  'bad-request',
]);

/**
 * Ends an atomic load whose last part has arrived: completed with all of its rows, or aborted with none. Leaves any
 * other load as it is, so that it can be called again after a crash. Not in the transaction of the last part: that
 * one must survive a refusal by a trigger or a deferred constraint that takes the whole transaction back.
 */
export async function settleAtomic(
  connection: Connection,
  id: string,
  persistence: Persistence = {},
): Promise<void> {
  const settle = (work: (load: LedgerLoad) => Promise<void>) =>
    persistently(() => settleOnce(connection, id, work), persistence, { ledgerDecides: true });
  try {
    await settle((load) =>
      load.rejected > 0 ? refuseRejected(connection, load) : complete(connection, load),
    );
  } catch (error) {
    if (!(error instanceof RowferryError) || !REFUSALS.has(error.code)) throw error;
    await settle((load) => refuse(connection, load, `nothing was loaded: ${error.detail}`));
  }
}

function settleOnce(
  connection: Connection,
  id: string,
  work: (load: LedgerLoad) => Promise<void>,
): Promise<void> {
  return connection.transaction(
    async () => {
      const load = await lockLoad(connection, id);
      if (load.atomic && load.state === 'receiving' && load.offset === load.size) await work(load);
    },
    { write: true, foreignKeys: 'row' },
  );
}

function refuseRejected(connection: Connection, load: LedgerLoad): Promise<void> {
  const { rejected, read } = load;
  return refuse(connection, load, `${rejected} of ${read} records were rejected, nothing was loaded`);
}

async function refuse(connection: Connection, load: LedgerLoad, why: string): Promise<void> {
  await updateLoad(connection, load, { state: 'aborted', detail: ATOMIC_REFUSAL + why });
  await connection.staging.drop(load.id);
}

async function complete(connection: Connection, load: LedgerLoad): Promise<void> {
  const counts = load.read === 0 ? NO_COUNTS : await move(connection, load);
  failpoint('before_ledger');
  await updateLoad(connection, load, { state: 'completed', counts });
  await becomeOneBatch(connection, load, counts);
  await connection.staging.drop(load.id);
}

async function move(connection: Connection, load: LedgerLoad): Promise<Counts> {
  const table = await new Dictionary(connection).table(load.table);
  const plan = namedPlan(table, load.columns ?? []);
  const { inserted, updated } = await connection.staging.move(load.id, plan, load.mode);
  return { read: load.read, inserted, updated, skipped: load.read - inserted - updated, rejected: 0 };
}

/** One transaction wrote all of the file, and only of the whole is it known what was inserted, updated, skipped. */
async function becomeOneBatch(connection: Connection, load: LedgerLoad, counts: Counts): Promise<void> {
  await deleteBatches(connection, load.id);
  if (load.size === 0) return;
  const { id, size, sha256 } = load;
  await insertBatch(connection, { load: id, firstByte: 0, endByte: size, sha256, ...counts });
}

/** Of loads that ended without dropping theirs, or that the ledger does not know. */
export async function dropStaleStaging(connection: Connection): Promise<void> {
  if ((await connection.staging.loads()).length === 0) return;
  await connection.transaction(
    async () => {
      for (const id of await connection.staging.loads()) {
        if (!(await isReceiving(connection, id))) await connection.staging.drop(id);
      }
    },
    { write: true },
  );
}

async function isReceiving(connection: Connection, id: string): Promise<boolean> {
  try {
    const { state, atomic } = await lockLoad(connection, id);
    return atomic && state === 'receiving';
  } catch (error) {
    if (error instanceof RowferryError && error.code === 'load-not-found') return false;
    throw error;
  }
}
