import type { Connection } from '../database/database.ts';
import { findBatch } from '../ledger/batches.ts';
import { lockLoad } from '../ledger/loads.ts';
import { listRejects } from '../ledger/rejects.ts';

/** No load has this id. */
const NO_LOAD = '';

/**
 * Asks what the first part of a load asks before its rows go, of no load: a server reads its catalogs for each
 * connection anew, which takes longer than all that it asks afterwards. Nothing is changed, and no table but the
 * ledger's is touched. Whatever fails here fails again where it is asked for.
 */
export async function warmLane(connection: Connection): Promise<void> {
  if (connection.engine.capabilities.singleWriter) return;
  const asked = async (): Promise<void> => {
    await connection.schemaVersion();
    await findBatch(connection, NO_LOAD, 0);
    await listRejects(connection, NO_LOAD, { limit: 1 });
    await lockLoad(connection, NO_LOAD);
  };
  await connection.transaction(asked, { write: true, foreignKeys: 'set' }).catch(() => undefined);
}
