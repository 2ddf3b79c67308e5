import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { loadConfig } from '../../src/config.ts';
import type { Connection, SqlValue } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { Ingest } from '../../src/ingest/ingest.ts';
import { openIngest } from '../../src/ingest/open-ingest.ts';
import { createLog } from '../../src/log.ts';
import type { RejectDocument } from '../../src/model/reject.ts';
import type { NewTarget, Target } from './engines.ts';

/** Children before their parents. */
const TABLES = [
  'plain',
  'people',
  'prices',
  'codes',
  'pairs',
  'shipments',
  'order_lines',
  'orders',
  'staff',
  'positive',
  'guarded',
  'totals',
  'tickets',
  'settings',
  'kinds',
];

/** A database of an engine with an ingest on it, as one server has it. */
export interface Rig {
  readonly target: Target;
  readonly ingest: Ingest;
  /** Another server on the same database. */
  another(): Promise<Ingest>;
  /** Rows of a query, one array each. */
  rows(sql: string): Promise<SqlValue[][]>;
  /** No rows in any table. */
  empty(): Promise<void>;
}

export async function openRig(newTarget: NewTarget): Promise<Rig> {
  const target = await newTarget();
  const home = mkdtempSync(join(tmpdir(), 'rowferry-conformance-'));
  const opened: (Ingest | Connection)[] = [];
  after(async () => {
    for (const each of opened) await each.close();
    rmSync(home, { recursive: true, maxRetries: 3 });
  });
  const open = async (): Promise<Ingest> => {
    const config = loadConfig({ home, databaseUrl: target.url }, {});
    const ingest = await openIngest({ config, log: createLog({ destination: { write: () => {} } }) });
    opened.push(ingest);
    return ingest;
  };
  const connection = await openDatabase(target.url);
  opened.push(connection);
  return {
    target,
    ingest: await open(),
    another: open,
    rows: async (sql) => (await connection.query(sql)).map((row) => Object.values(row)),
    empty: async () => {
      // A row that refers to another of its table is in the way of a plain DELETE on MySQL.
      await connection.execute('UPDATE staff SET boss = NULL');
      for (const table of TABLES) await connection.execute(`DELETE FROM ${table}`);
    },
  };
}

/** The promise of the program, held against the ledger: each load's balance, its rejects, its batches. */
export async function assertBalanced(rig: Rig): Promise<void> {
  const prefix = rig.target.engine === 'postgres' ? 'rowferry.' : 'rowferry_';
  const sumOf = (column: string, table: string) =>
    `(SELECT coalesce(sum(${column}), 0) FROM ${prefix}${table} x WHERE x.load_id = l.id)`;
  const faults = await rig.rows(`SELECT id FROM ${prefix}loads l
    WHERE inserted + updated + skipped + rejected <> l.read
      OR rejected <> ${sumOf('1', 'rejects')}
      OR (request = '' AND l.read <> ${sumOf('x.read', 'batches')})`);
  assert.deepEqual(faults, []);
}

/** "line code column value" of every error of every reject. */
export function errorsOf(rejects: readonly RejectDocument[]): string[] {
  return rejects.flatMap(({ line, errors }) =>
    errors.map(({ code, column, value }) => `${line} ${code} ${column} ${value}`),
  );
}
