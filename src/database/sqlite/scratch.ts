import { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import type { RowTarget, Scratch, Snapshot } from '../snapshot.ts';
import { quoteName } from './encode.ts';
import { isSqliteFailure, translate } from './failures.ts';
import { Inserter } from './inserter.ts';
import { SqliteRowTarget } from './row-target.ts';
import { SqliteSnapshot } from './snapshot.ts';

/**
 * A scratch table in a database of its own, which SQLite keeps in a temporary file that nobody can open and that goes
 * with the connection (sqlite.org/c3ref/open.html): the database itself is not touched and no writer waits.
 */
export async function openSqliteScratch(_url: string, facts: TableFacts): Promise<Scratch> {
  const db = new DatabaseSync('', { enableForeignKeyConstraints: false });
  try {
    return new SqliteScratch(db, facts);
  } catch (error) {
    db.close();
    throw scratchFailure(error, facts.table);
  }
}

class SqliteScratch implements Scratch {
  readonly target: RowTarget;
  readonly snapshot: Snapshot;
  readonly #db: DatabaseSync;
  readonly #facts: TableFacts;

  constructor(db: DatabaseSync, facts: TableFacts) {
    this.#db = db;
    this.#facts = facts;
    db.exec(`PRAGMA encoding = ${quoteName(facts.encoding)}; BEGIN`);
    db.exec(facts.createTable);
    this.snapshot = new SqliteSnapshot(db);
    const inserter = new Inserter(db, facts.table, facts.columns);
    this.target = new SqliteRowTarget((values) => {
      this.#guard(() => inserter.insert(values));
    });
  }

  async finish(): Promise<void> {
    this.#guard(() => {
      for (const { sql } of this.#facts.indexes) this.#db.exec(sql);
    });
  }

  async close(): Promise<void> {
    this.#db.close();
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      throw scratchFailure(error, this.#facts.table);
    }
  }
}

function scratchFailure(error: unknown, table: string): unknown {
  const failure = translate(error, `the scratch table of ${table}`);
  if (!isSqliteFailure(failure)) return failure;
  return new RowferryError(
    'restore-schema-drift',
    `a scratch table of ${table} does not take the backup: ${failure.message}`,
    {
      cause: error,
    },
  );
}
