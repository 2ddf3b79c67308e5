import type { Connection } from '../database/database.ts';
import { RowferryError } from '../errors.ts';
import { DEFAULT_DIALECT, type Dialect } from '../model/dialect.ts';
import type { Counts, Load, LoadState, Reason } from '../model/receipt.ts';
import type { Mode } from '../model/table.ts';
import { firstOf, insertNew, ledgerOf, locked, rowsOf, run } from './queries.ts';
import type { LoadRow } from './schema.ts';

/** A load with what only the ledger needs of it. */
export interface LedgerLoad extends Load {
  readonly owner: string;
  /** 0-based physical line on which the next part starts. */
  readonly nextLine: number;
  readonly fence: number;
}

export type NewLoad = Pick<
  LedgerLoad,
  'id' | 'table' | 'name' | 'owner' | 'size' | 'sha256' | 'mode' | 'atomic' | 'maxRejects' | 'parent'
> & {
  /** '' for an announced file. */
  readonly request: string;
  /** SHA-256 of a schema that is kept. */
  readonly schema?: string | null;
};

/** False when a load of this table and content is there already. The unique key decides, not a look before. */
export async function insertLoad(connection: Connection, load: NewLoad): Promise<boolean> {
  const now = new Date().toISOString();
  const row = {
    id: load.id,
    table_name: load.table,
    name: load.name,
    owner: load.owner,
    size: load.size,
    sha256: load.sha256,
    request: load.request,
    mode: load.mode,
    atomic: load.atomic ? 1 : 0,
    max_rejects: load.maxRejects,
    parent: load.parent,
    schema_sha256: load.schema ?? null,
    state: 'receiving',
    position: 0,
    next_line: 0,
    read: 0,
    inserted: 0,
    updated: 0,
    skipped: 0,
    rejected: 0,
    reasons: '[]',
    fence: 1,
    created_at: now,
    updated_at: now,
  };
  return insertNew(connection, 'rowferry_loads', row, ['table_name', 'sha256', 'request']);
}

/** What a batch, a finish or an abort changes. */
export interface LoadChange {
  readonly state?: LoadState;
  readonly position?: number;
  readonly nextLine?: number;
  readonly counts?: Counts;
  readonly reasons?: readonly Reason[];
  readonly dialect?: Dialect | null;
  readonly columns?: readonly string[] | null;
  readonly strategy?: string | null;
  readonly detail?: string | null;
  readonly maxRejects?: string | null;
  readonly mode?: Mode;
  readonly atomic?: boolean;
  readonly schema?: string | null;
  /** The next one: parts that were read for what the load was before are refused. */
  readonly fence?: number;
}

/**
 * Writes the change if the fence still holds, and gives the time that it wrote; `request-running` when another took
 * the load over.
 */
export async function updateLoad(
  connection: Connection,
  load: Pick<LedgerLoad, 'id' | 'fence'>,
  change: LoadChange,
): Promise<string> {
  const updatedAt = new Date().toISOString();
  const changed = await run(
    connection,
    ledgerOf(connection)
      .updateTable('rowferry_loads')
      .set({ ...changedColumns(change), updated_at: updatedAt })
      .where('id', '=', load.id)
      .where('fence', '=', load.fence),
  );
  if (changed !== 1)
    throw new RowferryError('request-running', `load ${load.id} was taken over by another node`);
  return updatedAt;
}

/** What is read of a locked load once the change was written at that time. */
export function changedLoad(load: LedgerLoad, change: LoadChange, updatedAt: string): LedgerLoad {
  const { position = load.offset, counts = load, ...others } = change;
  return { ...load, ...others, ...pickCounts(counts), offset: position, updatedAt };
}

function changedColumns(change: LoadChange): Partial<LoadRow> {
  return {
    ...(change.state === undefined ? {} : { state: change.state }),
    ...(change.position === undefined ? {} : { position: change.position }),
    ...(change.nextLine === undefined ? {} : { next_line: change.nextLine }),
    ...(change.counts === undefined ? {} : pickCounts(change.counts)),
    ...(change.reasons === undefined ? {} : { reasons: JSON.stringify(change.reasons) }),
    ...(change.dialect === undefined ? {} : { dialect: jsonOrNull(change.dialect) }),
    ...(change.columns === undefined ? {} : { columns: jsonOrNull(change.columns) }),
    ...(change.strategy === undefined ? {} : { strategy: change.strategy }),
    ...(change.detail === undefined ? {} : { detail: change.detail }),
    ...(change.maxRejects === undefined ? {} : { max_rejects: change.maxRejects }),
    ...(change.mode === undefined ? {} : { mode: change.mode }),
    ...(change.atomic === undefined ? {} : { atomic: change.atomic ? 1 : 0 }),
    ...(change.fence === undefined ? {} : { fence: change.fence }),
    ...(change.schema === undefined ? {} : { schema_sha256: change.schema }),
  };
}

const jsonOrNull = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

function pickCounts({ read, inserted, updated, skipped, rejected }: Counts): Counts {
  return { read, inserted, updated, skipped, rejected };
}

/** `load-not-found` when there is none. */
export async function findLoad(connection: Connection, id: string): Promise<LedgerLoad> {
  return found(id, await firstOf(connection, loadById(connection, id)));
}

/** In a write transaction: nobody else changes the load before it ends. `load-not-found`. */
export async function lockLoad(connection: Connection, id: string): Promise<LedgerLoad> {
  return found(id, await firstOf(connection, locked(connection, loadById(connection, id))));
}

const loadById = (connection: Connection, id: string) =>
  ledgerOf(connection).selectFrom('rowferry_loads').selectAll().where('id', '=', id);

function found(id: string, row: LoadRow | undefined): LedgerLoad {
  if (row !== undefined) return toLoad(row);
  throw new RowferryError('load-not-found', `there is no load ${id}`, {
    hint: 'list them: rowferry receipts',
  });
}

/** Locked like `lockLoad`; null when there is none. */
export async function lockByContent(
  connection: Connection,
  key: { table: string; sha256: string; request: string },
): Promise<LedgerLoad | null> {
  const query = ledgerOf(connection)
    .selectFrom('rowferry_loads')
    .selectAll()
    .where('table_name', '=', key.table)
    .where('sha256', '=', key.sha256)
    .where('request', '=', key.request);
  const row = await firstOf(connection, locked(connection, query));
  return row === undefined ? null : toLoad(row);
}

/** Newest first. */
export async function listLoads(
  connection: Connection,
  filter: {
    table?: string;
    state?: string;
    sha256?: string;
    parent?: string;
    limit: number;
    before?: string;
  },
): Promise<LedgerLoad[]> {
  let query = ledgerOf(connection)
    .selectFrom('rowferry_loads')
    .selectAll()
    .orderBy('id', 'desc')
    .limit(filter.limit);
  if (filter.table !== undefined) query = query.where('table_name', '=', filter.table);
  if (filter.state !== undefined) query = query.where('state', '=', filter.state);
  // What was sent as a request is no file, whatever its content.
  if (filter.sha256 !== undefined)
    query = query.where('sha256', '=', filter.sha256).where('request', '=', '');
  if (filter.parent !== undefined) query = query.where('parent', '=', filter.parent);
  if (filter.before !== undefined) query = query.where('id', '<', filter.before);
  return (await rowsOf(connection, query)).map(toLoad);
}

const STATES: readonly LoadState[] = [
  'receiving',
  'completed',
  'completed_with_rejects',
  'aborted',
  'failed',
];

function toLoad(row: LoadRow): LedgerLoad {
  return {
    id: row.id,
    table: row.table_name,
    name: row.name,
    owner: row.owner,
    state: STATES.find((state) => state === row.state) ?? 'failed',
    size: row.size,
    offset: row.position,
    nextLine: row.next_line,
    sha256: row.sha256,
    mode: row.mode === 'skip' || row.mode === 'upsert' ? row.mode : 'insert',
    atomic: row.atomic === 1,
    maxRejects: row.max_rejects,
    ...pickCounts(row),
    dialect: row.dialect === null ? null : storedDialect(row.dialect),
    columns: row.columns === null ? null : (JSON.parse(row.columns) as string[]),
    reasons: JSON.parse(row.reasons) as Reason[],
    strategy: row.strategy,
    detail: row.detail,
    parent: row.parent,
    schema: row.schema_sha256,
    fence: row.fence,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

/** Ledgers written by earlier releases hold dialects of fewer properties. */
const storedDialect = (json: string): Dialect => ({ ...DEFAULT_DIALECT, ...JSON.parse(json) });

/** The load as the API gives it. */
export function publicLoad({ owner: _owner, nextLine: _line, fence: _fence, ...load }: LedgerLoad): Load {
  return load;
}
