import type { ConnectionOptions } from 'mysql2';
import type { TableFacts } from '../../model/stored-table.ts';
import type { RowTarget, Scratch } from '../snapshot.ts';
import { placeOf, targetOf } from './address.ts';
import { createOwnTable, dropOwnTable } from './own-table.ts';
import { openForRestore, restoreFailure } from './restore-session.ts';
import { MysqlRowTarget } from './row-target.ts';
import type { Session } from './session.ts';
import { MysqlSnapshot } from './snapshot.ts';

/**
 * A scratch table under a name of the program's own, which the dictionary leaves out. No temporary one: those have
 * neither partitions nor full-text indexes.
 */
export async function openMysqlScratch(url: string, facts: TableFacts): Promise<Scratch> {
  const target = targetOf(url);
  let session: Session | undefined;
  try {
    session = await openForRestore(target);
    const table = await createOwnTable(session, facts);
    const snapshot = await MysqlSnapshot.of(session, placeOf(target), { releasing: false });
    snapshot.standIn(facts.table, table);
    return new MysqlScratch(session, snapshot, target, facts, table);
  } catch (error) {
    const failure = await restoreFailure(session, error, target, facts.table);
    await session?.close();
    throw failure;
  }
}

class MysqlScratch implements Scratch {
  readonly target: RowTarget;
  readonly snapshot: MysqlSnapshot;
  readonly #session: Session;
  readonly #table: string;

  constructor(
    session: Session,
    snapshot: MysqlSnapshot,
    place: ConnectionOptions,
    { table: name, columns }: TableFacts,
    table: string,
  ) {
    this.#session = session;
    this.#table = table;
    this.snapshot = snapshot;
    const guard = async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw await restoreFailure(session, error, place, name);
      }
    };
    this.target = new MysqlRowTarget({ session, table, name, columns, guard });
  }

  /** The table was made with its indexes. */
  async finish(): Promise<void> {}

  async close(): Promise<void> {
    if (!this.#session.lost) await dropOwnTable(this.#session, this.#table).catch(() => undefined);
    await this.#session.close();
  }
}
