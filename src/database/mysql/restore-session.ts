import type { ConnectionOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';
import { placeOf } from './address.ts';
import { lockTimeout } from './blockers.ts';
import { isServerFailure, translate } from './failures.ts';
import { sweepOwnTables } from './own-table.ts';
import { withGrant } from './rights.ts';
import type { Session } from './session.ts';
import { openForBackup } from './snapshot.ts';

/** A session that writes values as they were, and what its failures are to a person who restores. */
export async function openForRestore(target: ConnectionOptions, lockTimeoutMs?: number): Promise<Session> {
  const session = await openForBackup(target, lockTimeoutMs);
  try {
    await prepare(session);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

/**
 * Dates that some modes refuse are taken, and 0 in an AUTO_INCREMENT column. A transaction that
 * stands still longer than any file takes to be read back is ended by the server. Reads that lock see what others
 * committed meanwhile.
 */
async function prepare(session: Session): Promise<void> {
  await session.run(
    `SET SESSION sql_mode = 'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION',
      foreign_key_checks = 0, unique_checks = 1`,
  );
  if (session.isMariaDb) await session.run('SET SESSION idle_transaction_timeout = 3600');
  const [isolation] = await session.rows("SHOW VARIABLES LIKE 'innodb_snapshot_isolation'");
  if (isolation !== undefined) await session.run('SET SESSION innodb_snapshot_isolation = 0');
  await sweepOwnTables(session);
}

const LOCK_WAITS: ReadonlySet<number> = new Set([1205, 1213]);

/**
 * A failure of the restore's transaction. What the table or the server refuses of the rows was not in the way when they
 * were backed up.
 */
export async function restoreFailure(
  session: Session | undefined,
  error: unknown,
  target: ConnectionOptions,
  table: string,
): Promise<unknown> {
  if (session === undefined || !isServerFailure(error)) return translate(error, placeOf(target));
  if (LOCK_WAITS.has(error.errno)) return lockTimeout(session, table, error);
  const failure = translate(await withGrant(session, error), placeOf(target));
  if (failure instanceof RowferryError) return failure;
  return new RowferryError('restore-schema-drift', `${table} does not take the backup: ${error.message}`, {
    hint: 'change the table back to what it was, or drop it: it is then made as it was',
    cause: error,
  });
}
