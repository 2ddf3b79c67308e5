import { AUTOMATIC_RETRY } from '../../../src/model/receipt.ts';
import type { EngineName, Query } from './databases.ts';

/** The ledger as it stands, read by statements of our own. */
export interface LedgerState {
  readonly loads: readonly LoadState[];
  readonly batches: readonly BatchState[];
  /** Load → rejects that are kept. */
  readonly rejects: ReadonlyMap<string, number>;
  readonly answers: readonly {
    readonly key: string;
    readonly state: string;
    readonly lease: string | null;
  }[];
}

interface Counted {
  readonly read: number;
  readonly inserted: number;
  readonly updated: number;
  readonly skipped: number;
  readonly rejected: number;
}

interface LoadState extends Counted {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly size: number;
  readonly position: number;
}

interface BatchState extends Counted {
  readonly load: string;
  readonly firstByte: number;
  readonly endByte: number;
}

const COUNTS = ['read', 'inserted', 'updated', 'skipped', 'rejected'] as const;
const counted = (of: string): string => COUNTS.map((name) => `${of}.${name} AS n_${name}`).join(', ');

const HAS_LEDGER: Readonly<Record<EngineName, string>> = {
  sqlite: "SELECT 1 AS one FROM sqlite_schema WHERE name = 'rowferry_schemas'",
  postgres: "SELECT 1 AS one WHERE to_regclass('rowferry.schemas') IS NOT NULL",
  mysql: `SELECT 1 AS one FROM information_schema.tables
    WHERE table_schema = database() AND table_name = 'rowferry_schemas'`,
};

/** Null while no process has made all of it yet. */
export async function ledgerState(engine: EngineName, query: Query): Promise<LedgerState | null> {
  if ((await query(HAS_LEDGER[engine])).length === 0) return null;
  const prefix = engine === 'postgres' ? 'rowferry.' : 'rowferry_';
  const loads = await query(
    `SELECT l.id AS id, l.name AS name, l.state AS state, l.size AS size, l.position AS position, ${counted('l')}
      FROM ${prefix}loads l`,
  );
  const batches = await query(
    `SELECT b.load_id AS load_id, b.first_byte AS first_byte, b.end_byte AS end_byte, ${counted('b')}
      FROM ${prefix}batches b ORDER BY b.load_id, b.first_byte`,
  );
  const rejects = await query(
    `SELECT r.load_id AS load_id, count(*) AS n FROM ${prefix}rejects r GROUP BY r.load_id`,
  );
  const answers = await query(
    `SELECT a.idempotency_key AS id, a.state AS state, a.lease AS lease FROM ${prefix}answers a`,
  );
  return {
    loads: loads.map((row) => ({
      id: String(row.id),
      name: String(row.name),
      state: String(row.state),
      size: Number(row.size),
      position: Number(row.position),
      ...countsIn(row),
    })),
    batches: batches.map((row) => ({
      load: String(row.load_id),
      firstByte: Number(row.first_byte),
      endByte: Number(row.end_byte),
      ...countsIn(row),
    })),
    rejects: new Map(rejects.map((row) => [String(row.load_id), Number(row.n)])),
    answers: answers.map(({ id, state, lease }) => ({
      key: String(id),
      state: String(state),
      lease: lease === null ? null : String(lease),
    })),
  };
}

function countsIn(row: Readonly<Record<string, unknown>>): Counted {
  return {
    read: Number(row.n_read),
    inserted: Number(row.n_inserted),
    updated: Number(row.n_updated),
    skipped: Number(row.n_skipped),
    rejected: Number(row.n_rejected),
  };
}

/** (a) and (c), and that the batches of a load lie end to end from its first byte to where it stands. */
export function balancesOf({ loads, batches, rejects }: LedgerState): string[] {
  const ofLoad = Map.groupBy(batches, ({ load }) => load);
  const known = new Set(loads.map(({ id }) => id));
  return [
    ...loads.flatMap((load) => [
      ...unbalanced(load).map((what) => `(a) ${load.name}: ${what}`),
      ...unlike(load, ofLoad.get(load.id) ?? []).map((what) => `(a) ${load.name}: ${what}`),
      ...((rejects.get(load.id) ?? 0) === load.rejected
        ? []
        : [`(c) ${load.name}: ${load.rejected} rejected, ${rejects.get(load.id) ?? 0} kept`]),
    ]),
    ...[...rejects.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `(c) rejects of ${id}, which is no load`),
    ...[...ofLoad.keys()]
      .filter((id) => !known.has(id))
      .map((id) => `(a) batches of ${id}, which is no load`),
  ];
}

function unbalanced({ read, inserted, updated, skipped, rejected }: Counted): string[] {
  const settled = inserted + updated + skipped + rejected;
  return read === settled ? [] : [`read ${read}, accounted for ${settled}`];
}

/** A request's rows have no batches: its load is written as a whole. */
function unlike(load: LoadState, batches: readonly BatchState[]): string[] {
  if (load.name === 'request' || load.name === AUTOMATIC_RETRY) return [];
  const found: string[] = [];
  for (const name of COUNTS) {
    const sum = batches.reduce((total, batch) => total + batch[name], 0);
    if (sum !== load[name]) found.push(`${name} ${load[name]}, its batches have ${sum}`);
  }
  let end = 0;
  for (const { firstByte, endByte } of batches) {
    if (firstByte !== end) found.push(`a batch starts at ${firstByte}, the one before ends at ${end}`);
    end = endByte;
  }
  if (end !== load.position) found.push(`stands at ${load.position}, its batches end at ${end}`);
  if (load.state.startsWith('completed') && end !== load.size)
    found.push(`completed at ${end} of ${load.size}`);
  return found;
}
