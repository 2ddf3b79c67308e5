import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode, Table } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome, Moved, Staged, StagingTables } from '../database.ts';
import { upsertKey } from '../modes.ts';
import { withoutRecords } from '../row-layout.ts';
import type { StagedBatch, StagedBatches } from '../staged-batches.ts';
import { asOfFile, refuseUnknownColumns } from '../staged-rejects.ts';
import { knownKeys } from './classify.ts';
import { isServerFailure } from './failures.ts';
import { insertRows } from './insert.ts';
import { moveRows } from './move.ts';
import { quoteName, quoteText } from './names.ts';
import type { Session } from './session.ts';

/** Not in the dictionary: names that begin with rowferry_ are the program's own. */
const PREFIX = 'rowferry_staging_';

export const stagingName = (load: string): string => PREFIX + load;

interface Ways {
  readonly batches: StagedBatches;
  readonly guard: <T>(work: (session: Session) => Promise<T>) => Promise<T>;
  /** On a connection of its own, outside the open transaction. */
  readonly beside: (work: (session: Session) => Promise<void>) => Promise<void>;
}

/**
 * DDL commits by itself, so staging tables are made beside the transaction that announces their load, and dropped
 * when the one that ends it has committed. A crash between leaves a table whose load is unknown or has ended: the next
 * start drops it.
 */
export class MysqlStagingTables implements StagingTables {
  readonly #ways: Ways;
  readonly #drops = new Set<string>();

  constructor(ways: Ways) {
    this.#ways = ways;
  }

  async create(load: string, table: Table): Promise<void> {
    this.#drops.delete(load);
    await this.#ways.beside((session) => create(session, load, table));
  }

  async drop(load: string): Promise<void> {
    this.#drops.add(load);
  }

  async loads(): Promise<readonly string[]> {
    const sql = `SELECT TABLE_NAME AS name FROM information_schema.TABLES
      WHERE TABLE_SCHEMA = DATABASE() AND LEFT(TABLE_NAME, ${PREFIX.length}) = ${quoteText(PREFIX)}`;
    const rows = await this.#ways.guard((session) => session.rows(sql));
    return rows.map(({ name }) => String(name).slice(PREFIX.length));
  }

  insert(load: string, staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    const { batches, guard } = this.#ways;
    return guard((session) => insertIntoStaging({ session, load, batch: batches.get(staged), plan, mode }));
  }

  move(load: string, plan: InsertPlan, mode: Mode): Promise<Moved> {
    return this.#ways.guard((session) => moveRows({ session, staging: stagingName(load), plan, mode }));
  }

  /** After the COMMIT. What cannot be dropped now is dropped at the next start. */
  async dropCommitted(): Promise<void> {
    const drops = [...this.#drops];
    this.#drops.clear();
    for (const load of drops) {
      await this.#ways.guard((session) => session.run(dropSql(load))).catch(() => undefined);
    }
  }

  forgetDrops(): void {
    this.#drops.clear();
  }
}

const dropSql = (load: string): string => `DROP TABLE IF EXISTS ${quoteName(stagingName(load))}`;

/** LIKE takes columns, keys and CHECKs along, but neither foreign keys nor triggers. */
async function create(session: Session, load: string, table: Table): Promise<void> {
  try {
    await session.run(dropSql(load));
    await session.run(`CREATE TABLE ${quoteName(stagingName(load))} LIKE ${quoteName(table.name)}`);
  } catch (error) {
    if (!isServerFailure(error) || !error.sqlState.startsWith('42')) throw error;
    throw new RowferryError(
      'table-unsupported',
      `${table.name} cannot be loaded with atomic: no staging table like it can be made: ${error.message}`,
      { hint: 'load it without atomic, or let the user make tables: GRANT CREATE, DROP ON …', cause: error },
    );
  }
}

interface StagingJob {
  readonly session: Session;
  readonly load: string;
  readonly batch: StagedBatch;
  readonly plan: InsertPlan;
  readonly mode: Mode;
}

/**
 * Keys that stand in the target are found first, as they would be by an insert into it: rejects, or passed over.
 * An upsert is told of two rows with one key, of which only the first can be meant.
 */
async function insertIntoStaging(job: StagingJob): Promise<InsertOutcome> {
  const { session, load, batch, plan, mode } = job;
  await refuseChange(job);
  if (mode === 'upsert') upsertKey(plan);
  const known = mode === 'upsert' ? [] : await knownRows(job);
  const rows = withoutRecords(batch.rows, new Set(known.map(({ index }) => index)));
  const inner = { ...plan, table: { ...plan.table, name: stagingName(load), foreignKeys: [], triggers: [] } };
  const way = mode === 'skip' ? 'skip' : 'insert';
  const outcome = await insertRows({ session, rows, plan: inner, mode: way, bySet: false });
  const { inserted, skipped, rejects, strategy } = outcome;
  const rename = (message: string) => message.replaceAll(stagingName(load), plan.table.name);
  const ofFile = rejects.map((reject) => asOfFile(reject, rename));
  return {
    inserted: 0,
    updated: 0,
    skipped: inserted + skipped + (mode === 'skip' ? known.length : 0),
    rejects: mode === 'skip' ? ofFile : [...known, ...ofFile],
    strategy: `${strategy}, atomic`,
  };
}

/** The staging table is what its target was when the load began. */
async function refuseChange({ session, load, plan }: StagingJob): Promise<void> {
  const rows = await session.rows(
    'SELECT COLUMN_NAME AS name FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = ?',
    [stagingName(load)],
  );
  refuseUnknownColumns(plan, new Set(rows.map(({ name }) => String(name))));
}

/** An empty target has none. */
async function knownRows({ session, batch, plan, mode }: StagingJob): Promise<readonly DatabaseReject[]> {
  const [row] = await session.rows(`SELECT 1 AS there FROM ${quoteName(plan.table.name)} LIMIT 1`);
  return row === undefined ? [] : knownKeys({ session, plan, mode }, batch.rows);
}
