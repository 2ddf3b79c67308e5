import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import type { Renamed, Replacement, RowTarget } from '../snapshot.ts';
import { sqlitePath } from './connect.ts';
import { quoteName } from './encode.ts';
import { isSqliteFailure, translate } from './failures.ts';
import { Inserter } from './inserter.ts';
import { introspect } from './introspect.ts';
import { OrphanCheck } from './orphans.ts';
import { renamedFacts } from './renamed.ts';
import { SqliteRowTarget } from './row-target.ts';
import { DEFAULT_LOCK_TIMEOUT_MS, openForBackup, SqliteSnapshot } from './snapshot.ts';
import { hasSequences, raiseSequence, schemaObjects } from './table-facts.ts';

/**
 * Replaces a SQLite table in one transaction, on a connection with foreign keys off: ON DELETE actions and
 * RESTRICT stay silent, so no child row is touched, and OrphanCheck answers for the keys before the COMMIT.
 * Triggers of the table are dropped in the transaction and made again: they tell of changes that users make.
 */
export async function openSqliteReplacement(
  url: string,
  table: string,
  lockTimeoutMs?: number,
): Promise<Replacement> {
  const db = openForBackup(url, lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS);
  try {
    db.exec('PRAGMA foreign_keys = OFF');
    db.exec('BEGIN IMMEDIATE');
    return new SqliteReplacement(db, url, table);
  } catch (error) {
    db.close();
    throw restoreFailure(error, url, table);
  }
}

class SqliteReplacement implements Replacement {
  readonly snapshot: SqliteSnapshot;
  readonly existing: string | null;
  readonly #db: DatabaseSync;
  readonly #url: string;
  #orphans: OrphanCheck | null = null;
  #triggers: readonly string[] = [];
  #table = '';

  constructor(db: DatabaseSync, url: string, table: string) {
    this.#db = db;
    this.#url = url;
    this.snapshot = new SqliteSnapshot(db);
    this.existing = this.snapshot.tables.find((each) => each.toLowerCase() === table.toLowerCase()) ?? null;
  }

  async renamed(facts: TableFacts, table: string): Promise<Renamed> {
    return this.#guard(table, () => renamedFacts(this.#db, facts, table));
  }

  async strategy(): Promise<string> {
    return this.existing === null ? 'create table, insert' : 'delete all, insert, check foreign keys';
  }

  async clear(facts: TableFacts): Promise<RowTarget> {
    return this.#guard(facts.table, () => {
      if (this.existing === null) this.#db.exec(facts.createTable);
      this.#table = this.existing ?? facts.table;
      this.snapshot.refresh();
      this.#orphans = new OrphanCheck(this.#db, this.#table, introspect(this.#db));
      const triggers = schemaObjects(this.#db, 'trigger', this.#table);
      for (const { name } of triggers) this.#db.exec(`DROP TRIGGER ${quoteName(name)}`);
      this.#triggers = triggers.map(({ sql }) => sql);
      this.#db.exec(`DELETE FROM ${quoteName(this.#table)}`);
      const inserter = new Inserter(this.#db, this.#table, facts.columns);
      return new SqliteRowTarget((values) => this.#guard(this.#table, () => inserter.insert(values)));
    });
  }

  async finish(facts: TableFacts): Promise<void> {
    this.#guard(facts.table, () => {
      const missing = this.existing === null ? [...facts.indexes, ...facts.triggers] : [];
      for (const { sql } of missing) this.#db.exec(sql);
      for (const sql of this.#triggers) this.#db.exec(sql);
      if (hasSequences(this.#db)) {
        for (const sequence of facts.sequences) raiseSequence(this.#db, this.#table, sequence);
      }
      this.snapshot.refresh();
      this.#orphans?.check();
    });
  }

  async commit(): Promise<void> {
    this.#guard(this.#table, () => this.#db.exec('COMMIT'));
  }

  /** SQLite rolls an open transaction back when its connection closes. */
  async close(): Promise<void> {
    this.#db.close();
  }

  #guard<T>(table: string, work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw restoreFailure(error, this.#url, table);
    }
  }
}

/**
 * A failure inside the restore's transaction. A constraint that refuses rows of the backup, or a statement of its
 * schema that SQLite refuses, was not in the way when they were backed up.
 */
function restoreFailure(error: unknown, url: string, table: string): unknown {
  if (!isSqliteFailure(error)) return error;
  const translated = translate(error, sqlitePath(url));
  if (translated instanceof RowferryError && translated.code !== 'database-busy') return translated;
  if (translated instanceof RowferryError) {
    const hint = 'wait until the other program is done, or end it, then try again';
    return new RowferryError('lock-timeout', translated.detail, { hint, cause: error });
  }
  return new RowferryError('restore-schema-drift', `${table} does not take the backup: ${error.message}`, {
    hint: 'change the table back to what it was, or drop it: it is then made as it was',
    cause: error,
  });
}
