import { freshMemory, type Memory } from '../../lib/slabs.ts';
import type { InsertPlan } from '../../model/plan.ts';
import type { TableFacts } from '../../model/stored-table.ts';
import type { Mode } from '../../model/table.ts';
import type { Tape } from '../../model/tape.ts';
import type { Connection, ConnectOptions, EncodedBatch, Engine } from '../database.ts';
import { distinctForeignKeys } from '../distinct-keys.ts';
import { foreignKeysBy } from '../foreign-keys-by.ts';
import { CHECKS } from './checks.ts';
import { mysqlDdl } from './ddl.ts';
import { encodeRows } from './encode.ts';

/** MySQL 8.0 and later, MariaDB 10.6 and later. */
export const mysqlEngine: Engine = {
  name: 'mysql',
  capabilities: {
    transactionalDdl: false,
    singleWriter: false,
    bulk: 'load-data',
    stagedBatches: 1000,
    setLevelForeignKeys: true,
    looseTypes: false,
  },

  checks: CHECKS,
  ddl: mysqlDdl,

  /** The driver is loaded when wanted: threads that only encode have no use for it. */
  async connect(url: string, options?: ConnectOptions): Promise<Connection> {
    const { MysqlConnection } = await import('./connect.ts');
    return MysqlConnection.open(mysqlEngine, url, options);
  },

  encode(tape: Tape, bad: Uint8Array, plan: InsertPlan, memory: Memory = freshMemory): EncodedBatch {
    return { ...encodeRows(tape, bad, plan, memory), foreignKeys: distinctForeignKeys(tape, plan) };
  },

  foreignKeysBy: (plan: InsertPlan, mode: Mode): 'set' | 'row' => foreignKeysBy(plan, mode),
  openSnapshot: async (url: string, lockTimeoutMs?: number) =>
    (await import('./snapshot.ts')).openMysqlSnapshot(url, lockTimeoutMs),
  openReplacement: async (url: string, table: string, lockTimeoutMs?: number) =>
    (await import('./replace.ts')).openMysqlReplacement(url, table, lockTimeoutMs),
  openScratch: async (url: string, facts: TableFacts) =>
    (await import('./scratch.ts')).openMysqlScratch(url, facts),
};
