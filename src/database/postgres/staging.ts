import { RowferryError } from '../../errors.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { Mode, Table } from '../../model/table.ts';
import type { DatabaseReject, InsertOutcome, Moved, Staged, StagingTables } from '../database.ts';
import { withoutRecords } from '../row-layout.ts';
import type { StagedBatch, StagedBatches } from '../staged-batches.ts';
import { asOfFile, refuseUnknownColumns } from '../staged-rejects.ts';
import { BATCH, fillBatchTable } from './batch-table.ts';
import { duplicates } from './classify.ts';
import { isDatabaseError, rowFailure } from './failures.ts';
import { insertRows } from './insert.ts';
import { conflictKey, onConflict, settledRows } from './insert-job.ts';
import { columnList, qualified, quoteName, tableName } from './names.ts';
import type { Session } from './session.ts';

/** The ledger's schema, which is not in the dictionary. */
const SCHEMA = 'rowferry';
const PREFIX = 'staging_';

type Guard = <T>(work: (session: Session) => Promise<T>) => Promise<T>;

/** Logged like any table: what waits in them survives a crash. */
export class PostgresStagingTables implements StagingTables {
  readonly #batches: StagedBatches;
  readonly #guard: Guard;

  constructor(batches: StagedBatches, guard: Guard) {
    this.#batches = batches;
    this.#guard = guard;
  }

  create(load: string, table: Table): Promise<void> {
    return this.#guard((session) => create(session, load, table));
  }

  drop(load: string): Promise<void> {
    return this.#guard((session) => session.run(`DROP TABLE IF EXISTS ${stagingTable(load)}`));
  }

  async loads(): Promise<readonly string[]> {
    const sql = `SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname, $2)`;
    const rows = await this.#guard((session) => session.rows(sql, [SCHEMA, PREFIX]));
    return rows.map(({ name }) => String(name).slice(PREFIX.length));
  }

  insert(load: string, staged: Staged, plan: InsertPlan, mode: Mode): Promise<InsertOutcome> {
    return this.#guard((session) =>
      insertIntoStaging({ session, load, batch: this.#batches.get(staged), plan, mode }),
    );
  }

  move(load: string, plan: InsertPlan, mode: Mode): Promise<Moved> {
    return this.#guard((session) => move(session, stagingTable(load), plan, mode));
  }
}

export const stagingTable = (load: string): string => qualified(SCHEMA, PREFIX + load);

/** Unique indexes as they are, but none that is held at the end of the transaction only. */
const UNIQUE_INDEXES = `SELECT substr(d, strpos(d, ' USING ')) AS definition
  FROM pg_index i, pg_get_indexdef(i.indexrelid) d WHERE i.indrelid = to_regclass($1) AND i.indisunique`;

async function create(session: Session, load: string, table: Table): Promise<void> {
  const target = qualified(table.schema, table.name);
  const staging = stagingTable(load);
  const parts = ['DEFAULTS', 'GENERATED', 'IDENTITY', 'CONSTRAINTS', 'STORAGE'];
  try {
    const indexes = await session.rows(UNIQUE_INDEXES, [target]);
    await session.run(
      `CREATE TABLE ${staging} (LIKE ${target} ${parts.map((part) => `INCLUDING ${part}`).join(' ')})`,
      ...indexes.map(({ definition }) => `CREATE UNIQUE INDEX ON ${staging}${definition}`),
    );
  } catch (error) {
    throw isDatabaseError(error) && /^42/.test(error.code ?? '') ? unsupported(table, error) : error;
  }
}

function unsupported(table: Table, cause: Error): RowferryError {
  return new RowferryError(
    'table-unsupported',
    `${table.name} cannot be loaded with atomic: no staging table like it can be made: ${cause.message}`,
    { hint: 'load it without atomic, or let the role make tables: GRANT CREATE ON SCHEMA rowferry', cause },
  );
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
  if (mode === 'upsert') conflictKey(plan);
  const known = mode === 'upsert' ? [] : await knownKeys(job);
  const rows = withoutRecords(batch.rows, new Set(known.map(({ index }) => index)));
  const { inserted, skipped, rejects, strategy } = await insertRows({
    session,
    rows,
    plan: stagingPlan(plan, load),
    mode: mode === 'skip' ? 'skip' : 'insert',
    bySet: false,
    sees: true,
    staging: true,
  });
  const ofFile = rejects.map((reject) => asOfFile(reject, (message) => ownNames(message, load, plan.table)));
  return {
    inserted: 0,
    updated: 0,
    skipped: inserted + skipped + (mode === 'skip' ? known.length : 0),
    rejects: mode === 'skip' ? ofFile : [...known, ...ofFile],
    strategy,
  };
}

/** The staging table in the place of its target; its keys are not deferrable, and it has no foreign keys. */
function stagingPlan(plan: InsertPlan, load: string): InsertPlan {
  const uniqueKeys = plan.table.uniqueKeys.map(({ name, columns, primary }) => ({ name, columns, primary }));
  const own = { schema: SCHEMA, name: PREFIX + load, uniqueKeys, foreignKeys: [], triggers: [] };
  return { ...plan, table: { ...plan.table, ...own } };
}

const ownNames = (message: string, load: string, table: Table): string =>
  message.replaceAll(PREFIX + load, table.name);

/** The staging table is what its target was when the load began. */
async function refuseChange({ session, load, plan }: StagingJob): Promise<void> {
  const rows = await session.rows(
    'SELECT attname AS name FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped',
    [stagingTable(load)],
  );
  refuseUnknownColumns(plan, new Set(rows.map(({ name }) => String(name))));
}

/** An empty target has none. */
async function knownKeys({ session, batch, plan, mode }: StagingJob): Promise<readonly DatabaseReject[]> {
  if (plan.table.uniqueKeys.length === 0) return [];
  const [row] = await session.rows(`SELECT 1 AS there FROM ${tableName(plan)} LIMIT 1`);
  if (row === undefined) return [];
  const { rows } = batch;
  await fillBatchTable(session, plan, rows);
  const { inTable } = await duplicates({ session, rows, plan, mode, bySet: false, sees: true });
  await session.run(`DROP TABLE ${BATCH}`);
  return inTable;
}

/** One statement, so that a row may refer to another that comes with it. */
async function move(session: Session, staging: string, plan: InsertPlan, mode: Mode): Promise<Moved> {
  const columns = columnList(plan);
  const conflict = mode === 'skip' ? 'ON CONFLICT DO NOTHING' : mode === 'upsert' ? onConflict(plan) : '';
  const insert = `INSERT INTO ${tableName(plan)} (${columns}) OVERRIDING SYSTEM VALUE
    SELECT ${columns} FROM ${staging} ORDER BY ctid ${conflict}`;
  const existing = mode === 'upsert' ? await countExisting(session, staging, plan) : 0;
  const [row] = await session.rows(`SELECT count(*) AS n FROM ${staging}`);
  const attempt = await session
    .attempt(() => session.count(insert))
    .catch((error) => Promise.reject(asRefusal(error)));
  if (!('value' in attempt)) throw await refused(session, staging, plan.table, attempt.failure);
  const settled = settledRows(plan, mode, attempt.value, existing);
  const updated = Math.min(existing, settled);
  return { inserted: settled - updated, updated, skipped: Number(row?.n ?? 0) - settled };
}

async function countExisting(session: Session, staging: string, plan: InsertPlan): Promise<number> {
  const same = conflictKey(plan).map((name) => `t.${quoteName(name)} = s.${quoteName(name)}`);
  const [row] = await session.rows(
    `SELECT count(*) AS n FROM ${staging} s
     WHERE EXISTS (SELECT 1 FROM ${tableName(plan)} t WHERE ${same.join(' AND ')})`,
  );
  return Number(row?.n ?? 0);
}

/** A table that changed under the load: the same again would fail again. */
function asRefusal(error: unknown): unknown {
  if (!isDatabaseError(error) || rowFailure(error) !== null || !/^42(?!501)/.test(error.code ?? ''))
    return error;
  return refusal(error.message, error);
}

async function refused(
  session: Session,
  staging: string,
  table: Table,
  cause: unknown,
): Promise<RowferryError> {
  const message = cause instanceof Error ? cause.message : String(cause);
  const orphans = rowFailure(cause) === 'foreign_key' ? await orphansOf(session, staging, table) : [];
  return refusal([message, ...orphans].join('; '), cause);
}

const refusal = (message: string, cause: unknown): RowferryError =>
  new RowferryError('database-refused', message, {
    hint: 'mend the file or the table, then load it again',
    cause,
  });

/** Keys into the table itself are left out: their parents come along. */
async function orphansOf(session: Session, staging: string, table: Table): Promise<string[]> {
  const found: string[] = [];
  for (const key of table.foreignKeys) {
    if (key.parentSchema === undefined && key.parentTable === table.name) continue;
    const parent = qualified(key.parentSchema, key.parentTable);
    const names = key.columns.map((name) => `s.${quoteName(name)}`);
    const same = key.parentColumns.map((name, i) => `p.${quoteName(name)} = ${names[i]}`).join(' AND ');
    const present = names.map((name) => `${name} IS NOT NULL`).join(' AND ');
    const [row] = await session.rows(
      `SELECT count(*) AS n, min(concat_ws(', ', ${names.join(', ')})) AS example FROM ${staging} s
       WHERE ${present} AND NOT EXISTS (SELECT 1 FROM ${parent} p WHERE ${same})`,
    );
    if (!row?.n) continue;
    found.push(`${key.columns.join(', ')} = ${row.example} is not in ${key.parentTable} (records: ${row.n})`);
  }
  return found;
}
