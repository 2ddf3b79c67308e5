import type { Connection } from '../database/database.ts';
import { findBatch } from '../ledger/batches.ts';
import { lockLoad } from '../ledger/loads.ts';
import { listRejects } from '../ledger/rejects.ts';

/** No load has this id. */
const NO_LOAD = '';

/**
 * Asks of no load what is asked with each part, when a connection was opened. Servers read their catalogs for each
 * connection anew, which takes several times as long as the answers. Nothing is changed, and no table but the ledger's
 * is touched. Whatever fails here fails again where it is asked for.
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
