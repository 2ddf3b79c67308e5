import type { DatabaseSync } from 'node:sqlite';
import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode, Table, UniqueKey } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome, Moved, Staged, StagingTables } from '../database.ts';
import { settle, upsertKey } from '../modes.ts';
import { asOfFile, refuseUnknownColumns } from '../staged-rejects.ts';
import { duplicates } from './classify.ts';
import { quoteName } from './encode.ts';
import { isSqliteFailure, rowFailure } from './failures.ts';
import { countExisting, insertStaged } from './insert.ts';
import { type InsertJob, insertSql } from './insert-sql.ts';
import { orphansByKey } from './orphans.ts';
import { countStaged, unstage } from './stage.ts';
import { stagingIndexSql, stagingTableSql } from './staging-sql.ts';

/** Not in the dictionary: names that begin with rowferry_ are the program's own. */
const PREFIX = 'rowferry_staging_';

type Guard = <T>(work: () => T) => T;

/** Staging tables lie beside their targets, so that the move is one statement of one transaction. */
export class SqliteStagingTables implements StagingTables {
  readonly #db: DatabaseSync;
  readonly #guard: Guard;

  constructor(db: DatabaseSync, guard: Guard) {
    this.#db = db;
    this.#guard = guard;
  }

  async create(load: string, table: Table): Promise<void> {
    this.#guard(() => create(this.#db, stagingName(load), table));
  }

  async drop(load: string): Promise<void> {
    this.#guard(() => this.#db.exec(`DROP TABLE IF EXISTS main.${quoteName(stagingName(load))}`));
  }

  async loads(): Promise<readonly string[]> {
    const sql = "SELECT name FROM main.sqlite_schema WHERE type = 'table' AND substr(name, 1, ?) = ?";
    const rows = this.#guard(() => this.#db.prepare(sql).all(PREFIX.length, PREFIX));
    return rows.map((row) => String(row.name).slice(PREFIX.length));
  }

  async insert(load: string, staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    return this.#guard(() => insertIntoStaging(this.#db, stagingName(load), staged, plan, mode));
  }

  async move(load: string, plan: InsertPlan, mode: Mode): Promise<Moved> {
    return this.#guard(() => move(this.#db, stagingName(load), plan, mode));
  }
}

export const stagingName = (load: string): string => PREFIX + load;

function create(db: DatabaseSync, staging: string, table: Table): void {
  const indexes = db
    .prepare(
      `SELECT s.name, s.sql FROM pragma_index_list(?) l JOIN main.sqlite_schema s ON s.name = l.name
       WHERE l."unique" = 1 AND s.type = 'index' AND s.sql IS NOT NULL`,
    )
    .all(table.name);
  try {
    db.exec(stagingTableSql(table.createSql ?? '', staging));
    for (const { name, sql } of indexes) {
      db.exec(stagingIndexSql(String(sql), `${staging}/${String(name)}`, staging));
    }
  } catch (error) {
    throw isSqlError(error) ? unsupported(table, error) : error;
  }
}

const isSqlError = (error: unknown): boolean => isSqliteFailure(error) && (error.errcode & 0xff) === 1;

/** A CHECK that names its own table, say, does not hold under another name. */
function unsupported(table: Table, cause: unknown): RowferryError {
  const message = cause instanceof Error ? cause.message : String(cause);
  return new RowferryError(
    'table-unsupported',
    `${table.name} cannot be loaded with atomic: no staging table like it can be made: ${message}`,
    { hint: 'load it without atomic', cause },
  );
}

/**
 * Keys that stand in the target are found first, as they would be by an insert into it: rejects, or passed over.
 * An upsert is told of two rows with one key, of which only the first can be meant.
 */
function insertIntoStaging(
  db: DatabaseSync,
  staging: string,
  staged: Staged,
  plan: InsertPlan,
  mode: Mode,
): InsertOutcome {
  refuseChange(db, staging, plan);
  if (mode === 'upsert') upsertKey(plan);
  const known = mode === 'upsert' ? [] : knownKeys({ db, staged, plan, mode });
  unstage(
    db,
    staged,
    known.map((reject) => reject.index),
  );
  const inner = { ...plan, table: { ...plan.table, name: staging, triggers: [] } };
  const way = mode === 'skip' ? 'skip' : 'insert';
  const { inserted, skipped, rejects, strategy } = insertStaged(db, staged, inner, way, 'image, atomic');
  const ofFile = rejects.map((reject) =>
    asOfFile(reject, (message) => ownNames(message, staging, plan.table.name)),
  );
  return {
    inserted: 0,
    updated: 0,
    skipped: inserted + skipped + (mode === 'skip' ? known.length : 0),
    rejects: mode === 'skip' ? ofFile : [...known, ...ofFile],
    strategy,
  };
}

/** The staging table is what its target was when the load began. */
function refuseChange(db: DatabaseSync, staging: string, plan: InsertPlan): void {
  const columns = db.prepare('SELECT name FROM pragma_table_xinfo(?)').all(staging);
  const known = new Set(columns.map((row) => String(row.name)));
  refuseUnknownColumns(plan, known);
}

/** Nearly always there are none, which is quickly found out. */
function knownKeys(job: InsertJob): readonly DatabaseReject[] {
  return job.plan.table.uniqueKeys.some((key) => standsInTable(job, key)) ? duplicates(job).inTable : [];
}

function standsInTable({ db, staged, plan }: InsertJob, key: UniqueKey): boolean {
  const columns = key.columns.map((name) => plan.columns.findIndex((column) => column.name === name));
  if (columns.includes(-1)) return false;
  const same = key.columns.map((name, i) => `t.${quoteName(name)} = b.c${columns[i]}`).join(' AND ');
  const exists = `EXISTS (SELECT 1 FROM main.${quoteName(plan.table.name)} t WHERE ${same})`;
  return db.prepare(`SELECT 1 FROM ${staged.source} b WHERE ${exists} LIMIT 1`).get() !== undefined;
}

const ownNames = (message: string, staging: string, table: string): string =>
  message.replaceAll(`${staging}/`, '').replaceAll(staging, table);

/** One statement, so that a row may refer to another that comes with it. */
function move(db: DatabaseSync, staging: string, plan: InsertPlan, mode: Mode): Moved {
  const columns = plan.columns.map((column, i) => `${quoteName(column.name)} AS c${i}`).join(', ');
  // Not by an index: that would hand the rows over in the order of a key, not of the file.
  const source = `(SELECT ${columns} FROM main.${quoteName(staging)} NOT INDEXED)`;
  const job = { db, staged: { source }, plan, mode };
  const { head, tail } = insertSql(job);
  try {
    const existing = mode === 'upsert' ? countExisting(job) : 0;
    const rows = countStaged(db, job.staged);
    const statement = db.prepare(`${head} WHERE true ${tail}`);
    // run() gives the last rowid, which the driver refuses to give as a number beyond 2^53.
    statement.setReadBigInts(true);
    return settle(mode, rows, Number(statement.run().changes), existing);
  } catch (error) {
    throw rowFailure(error) !== null || isSqlError(error) ? refused(db, staging, plan.table, error) : error;
  }
}

function refused(db: DatabaseSync, staging: string, table: Table, cause: unknown): RowferryError {
  const message = cause instanceof Error ? cause.message : String(cause);
  const orphans =
    rowFailure(cause) === 'foreign_key' && db.isTransaction ? orphansOf(db, staging, table) : [];
  return new RowferryError('database-refused', [message, ...orphans].join('; '), {
    hint: 'mend the file or the table, then load it again',
    cause,
  });
}

/** SQLite does not say which key it was. Keys into the table itself are left out: their parents come along. */
function orphansOf(db: DatabaseSync, staging: string, table: Table): string[] {
  return table.foreignKeys
    .filter((key) => key.parentTable.toLowerCase() !== table.name.toLowerCase())
    .flatMap((key) => {
      const row = db
        .prepare(`SELECT sum(n) AS n, min(key) AS example FROM (${orphansByKey(db, staging, key)})`)
        .get();
      if (!row?.n) return [];
      const found = `${key.columns.join(', ')} = ${String(row.example)}`;
      return [`${found} is not in ${key.parentTable} (records: ${Number(row.n)})`];
    });
}
