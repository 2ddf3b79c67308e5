import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { StoredValue, TableFacts } from '../../model/stored-table.ts';
import type { Replacement } from '../snapshot.ts';
import { sqliteFailure } from './failure.ts';
import { quoteName } from './identifier.ts';
import { Inserter } from './inserter.ts';
import { introspect } from './introspect.ts';
import { OrphanCheck } from './orphans.ts';
import { DEFAULT_LOCK_TIMEOUT_MS, openForBackup, SqliteSnapshot } from './snapshot.ts';
import { hasSequences, raiseSequence, schemaObjects } from './table-facts.ts';

/**
 * Replaces a SQLite table in one transaction, on a connection with foreign keys off: ON DELETE actions and
 * RESTRICT stay silent, so no child row is touched, and OrphanCheck answers for the keys before the COMMIT.
 * Triggers of the table are dropped in the transaction and made again: they tell of changes that users make.
 */
export function openSqliteReplacement(url: string, table: string, lockTimeoutMs?: number): Replacement {
  const db = openForBackup(url, lockTimeoutMs ?? DEFAULT_LOCK_TIMEOUT_MS);
  try {
    db.exec('PRAGMA foreign_keys = OFF');
    db.exec('BEGIN IMMEDIATE');
    return new SqliteReplacement(db, table);
  } catch (error) {
    db.close();
    throw sqliteFailure(error, `locking the database to restore ${table}`);
  }
}

class SqliteReplacement implements Replacement {
  readonly snapshot: SqliteSnapshot;
  readonly existing: string | null;
  readonly #db: DatabaseSync;
  #orphans: OrphanCheck | null = null;
  #triggers: readonly string[] = [];
  #table = '';
  #inserter: Inserter | null = null;

  constructor(db: DatabaseSync, table: string) {
    this.#db = db;
    this.snapshot = new SqliteSnapshot(db);
    this.existing = this.snapshot.tables.find((each) => each.toLowerCase() === table.toLowerCase()) ?? null;
  }

  clear(facts: TableFacts): void {
    this.#guard('clearing', facts, () => {
      if (this.existing === null) this.#db.exec(facts.createTable);
      this.#table = this.existing ?? facts.table;
      this.snapshot.refresh();
      this.#orphans = new OrphanCheck(this.#db, this.#table, introspect(this.#db));
      const triggers = schemaObjects(this.#db, 'trigger', this.#table);
      for (const { name } of triggers) this.#db.exec(`DROP TRIGGER ${quoteName(name)}`);
      this.#triggers = triggers.map(({ sql }) => sql);
      this.#db.exec(`DELETE FROM ${quoteName(this.#table)}`);
      this.#inserter = new Inserter(this.#db, this.#table, facts.columns);
    });
  }

  insert(values: readonly StoredValue[]): void {
    try {
      this.#inserter?.insert(values);
    } catch (error) {
      throw refused(this.#table, sqliteFailure(error, `inserting into ${this.#table}`));
    }
  }

  finish(facts: TableFacts): void {
    this.#guard('finishing', facts, () => {
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

  commit(): void {
    try {
      this.#db.exec('COMMIT');
    } catch (error) {
      throw sqliteFailure(error, `committing the restore of ${this.#table}`);
    }
  }

  /** SQLite rolls an open transaction back when its connection closes. */
  close(): void {
    this.#db.close();
  }

  #guard(doing: string, facts: TableFacts, work: () => void): void {
    try {
      work();
    } catch (error) {
      throw refused(facts.table, sqliteFailure(error, `${doing} ${facts.table}`));
    }
  }
}

/** A constraint that refuses rows of the backup was not there when they were backed up. */
function refused(table: string, error: unknown): unknown {
  if (!(error instanceof RowferryError) || error.code !== 'database-refused') return error;
  return new RowferryError('restore-schema-drift', `${table} does not take the rows: ${error.detail}`, {
    hint: 'change the table back to what it was, or drop it: it is then made as it was',
    cause: error,
  });
}
