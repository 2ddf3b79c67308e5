import type { Sequence } from '../../model/stored-table.ts';
import { isServerFailure } from './failures.ts';
import { quoteName } from './names.ts';
import type { Session } from './session.ts';

/**
 * AUTO_INCREMENT goes on behind the value, or where it stood. InnoDB never takes a number back, neither with the rows
 * nor with a transaction: so a row that is taken back at once raises it, in an empty table where no key is in its way;
 * ALTER TABLE would commit, and few may use it. What refuses such a row (a CHECK on MySQL) leaves the counter to
 * the rows of the backup: they raise it to the largest.
 */
export async function raiseAutoIncrement(
  session: Session,
  table: string,
  { column, value }: Sequence,
): Promise<void> {
  if (BigInt(value) < 1n) return;
  if (session.isMariaDb) await session.run('SET SESSION check_constraint_checks = 0');
  await session.run('SAVEPOINT rowferry_sequence');
  try {
    await session.run(
      `INSERT IGNORE INTO ${quoteName(table)} (${quoteName(column)}) VALUES (${BigInt(value)})`,
    );
  } catch (error) {
    if (!isServerFailure(error)) throw error;
  }
  await session.run('ROLLBACK TO SAVEPOINT rowferry_sequence');
  if (session.isMariaDb) await session.run('SET SESSION check_constraint_checks = 1');
}
