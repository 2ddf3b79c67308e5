import type { Connection } from '../../../src/database/database.ts';
import { type Batch, insertBatch as insertSoundly } from '../../../src/ledger/batches.ts';

/** The ledger with a transaction of its own for the receipt: the fault that rowferry must never have. */

export * from '../../../src/ledger/batches.ts';

export async function insertBatch(connection: Connection, batch: Batch): Promise<void> {
  await connection.execute('COMMIT');
  await connection.execute('BEGIN');
  await insertSoundly(connection, batch);
}
