import type { ConnectionOptions } from 'mysql2';
import { RowferryError } from '../../errors.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import type { ForeignKey } from '../../model/table.ts';
import type { Renamed, Replacement, RowTarget } from '../snapshot.ts';
import { failedCommit } from '../transient-failure.ts';
import { placeOf, targetOf } from './address.ts';
import { isServerFailure, refusedCommit, translate } from './failures.ts';
import { introspect } from './introspect.ts';
import { quoteName } from './names.ts';
import { refuseOrphans } from './orphans.ts';
import { createOwnTable, dropOwnTable, foreignKeyClauses } from './own-table.ts';
import { renamedFacts } from './renamed.ts';
import { openForRestore, restoreFailure } from './restore-session.ts';
import { MysqlRowTarget } from './row-target.ts';
import { raiseAutoIncrement } from './sequence.ts';
import type { Session } from './session.ts';
import { MysqlSnapshot, openForBackup, otherTable, spelledAs, tableNames } from './snapshot.ts';
import { firingTriggers, triggerOn } from './table-facts.ts';

/**
 * Replaces a table in one transaction: every row is locked, all are deleted, those of the backup are inserted, and
 * the rows are read back before the COMMIT. With foreign_key_checks = 0 no ON DELETE acts and no child row is touched;
 * refuseOrphans answers for the keys. A missing table is filled under a name of its own and takes its name when it is
 * whole. Rows go straight into the table, not by way of a staging table: InnoDB keeps the old ones for readers anyway,
 * and a user who may not make tables can restore.
 */
export async function openMysqlReplacement(
  url: string,
  table: string,
  lockTimeoutMs?: number,
): Promise<Replacement> {
  const target = targetOf(url);
  const beside = (): Promise<Session> => openForBackup(target, lockTimeoutMs);
  let session: Session | undefined;
  try {
    session = await openForRestore(target, lockTimeoutMs);
    const existing = spelledAs(await tableNames(session), table) ?? null;
    await session.run('START TRANSACTION');
    if (existing !== null) await session.run(lockSql(existing));
    const snapshot = await MysqlSnapshot.of(session, placeOf(target), { releasing: false });
    return new MysqlReplacement(session, snapshot, target, existing, beside);
  } catch (error) {
    const failure = await restoreFailure(session, error, target, table);
    await session?.close();
    throw failure;
  }
}

/** Each row and the gaps beside it, of the table itself and not of an index: nobody else writes from here on. */
const lockSql = (table: string): string => `SELECT count(*) FROM ${quoteName(table)} USE INDEX () FOR UPDATE`;

class MysqlReplacement implements Replacement {
  readonly snapshot: MysqlSnapshot;
  readonly existing: string | null;
  readonly #session: Session;
  readonly #target: ConnectionOptions;
  readonly #beside: () => Promise<Session>;
  /** Of a missing table, until it has its name. */
  #ownTable: string | null = null;
  /** Those of the rows that wait for the COMMIT. */
  #finished: TableFacts | null = null;

  constructor(
    session: Session,
    snapshot: MysqlSnapshot,
    target: ConnectionOptions,
    existing: string | null,
    beside: () => Promise<Session>,
  ) {
    this.#session = session;
    this.snapshot = snapshot;
    this.#target = target;
    this.existing = existing;
    this.#beside = beside;
  }

  async renamed(facts: TableFacts, table: string): Promise<Renamed> {
    return renamedFacts(facts, table);
  }

  /** The server is asked for the rights with statements that do nothing. */
  strategy(facts: TableFacts): Promise<string> {
    return this.#guard(facts.table, async (session) => {
      const table = this.existing;
      if (table === null) {
        const other = await otherTable(session, facts.table);
        if (other !== undefined) throw notATable(facts.table, String(other.type), String(other.engine));
        return 'create table, insert, check foreign keys';
      }
      const triggers = await firingTriggers(session, table);
      if (triggers.length > 0) throw wouldFire(table, triggers);
      const name = quoteName(table);
      await session.run(`DELETE FROM ${name} WHERE FALSE`);
      await session.run(`INSERT INTO ${name} SELECT * FROM ${name} WHERE FALSE`).catch(unlessDrifted);
      return 'delete all, insert, check foreign keys';
    });
  }

  clear(facts: TableFacts): Promise<RowTarget> {
    return this.#guard(facts.table, async (session) => {
      if (this.existing === null) await this.#create(facts);
      else await session.run(`DELETE FROM ${quoteName(this.existing)}`);
      const table = this.#tableOf(facts);
      for (const sequence of facts.sequences) await raiseAutoIncrement(session, table, sequence);
      const { table: name, columns } = facts;
      return new MysqlRowTarget({ session, table, name, columns, guard: (work) => this.#guard(name, work) });
    });
  }

  finish(facts: TableFacts): Promise<void> {
    return this.#guard(facts.table, async (session) => {
      const standIn = this.#tableOf(facts);
      const table = this.existing ?? facts.table;
      const foreignKeys = await this.#foreignKeys(facts);
      await refuseOrphans(session, { table, standIn, foreignKeys }, this.#beside);
      this.#finished = facts;
    });
  }

  async commit(): Promise<void> {
    const facts = this.#finished;
    await this.#guard(facts?.table ?? '', async (session) => {
      try {
        await session.run('COMMIT');
      } catch (error) {
        throw refusedCommit(error) ?? failedCommit(translate(error, placeOf(this.#target)));
      }
      if (facts !== null && this.#ownTable !== null) await this.#giveName(facts, this.#ownTable);
    });
  }

  /** The server rolls an open transaction back when its connection closes. */
  async close(): Promise<void> {
    const own = this.#ownTable;
    if (own !== null && !this.#session.lost) {
      await this.#session.rollback();
      await dropOwnTable(this.#session, own).catch(() => undefined);
    }
    await this.#session.close();
  }

  #tableOf({ table }: TableFacts): string {
    return this.existing ?? this.#ownTable ?? table;
  }

  /** Those that the table has now; keys may have come or gone since the backup. */
  async #foreignKeys(facts: TableFacts): Promise<readonly ForeignKey[]> {
    if (this.existing === null) return facts.foreignKeys;
    const tables = await introspect(this.#session, 'select');
    return tables.find(({ name }) => name === this.existing)?.foreignKeys ?? [];
  }

  async #create(facts: TableFacts): Promise<void> {
    this.#ownTable = await createOwnTable(this.#session, facts);
    this.snapshot.standIn(facts.table, this.#ownTable);
    await this.#session.run('START TRANSACTION');
  }

  /** Foreign keys last; the name comes in one step behind all that may fail. */
  async #giveName(facts: TableFacts, own: string): Promise<void> {
    const session = this.#session;
    const clauses = foreignKeyClauses(facts);
    if (clauses.length > 0) await session.run(`ALTER TABLE ${quoteName(own)} ${clauses.join(', ')}`);
    await session.run('SET SESSION sql_mode = @@GLOBAL.sql_mode');
    for (const { sql } of facts.triggers) await session.run(triggerOn(own, sql, facts.table));
    await session.run(`RENAME TABLE ${quoteName(own)} TO ${quoteName(facts.table)}`);
    this.#ownTable = null;
  }

  async #guard<T>(table: string, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(this.#session);
    } catch (error) {
      throw await restoreFailure(this.#session, error, this.#target, table);
    }
  }
}

/** Columns that are generated or have another number are looked at by those who ask for drift. */
function unlessDrifted(error: unknown): void {
  if (!isServerFailure(error) || error.sqlState.startsWith('42000')) throw error;
}

function notATable(name: string, type: string, engine: string): RowferryError {
  const found = type === 'VIEW' ? 'a view' : `a table of the engine ${engine}`;
  return new RowferryError('restore-schema-drift', `${name} is ${found} now, which cannot be replaced`, {
    hint: `take it away or give it another name: ${name} is then made as it was`,
  });
}

/** No transaction could drop them and make them again: both statements commit. */
function wouldFire(table: string, triggers: readonly string[]): RowferryError {
  return new RowferryError(
    'table-unsupported',
    `${table} has triggers that each deleted or inserted row would set off: ${triggers.join(', ')}`,
    {
      hint: `drop them while nobody else writes (${triggers.map((name) => `DROP TRIGGER ${quoteName(name)}`).join('; ')}), restore, and make them again; the manifest has their statements`,
    },
  );
}
